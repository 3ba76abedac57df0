import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VoiceMessage } from '../../../src/telephony/mailbox.ts';
import { micro } from '../../../src/util/clock.ts';
import { type FakeChannel, FakePbx } from '../../support/fake-pbx.ts';

const FILE = '/var/spool/asterisk/voicemail/default/1002/INBOX/msg0003';

function counts(pbx: FakePbx, newCount: number, oldCount: number, channel?: FakeChannel): void {
  pbx.tell({
    kind: 'voicemail.counted',
    at: pbx.now,
    mailbox: '1002@default',
    newCount,
    oldCount,
    channel: channel && { ...channel },
  });
}

/** Counts after which a list was asked for. */
function countsBeforeList(pbx: FakePbx, newCount: number, oldCount: number, channel?: FakeChannel): void {
  pbx.tell({
    kind: 'voicemail.counted',
    at: pbx.now,
    mailbox: '1002@default',
    newCount,
    oldCount,
    channel: channel && { ...channel },
    listingFollows: true,
  });
}

function list(pbx: FakePbx, ...messages: readonly VoiceMessage[]): void {
  pbx.tell({ kind: 'voicemail.listed', at: pbx.now, mailbox: '1002@default', messages });
}

/** Lists what is there when nothing was heard of the mailbox before. */
function found(pbx: FakePbx, ...messages: readonly VoiceMessage[]): void {
  pbx.tell({ kind: 'voicemail.listed', at: pbx.now, mailbox: '1002@default', messages, found: true });
}

const FOLDERS = { new: 'INBOX', old: 'Old', filed: 'Work' };

function message(
  id: string,
  status: VoiceMessage['status'],
  changes: Partial<VoiceMessage> = {},
): VoiceMessage {
  return {
    id,
    status,
    folder: FOLDERS[status],
    callerNumber: '1001',
    callerName: 'Alice',
    duration: 7,
    file: `/spool/default/1002/${FOLDERS[status]}/${id}.wav`,
    receivedAt: micro(1_795_635_000_000_000),
    ...changes,
  };
}

/** Which message each event is about. */
function toldOf(pbx: FakePbx): string[] {
  return pbx.events
    .filter(({ type }) => type.startsWith('voicemail.'))
    .map(({ type, data }) => `${type.slice('voicemail.'.length)} ${data['message_id']}`);
}

function told(pbx: FakePbx): string[] {
  pbx.settle();
  return pbx.events.filter(({ type }) => type.startsWith('voicemail.')).map(({ type }) => type);
}

describe('counts of a mailbox', () => {
  it('heard for the first time are taken over silently', () => {
    const pbx = new FakePbx();
    counts(pbx, 3, 2);
    counts(pbx, 3, 2);
    expect(told(pbx)).toEqual([]);
  });

  it.each([
    ['one read', [2, 0], [1, 1], ['voicemail.read']],
    ['one new deleted', [1, 1], [0, 1], ['voicemail.deleted']],
    ['one old deleted', [0, 2], [0, 1], ['voicemail.deleted']],
    ['one arrived', [0, 1], [1, 1], ['voicemail.new']],
    ['one read, one deleted', [3, 0], [1, 1], ['voicemail.read', 'voicemail.deleted']],
    ['one made new again', [0, 1], [1, 0], []],
  ] as const)('change: %s', (_title, before, after, types) => {
    const pbx = new FakePbx();
    counts(pbx, before[0], before[1]);
    counts(pbx, after[0], after[1]);
    expect(told(pbx)).toEqual(types);
  });

  it('of a message that is copied first and removed later tell one read', () => {
    const pbx = new FakePbx();
    const owner = pbx.dials('PJSIP/1002', '8500');
    counts(pbx, 2, 1);
    counts(pbx, 2, 2);
    counts(pbx, 2, 3);
    counts(pbx, 0, 3, owner);
    expect(told(pbx)).toEqual(['voicemail.read', 'voicemail.read']);
  });
});

describe('counts while someone saves a message in the menu', () => {
  it.each([
    ['and whose file is told', true],
    ['and whose file is not told', false],
  ])('tell one who leaves a message meanwhile %s, and no more', (_title, isFileTold) => {
    const pbx = new FakePbx();
    const owner = pbx.dials('PJSIP/1002', '8500');
    const caller = pbx.dials('PJSIP/1003', '*1002');
    counts(pbx, 2, 1);
    if (isFileTold) pbx.tell({ kind: 'voicemail.recorded', at: pbx.now, channel: { ...caller }, file: FILE });
    counts(pbx, 3, 2, caller);
    pbx.hangsUp(caller);
    expect(told(pbx)).toEqual(['voicemail.new']);
    counts(pbx, 2, 2, owner);
    pbx.hangsUp(owner);
    expect(told(pbx)).toEqual(['voicemail.new', 'voicemail.read']);
  });
});

