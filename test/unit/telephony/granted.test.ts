import { expect, test } from 'vitest';
import type { PbxEvent } from '../../../src/model/event.ts';
import type { PbxName } from '../../../src/model/ids.ts';
import type { Memo } from '../../../src/model/memo.ts';
import type { Contact } from '../../../src/telephony/registration-facts.ts';
import { createTracker, type Tracker } from '../../../src/telephony/tracker.ts';
import { type Micros, micro } from '../../../src/util/clock.ts';

const SECOND = 1_000_000;
const START = micro(1_800_000_000 * SECOND);
const OPTIONS = {
  pbx: 'edge' as PbxName,
  extensionPattern: /^\d{4}$/,
  trunks: [],
  pagingExtensions: [],
};

function after(seconds: number): Micros {
  return micro(START + seconds * SECOND);
}

function begin(memos: readonly Memo[], at: Micros): Tracker {
  const tracker = createTracker(OPTIONS, memos);
  expect(tracker.apply({ kind: 'pbx.connected', at }).map(({ type }) => type)).toEqual(['pbx.connected']);
  tracker.apply({ kind: 'pbx.booted', at });
  return tracker;
}

function grant(tracker: Tracker, at: Micros, seconds: number, account = '1001'): readonly PbxEvent[] {
  const lifetime = seconds * SECOND;
  const contact: Contact = {
    accountKind: 'sip',
    account,
    uri: `sip:${account}@192.0.2.1`,
    expiresAt: micro(at + lifetime),
    lifetime,
  };
  return tracker.apply({
    kind: 'contacts.granted',
    at,
    accountKind: 'sip',
    account,
    contacts: [contact],
    others: [],
    removed: [],
  });
}

test('a contact expires at its time, however often it was refreshed, and the next one after it', () => {
  const tracker = begin([], START);
  grant(tracker, START, 60);
  grant(tracker, after(1), 100, '1002');
  grant(tracker, after(30), 60);
  expect(tracker.deadline()).toBe(after(60));
  expect(tracker.settle(after(60))).toEqual([]);
  expect(tracker.deadline()).toBe(after(90));
  const [gone] = tracker.settle(after(90));
  expect(gone).toMatchObject({
    type: 'extension.unregistered',
    occurredAt: after(90),
    data: { extension: '1001', reason: 'expired', contacts: 0 },
  });
  expect(tracker.deadline()).toBe(after(101));
});

test('a contact that expires while another fact comes is told before that', () => {
  const tracker = begin([], START);
  grant(tracker, START, 60);
  expect(grant(tracker, after(70), 60, '1002').map(({ type, data }) => [type, data['extension']])).toEqual([
    ['extension.unregistered', '1001'],
    ['extension.registered', '1002'],
  ]);
});

test('the end of a run ends no contact, and the next run gives it its whole time to come back', () => {
  const first = begin([], START);
  grant(first, START, 60);
  expect(first.settle(micro(Number.POSITIVE_INFINITY))).toEqual([]);
  const second = begin(first.allMemos(), after(1_000));
  expect(second.deadline()).toBe(after(1_060));
  expect(grant(second, after(1_030), 60)).toEqual([]);
  expect(second.settle(after(1_090)).map(({ data }) => data['reason'])).toEqual(['expired']);
});

test('out of sight nothing expires', () => {
  const tracker = begin([], START);
  grant(tracker, START, 60);
  tracker.apply({ kind: 'pbx.disconnected', at: after(10), reason: 'gone' });
  expect(tracker.deadline()).toBeUndefined();
  expect(tracker.settle(after(100))).toEqual([]);
  tracker.apply({ kind: 'pbx.connected', at: after(200) });
  expect(tracker.deadline()).toBe(after(260));
});
