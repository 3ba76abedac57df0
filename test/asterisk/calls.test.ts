import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answersAfter, busy, declines, type Phone, rings } from './phone/phone.ts';
import type { ReceivedEvent } from './rig/receiver.ts';
import { describeOnEachAsterisk, openPhone, Stage } from './rig/stage.ts';
import { expectNothingElse } from './rig/story.ts';

const RING_MS = 1_200;
const TALK_MS = 2_200;

/** Of a call the guide has a start, an answer and an end; ringing and missed go beyond it. */
const BEYOND_THE_GUIDE = ['call.ringing', 'call.missed'];

describeOnEachAsterisk('registrations and plain calls', (version) => {
  let stage: Stage;
  let alice: Phone;
  let carol: Phone;

  beforeAll(async () => {
    stage = await Stage.set(version);
    alice = await openPhone('1001');
    carol = await openPhone('1003', { userAgent: 'Carol Phone/2.0' });
    await stage.eventsOf(async () => expect(await alice.register()).toBe(200));
  });

  afterAll(async () => {
    alice?.close();
    carol?.close();
    await stage?.strike();
  });

  test('a first registration gives extension.registered with user agent, address and port', async () => {
    const events = await stage.eventsOf(async () => expect(await carol.register()).toBe(200));
    expect(events.map(summary)).toEqual([
      {
        type: 'extension.registered',
        extension: '1003',
        user_agent: 'Carol Phone/2.0',
        ip_address: '127.0.0.13',
        port: 5060,
        contact_uri: 'sip:1003@127.0.0.13:5060',
        contacts: 1,
      },
    ]);
  });

  test('a refresh of a registration gives nothing', async () => {
    const events = await stage.eventsOf(async () => expect(await carol.register()).toBe(200));
    expect(events).toEqual([]);
  });

  test('a wrong password registers nobody', async () => {
    const thief = await openPhone('1005', { password: 'guessed' });
    const events = await stage.eventsOf(async () => expect(await thief.register()).toBe(401));
    thief.close();
    expect(events.filter(({ event_type }) => event_type !== 'extension.auth_failed')).toEqual([]);
  });

  describe.each(['caller', 'callee'] as const)('an answered call that the %s hangs up', (side) => {
    let events: ReceivedEvent[];
    let guide: ReceivedEvent[];
    let rang = 0;
    let talked = 0;

    beforeAll(async () => {
      carol.whenCalled = answersAfter(RING_MS);
      events = await stage.eventsOf(async () => {
        const incoming = carol.nextCall();
        const dialled = performance.now();
        const call = alice.call('1003');
        const taken = await incoming;
        expect(await call.answer).toBe(200);
        const answered = performance.now();
        await pause(TALK_MS);
        await (side === 'caller' ? call : taken).hangUp();
        await Promise.all([call.ended, taken.ended]);
        rang = (answered - dialled) / 1000;
        talked = (performance.now() - answered) / 1000;
      }, 'call.ended');
      guide = events.filter(({ event_type }) => !BEYOND_THE_GUIDE.includes(event_type));
    });

    test('gives exactly call.started, call.answered and call.ended of one call', () => {
      expect(guide.map(({ event_type }) => event_type)).toEqual([
        'call.started',
        'call.answered',
        'call.ended',
      ]);
      expect(new Set(events.map(({ data }) => data['call_id'])).size).toBe(1);
      expect(events.map(({ data }) => data['sequence'])).toEqual([1, 2, 3, 4]);
    });

    test('names both parties in each event', () => {
      for (const { data } of guide) {
        expect(data).toMatchObject({
          from_extension: '1001',
          to_extension: '1003',
          direction: 'internal',
          caller_name: 'Alice Adams',
          caller_number: '1001',
          called_number: '1003',
          pbx: 'main',
        });
      }
    });

    test('tells who answered, who hung up and why', () => {
      const [, answered, ended] = guide;
      expect(answered?.data).toMatchObject({ answered_by: '1003' });
      expect(ended?.data).toMatchObject({
        disposition: 'answered',
        answered_by: '1003',
        hangup_by: side,
        hangup_cause: 16,
      });
    });

    test('measures ringing, talk and the whole call', () => {
      const [, answered, ended] = guide;
      expect(answered?.data['ring_seconds']).toSatisfy(near(rang));
      expect(ended?.data['billsec']).toSatisfy(near(talked));
      expect(ended?.data['duration']).toSatisfy(near(rang + talked));
    });

    test('tells beyond the guide that 1003 rang, and that nobody missed the call', () => {
      const beyond = events.filter(({ event_type }) => BEYOND_THE_GUIDE.includes(event_type));
      expect(beyond.map(summary)).toMatchObject([{ type: 'call.ringing', to_extension: '1003' }]);
    });
  });

  describe.each<Unanswered>([
    {
      name: 'that nobody answers',
      whenCalled: rings,
      status: 603,
      end: { disposition: 'no_answer', hangup_by: 'system', hangup_cause: 16 },
      beyond: ['call.ringing', 'call.missed'],
    },
    {
      name: 'to a busy phone',
      whenCalled: busy,
      status: 486,
      end: { disposition: 'busy', hangup_by: 'callee', hangup_cause: 17 },
      beyond: [],
    },
    {
      name: 'that is declined',
      whenCalled: declines,
      status: 403,
      end: { disposition: 'declined', hangup_by: 'callee', hangup_cause: 21 },
      beyond: [],
    },
    {
      name: 'that the caller cancels while it rings',
      whenCalled: rings,
      cancels: true,
      status: 487,
      end: { disposition: 'cancelled', hangup_by: 'caller' },
      beyond: ['call.ringing', 'call.missed'],
    },
    {
      name: 'to an extension without a phone',
      number: '1006',
      status: 404,
      end: { disposition: 'failed', hangup_by: 'system', hangup_cause: 3 },
      beyond: [],
    },
  ])('a call $name', ({ whenCalled = rings, number = '1003', cancels = false, status, end, beyond }) => {
    let events: ReceivedEvent[];

    beforeAll(async () => {
      carol.whenCalled = whenCalled;
      events = await stage.eventsOf(async () => {
        const call = alice.call(number);
        if (cancels) {
          await call.rang;
          await call.hangUp();
        }
        expect(await call.answer).toBe(status);
        await call.ended;
      }, 'call.ended');
    });

    test(`gives exactly call.started and call.ended with disposition ${end.disposition}`, () => {
      const guide = events.filter(({ event_type }) => !BEYOND_THE_GUIDE.includes(event_type));
      const call = { from_extension: '1001', to_extension: number, direction: 'internal' };
      expect(guide.map(summary)).toMatchObject([
        { type: 'call.started', ...call },
        { type: 'call.ended', ...call, ...end },
      ]);
      expect(guide[1]?.data).not.toHaveProperty('answered_at');
    });

    test(`tells ${beyond.join(' and ') || 'nothing'} beyond the guide`, () => {
      const types = events.map(({ event_type }) => event_type);
      expect(types.filter((type) => BEYOND_THE_GUIDE.includes(type)).sort()).toEqual([...beyond].sort());
    });
  });

  test('a number that the dial plan does not know gives nothing', async () => {
    const events = await stage.eventsOf(async () => {
      expect(await alice.call('4711').answer).toBe(404);
    });
    expect(events).toEqual([]);
  });

  test('unregistering gives extension.unregistered, removed by the phone', async () => {
    const events = await stage.eventsOf(async () => expect(await carol.unregister()).toBe(200));
    expect(events.map(summary)).toMatchObject([
      {
        type: 'extension.unregistered',
        extension: '1003',
        ip_address: '127.0.0.13',
        port: 5060,
        contact_uri: 'sip:1003@127.0.0.13:5060',
        contacts: 0,
        reason: 'removed',
      },
    ]);
  });

  test('nothing else was told, nothing twice, and every POST verified', () => {
    expectNothingElse(stage);
  });

  test('SIGTERM ends the plugin with exit code 0', async () => {
    expect(await stage.plugin.stop()).toBe(0);
  });
});

interface Unanswered {
  readonly name: string;
  /** Default: the callee rings. */
  readonly whenCalled?: Phone['whenCalled'];
  /** Default: 1003. */
  readonly number?: string;
  readonly cancels?: boolean;
  /** What the caller's phone is told. */
  readonly status: number;
  readonly end: { readonly disposition: string; readonly hangup_by: string; readonly hangup_cause?: number };
  readonly beyond: readonly string[];
}

/** Type and data of an event, without what differs each time. */
function summary({ event_type, data }: ReceivedEvent): Record<string, unknown> {
  const { timestamp: _timestamp, pbx: _pbx, expires_at: _expires, transport: _transport, ...rest } = data;
  return { type: event_type, ...rest };
}

/** Within a second: Asterisk and the test measure at different ends of a busy machine. */
function near(seconds: number): (value: unknown) => boolean {
  return (value) => typeof value === 'number' && Math.abs(value - seconds) < 1;
}