describe('a list of messages', () => {
  it('tells two changes apart that cancel in the counts', () => {
    const pbx = new FakePbx();
    const owner = pbx.dials('PJSIP/1002', '8500');
    found(pbx, message('a', 'new'), message('b', 'new'), message('c', 'old'));
    countsBeforeList(pbx, 1, 1, owner);
    list(pbx, message('b', 'new'), message('a', 'old'));
    expect(toldOf(pbx)).toEqual(['read a', 'deleted c']);
    expect(pbx.only('voicemail.read')).toMatchObject({
      extension: '1002',
      caller_id: '1001',
      caller_name: 'Alice',
      duration: 7,
      message_id: 'a',
      folder: 'Old',
      file_path: '/spool/default/1002/Old/a.wav',
      new_count: 1,
      old_count: 1,
      call_id: owner.callId,
    });
    expect(pbx.only('voicemail.deleted')).not.toHaveProperty('file_path');
  });

  it.each(['counts', 'list'])('is told once with its counts, when the %s come first', (first) => {
    const pbx = new FakePbx();
    found(pbx, message('a', 'new'));
    const both = [() => countsBeforeList(pbx, 0, 1), () => list(pbx, message('a', 'old'))];
    for (const tell of first === 'counts' ? both : both.reverse()) tell();
    pbx.settle();
    list(pbx, message('a', 'old'));
    counts(pbx, 0, 1);
    pbx.settle();
    expect(toldOf(pbx)).toEqual(['read a']);
  });

  it('that no counts follow is told by itself, a little later', () => {
    const pbx = new FakePbx();
    found(pbx, message('a', 'new'));
    list(pbx);
    expect(pbx.events).toEqual([]);
    pbx.settle();
    expect(toldOf(pbx)).toEqual(['deleted a']);
    expect(pbx.only('voicemail.deleted')).not.toHaveProperty('call_id');
  });

  it('of another moment than the counts is passed over', () => {
    const pbx = new FakePbx();
    found(pbx, message('a', 'new'), message('b', 'new'));
    countsBeforeList(pbx, 0, 1);
    list(pbx, message('a', 'new'), message('b', 'old'));
    expect(pbx.events).toEqual([]);
    list(pbx, message('b', 'old'));
    expect(toldOf(pbx)).toEqual(['read b', 'deleted a']);
  });

  it('that never comes leaves the counts to tell, and brings nothing new when it comes after all', () => {
    const pbx = new FakePbx();
    found(pbx, message('a', 'new'), message('b', 'new'));
    countsBeforeList(pbx, 1, 1);
    pbx.settle();
    expect(toldOf(pbx)).toEqual(['read undefined']);
    list(pbx, message('b', 'new'), message('a', 'old'));
    pbx.settle();
    expect(toldOf(pbx)).toHaveLength(1);
    countsBeforeList(pbx, 0, 1);
    list(pbx, message('a', 'old'));
    expect(toldOf(pbx)).toEqual(['read undefined', 'deleted b']);
  });

  it('that could not be had leaves the counts to tell at once', () => {
    const pbx = new FakePbx();
    found(pbx, message('a', 'new'));
    countsBeforeList(pbx, 0, 1);
    pbx.tell({ kind: 'voicemail.listed', at: pbx.now, mailbox: '1002@default', messages: undefined });
    expect(toldOf(pbx)).toEqual(['read undefined']);
  });

  it('of a mailbox that is heard of for the first time is taken over silently', () => {
    const pbx = new FakePbx();
    list(pbx, message('a', 'new'), message('b', 'old'));
    pbx.settle();
    countsBeforeList(pbx, 1, 1);
    list(pbx, message('a', 'new'), message('b', 'old'));
    pbx.settle();
    expect(pbx.events).toEqual([]);
  });

  it('shows a message that is saved in both folders for a while: it is read when the first one is gone', () => {
    const pbx = new FakePbx();
    found(pbx, message('a', 'new'));
    list(pbx, message('a', 'new'), message('a', 'old'));
    pbx.settle();
    expect(pbx.events).toEqual([]);
    list(pbx, message('a', 'old'));
    pbx.settle();
    expect(toldOf(pbx)).toEqual(['read a']);
  });

  it('shows a message that is being saved: counts that no list follows tell it read', () => {
    const pbx = new FakePbx();
    counts(pbx, 1, 0);
    countsBeforeList(pbx, 1, 1);
    list(pbx, message('a', 'new'), message('a', 'old'));
    counts(pbx, 0, 1);
    expect(toldOf(pbx)).toEqual(['read undefined']);
  });

  it('shows a message that was saved twice: it is one', () => {
    const pbx = new FakePbx();
    found(pbx, message('a', 'new'));
    list(pbx, message('a', 'filed'), message('a', 'filed'));
    pbx.settle();
    list(pbx, message('a', 'filed'));
    pbx.settle();
    expect(toldOf(pbx)).toEqual(['read a']);
  });

  it.each([
    ['new to a folder of its own', 'new', 'filed', ['read a']],
    ['old to a folder of its own', 'old', 'filed', []],
    ['old to new', 'old', 'new', []],
  ] as const)('tells of a message that moves from %s', (_title, before, after, events) => {
    const pbx = new FakePbx();
    found(pbx, message('a', before));
    list(pbx, message('a', after));
    pbx.settle();
    expect(toldOf(pbx)).toEqual(events);
  });

  it('knows a message without an id when it is given one', () => {
    const pbx = new FakePbx();
    const { id: _, ...old } = message('a', 'old');
    found(pbx, { ...old, id: undefined }, message('b', 'old'));
    list(pbx, message('a', 'old'), message('b', 'old'));
    pbx.settle();
    expect(pbx.events).toEqual([]);
  });

  it('after a time in which nobody looked is told as inferred', () => {
    const pbx = new FakePbx();
    counts(pbx, 1, 0);
    found(pbx, message('a', 'old'));
    pbx.settle();
    expect(pbx.only('voicemail.read')).toMatchObject({ message_id: 'a', inferred: true });
  });
});

