import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PbxEvent } from '../../../../src/model/event.ts';
import { EVENT_CATALOGUE } from '../../../../src/model/event-types.ts';
import { TOLD_KINDS } from '../../../../src/source/host/fact-schemas.ts';
import { createHostEventsSource, TOLD_TYPES } from '../../../../src/source/host/source.ts';
import type { Fact } from '../../../../src/telephony/facts.ts';
import { createTracker } from '../../../../src/telephony/tracker.ts';
import { TEST_OPTIONS } from '../../../support/ami-stream.ts';
import { FakeClock } from '../../../support/clock.ts';

/** A host, and what its events become. */
function host() {
  const events = new EventEmitter();
  const told: PbxEvent[] = [];
  const facts: Fact[] = [];
  const lines: string[] = [];
  const logger = {
    debug: () => {},
    info: () => {},
    warn: (line: string) => void lines.push(line),
    error: (line: string) => void lines.push(line),
  };
  const tracker = createTracker(TEST_OPTIONS);
  const source = createHostEventsSource({ name: TEST_OPTIONS.pbx, events, clock: new FakeClock(), logger });
  source.start((fact) => {
    if (fact.kind !== 'pbx.booted') facts.push(fact);
    told.push(...tracker.apply(fact));
  });
  onTestFinished(() => source.stop());
  return { events, told, facts, lines, source };
}

const caller = { id: 'a', name: 'PJSIP/1001-1', callId: 'call-1', state: 'ring', exten: '1002' };
const callee = { id: 'b', name: 'PJSIP/1002-2', callId: 'call-1', state: 'ringing' };

describe('an event that a host emits', () => {
  test('is told with the time and the name of the PBX', () => {
    const { events, told } = host();
    events.emit('call.started', { call_id: 'c1', from_extension: '1001', color: 'red' });
    expect(told).toEqual([
      {
        type: 'call.started',
        occurredAt: expect.any(Number),
        callId: 'c1',
        data: {
          call_id: 'c1',
          from_extension: '1001',
          color: 'red',
          timestamp: '2025-12-07T12:00:00Z',
          pbx: 'test',
        },
      },
    ]);
  });

  test.each(EVENT_CATALOGUE.filter(({ name }) => !/^(webhook|subscription)/.test(name)))(
    '$name may be one of the catalogue',
    ({ name, sample }) => {
      const { events, told, lines } = host();
      events.emit(name, sample);
      expect(lines).toEqual([]);
      expect(told).toMatchObject([{ type: name, data: sample }]);
    },
  );

  test('is taken as it was then', () => {
    const { events, told } = host();
    const data = { call_id: 'c1', tags: ['a'] };
    events.emit('call.started', data);
    data.tags.push('b');
    expect(told[0]?.data).toMatchObject({ tags: ['a'] });
  });

  const circle: Record<string, unknown> = { call_id: 'c1' };
  circle['self'] = circle;
  test.each([
    ['nothing', undefined, /expected record/],
    ['a text', 'c1', /expected record/],
    ['a list', [], /expected record/],
    ['no call_id', {}, /call_id: .*expected string/],
    ['a call_id of another kind', { call_id: 7 }, /call_id: .*expected string/],
    ['two keys wrong', { call_id: 7, direction: 'up' }, /call_id: .*; direction: /],
    ['what is no JSON', { call_id: 'c1', big: 1n }, /BigInt/],
    ['a circle', circle, /circular/],
  ])('is left out with %s, and the log says why', (_what, data, reason) => {
    const { events, told, lines } = host();
    events.emit('call.started', data);
    expect(told).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(reason)]);
    expect(lines[0]).toContain('test: a "call.started" that the host emitted is left out: ');
  });

  test('throws nothing at the host, whatever is in it', () => {
    const { events, told, lines } = host();
    const trap = Object.defineProperty({}, 'call_id', {
      enumerable: true,
      get: () => {
        throw new Error('a trap');
      },
    });
    events.emit('call.started', trap);
    events.emit('fact', trap);
    expect(told).toEqual([]);
    expect(lines).toHaveLength(2);
  });
});

test('whatever a host emits, nothing is thrown at it', () => {
  const { events, told } = host();
  const channels = ['fact', ...TOLD_TYPES];
  fc.assert(
    fc.property(fc.constantFrom(...channels), fc.anything({ withBigInt: true }), (channel, value) => {
      events.emit(channel, value);
    }),
  );
  expect(told.every(({ type }) => TOLD_TYPES.includes(type))).toBe(true);
});