describe('a message', () => {
  it.each(['before', 'after'])('whose file is told %s the counts is new, also at first sight', (order) => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '*1002', { callerNumber: '1001', callerName: 'Alice' });
    const recorded = (): void =>
      pbx.tell({ kind: 'voicemail.recorded', at: pbx.now, channel: { ...caller }, file: FILE });
    if (order === 'before') recorded();
    counts(pbx, 4, 0, caller);
    if (order === 'after') recorded();
    pbx.hangsUp(caller);
    expect(pbx.types).toEqual(['call.started', 'voicemail.new', 'call.ended']);
    expect(pbx.only('voicemail.new')).toMatchObject({
      extension: '1002',
      caller_id: '1001',
      caller_name: 'Alice',
      file_path: FILE,
      folder: 'INBOX',
      new_count: 4,
      old_count: 0,
      call_id: caller.callId,
    });
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'voicemail' });
  });

  it('is told while its call is open, when no file is ever told', () => {
    const pbx = new FakePbx();
    counts(pbx, 0, 0);
    const caller = pbx.dials('PJSIP/1001', '*1002');
    counts(pbx, 1, 0, caller);
    pbx.hangsUp(caller);
    expect(pbx.types).toEqual(['call.started', 'voicemail.new', 'call.ended']);
    expect(pbx.only('voicemail.new')).not.toHaveProperty('file_path');
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'voicemail' });
  });

  it('is told with all that the list says, and before the end of its call although the caller hung up first', () => {
    const pbx = new FakePbx();
    found(pbx, message('a', 'new'));
    const caller = pbx.dials('PJSIP/1001', '*1002', { callerNumber: '1001' });
    pbx.tell({ kind: 'voicemail.recorded', at: pbx.now, channel: { ...caller }, file: FILE });
    countsBeforeList(pbx, 2, 0, caller);
    pbx.hangsUp(caller);
    list(pbx, message('a', 'new'), message('b', 'new'));
    expect(pbx.types).toEqual(['call.started', 'voicemail.new', 'call.ended']);
    expect(pbx.only('voicemail.new')).toMatchObject({ message_id: 'b', duration: 7, call_id: caller.callId });
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'voicemail' });
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it('does not keep its call open for a list that is late', () => {
    const pbx = new FakePbx();
    found(pbx);
    const caller = pbx.dials('PJSIP/1001', '*1002', { callerNumber: '1001' });
    pbx.tell({ kind: 'voicemail.recorded', at: pbx.now, channel: { ...caller }, file: FILE });
    countsBeforeList(pbx, 1, 0, caller);
    pbx.hangsUp(caller);
    pbx.pass(100);
    pbx.events.push(...pbx.tracker.settle(pbx.now));
    expect(pbx.types).toEqual(['call.started', 'voicemail.new', 'call.ended']);
    list(pbx, message('b', 'new'));
    pbx.settle();
    expect(toldOf(pbx)).toEqual(['new undefined']);
  });

  it('that was read is told with its list, also when that comes after the end of the visit’s call', () => {
    const pbx = new FakePbx();
    const owner = pbx.dials('PJSIP/1002', '8500');
    found(pbx, message('a', 'new'));
    countsBeforeList(pbx, 0, 1, owner);
    pbx.hangsUp(owner);
    pbx.pass(100);
    pbx.events.push(...pbx.tracker.settle(pbx.now));
    list(pbx, message('a', 'old'));
    expect(pbx.types).toEqual(['call.started', 'call.ended', 'voicemail.read']);
    expect(pbx.only('voicemail.read')).toMatchObject({ message_id: 'a' });
    expect(pbx.only('voicemail.read')).not.toHaveProperty('call_id');
  });

  it('that comes at the same time as another is told with the call of its own caller', () => {
    const pbx = new FakePbx();
    found(pbx);
    const caller = pbx.dials('PJSIP/1001', '*1002', { callerNumber: '1001' });
    const other = pbx.dials('PJSIP/1003', '*1002', { callerNumber: '1003' });
    for (const channel of [{ ...caller }, { ...other }]) {
      pbx.tell({ kind: 'voicemail.recorded', at: pbx.now, channel, file: FILE });
    }
    countsBeforeList(pbx, 2, 0, caller);
    list(pbx, message('a', 'new', { callerNumber: '1003' }), message('b', 'new', { callerNumber: '1001' }));
    expect(pbx.events.slice(2).map(({ data }) => [data['message_id'], data['call_id']])).toEqual([
      ['a', other.callId],
      ['b', caller.callId],
    ]);
  });

  it('that comes while its owner ends a visit is not the owner’s', () => {
    const pbx = new FakePbx();
    const owner = pbx.dials('PJSIP/1002', '8500', { callerNumber: '1002' });
    found(pbx, message('a', 'new'));
    countsBeforeList(pbx, 1, 1, owner);
    pbx.hangsUp(owner);
    list(pbx, message('a', 'old'), message('b', 'new', { callerNumber: '1003' }));
    expect(toldOf(pbx)).toEqual(['new b', 'read a']);
    expect(pbx.only('voicemail.new')).not.toHaveProperty('call_id');
    expect(pbx.only('voicemail.read')).toMatchObject({ call_id: owner.callId });
  });
});