describe('facts that a host emits', () => {
  test('become the events of a call', () => {
    const { events, told, lines } = host();
    events.emit('fact', { kind: 'channel.seen', channel: caller });
    events.emit('fact', { kind: 'dial.begun', caller, dest: callee });
    events.emit('fact', { kind: 'dial.ringing', caller, dest: callee });
    const up = { ...callee, state: 'up' };
    events.emit('fact', { kind: 'dial.ended', caller, dest: up, status: 'answer' });
    events.emit('fact', { kind: 'channel.hangup_requested', channel: up });
    events.emit('fact', { kind: 'channel.gone', channel: up, cause: 16 });
    events.emit('fact', { kind: 'channel.gone', channel: { ...caller, state: 'up' }, cause: 16 });
    expect(lines).toEqual([]);
    expect(told.map(({ type }) => type)).toEqual([
      'call.started',
      'call.ringing',
      'call.answered',
      'call.ended',
    ]);
    expect(told.at(-1)?.data).toMatchObject({
      call_id: 'call-1',
      from_extension: '1001',
      to_extension: '1002',
      disposition: 'answered',
      hangup_by: 'callee',
    });
  });

  test.each([
    ['a Date', new Date('2025-12-07T11:00:00.5Z')],
    ['RFC 3339', '2025-12-07T12:00:00.5+01:00'],
  ])('say when it happened, as %s', (_how, at) => {
    const { events, facts } = host();
    events.emit('fact', { kind: 'conference.opened', room: '9000', at });
    expect(facts).toEqual([
      { kind: 'conference.opened', room: '9000', at: Date.UTC(2025, 11, 7, 11, 0, 0, 500) * 1000 },
    ]);
  });

  test('say that all of before is gone', () => {
    const { events, told } = host();
    events.emit('fact', { kind: 'channel.seen', channel: caller });
    events.emit('fact', { kind: 'dial.begun', caller, dest: callee });
    events.emit('fact', { kind: 'pbx.up_since', since: '2025-12-07T12:00:01Z' });
    expect(told.at(-1)).toMatchObject({
      type: 'call.ended',
      data: { disposition: 'unknown', inferred: true },
    });
  });

  test('of a registration become events', () => {
    const { events, told } = host();
    events.emit('fact', { kind: 'contact.added', contact: { account: '1001', uri: 'sip:1001@192.0.2.1' } });
    events.emit('fact', { kind: 'contact.removed', contact: { account: '1001', uri: 'sip:1001@192.0.2.1' } });
    expect(told.map(({ type }) => type)).toEqual(['extension.registered', 'extension.unregistered']);
  });

  test.each([
    [{ kind: 'channel.exploded' }, /kind: /],
    [{ kind: 'channel.seen' }, /channel: /],
    [{ kind: 'channel.seen', channel: { ...caller, id: '' } }, /channel\.id: must be a text/],
    [{ kind: 'channel.seen', channel: caller, at: 'noon' }, /at: must be a Date, or RFC 3339/],
    [{ kind: 'pbx.stock_taken', channels: [] }, /kind: /],
    [{ kind: 'event.told', event: {} }, /kind: /],
    ['channel.seen', /expected object/],
  ])('are left out when they are as %j, and the log says why', (fact, reason) => {
    const { events, facts, lines } = host();
    events.emit('fact', fact);
    expect(facts).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(reason)]);
  });
});

test('an end leaves no listener', async () => {
  const { events, source, told } = host();
  expect(source.health()).toEqual({ state: 'connected' });
  events.on('call.started', () => {});
  await source.stop();
  events.emit('call.started', { call_id: 'c1' });
  expect(events.eventNames()).toEqual(['call.started']);
  expect(events.listenerCount('call.started')).toBe(1);
  expect(told).toEqual([]);
  expect(source.health()).toEqual({ state: 'stopped' });
});

test('docs/plugin.md names every fact that a host may tell', () => {
  const docs = readFileSync('docs/plugin.md', 'utf8');
  const kinds = TOLD_KINDS.filter((kind) => {
    const [family = '', name = ''] = kind.split('.');
    return !new RegExp(`^\\|.*\`${family}\\..*\\.${name}\``, 'm').test(docs) && !docs.includes(`\`${kind}\``);
  });
  expect(kinds).toEqual([]);
});