describe('every change of a mailbox', () => {
  const change = fc.record({
    act: fc.constantFrom('leave', 'read', 'delete', 'file'),
    which: fc.nat(),
    /** What the PBX and its files tell of it, in which order; counts may not come at all. */
    told: fc.constantFrom(
      'counts, list',
      'list, counts',
      'list',
      'list, list, counts',
      'counts, stale list, list',
    ),
    settles: fc.boolean(),
  });

  it('is told once, whichever of counts and lists comes first, is late, or comes twice', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const pbx = new FakePbx();
        let messages: VoiceMessage[] = [];
        const expected: string[] = [];
        found(pbx);
        for (const [i, { act, which, told: order, settles }] of changes.entries()) {
          const before = messages;
          const one = messages[which % messages.length];
          if (act === 'leave' || one === undefined) {
            messages = [...messages, message(`m${i}`, 'new')];
            expected.push(`new m${i}`);
          } else {
            const rest = messages.filter((other) => other !== one);
            messages =
              act === 'delete' ? rest : [...rest, message(`${one.id}`, act === 'read' ? 'old' : 'filed')];
            if (act === 'delete') expected.push(`deleted ${one.id}`);
            else if (one.status === 'new') expected.push(`read ${one.id}`);
          }
          const newCount = messages.filter(({ status }) => status === 'new').length;
          const oldCount = messages.filter(({ status }) => status === 'old').length;
          for (const what of order.split(', ')) {
            if (what === 'list') list(pbx, ...messages);
            else if (what === 'stale list') list(pbx, ...before);
            else countsBeforeList(pbx, newCount, oldCount);
          }
          list(pbx, ...messages);
          // A list of another moment may make up the counts too: then the right one waits like one without counts.
          if (settles || order === 'list' || order.includes('stale')) pbx.settle();
        }
        pbx.settle();
        expect(toldOf(pbx)).toEqual(expected);
        expect(pbx.tracker.size().other).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
