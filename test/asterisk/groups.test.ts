import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { converse, reach } from './phone/conversation.ts';
import { answersAfter, type Phone, rings } from './phone/phone.ts';
import type { ReceivedEvent } from './rig/receiver.ts';
import { describeOnEachAsterisk, Stage } from './rig/stage.ts';
import { callsOf, expectNothingElse, expectStory } from './rig/story.ts';

/** Between two acts of people. */
const A_MOMENT_MS = 400;

describeOnEachAsterisk('ring groups, click-to-call and many calls at once', (version) => {
  let stage: Stage;
  let phones: Phone[];
  let alice: Phone;
  let bob: Phone;
  let carol: Phone;

  beforeAll(async () => {
    stage = await Stage.set(version);
    [alice, bob, carol] = await Promise.all([stage.phone('1001'), stage.phone('1002'), stage.phone('1003')]);
    phones = [alice, bob, carol, ...(await Promise.all([stage.phone('1004'), stage.phone('1005')]))];
  });

  afterAll(() => stage?.strike());

  test.each([
    ['plain', '600'],
    ['through Local channels', '603'],
    ['through Local channels that stay', '604'],
  ])('a ring group (%s) is one call: all ring, one answers, nobody missed it', async (_, group) => {
    bob.whenCalled = rings;
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, group, carol);
      await call.hangUp();
      await taken.ended;
    }, 'call.ended');
    expectStory(events, [
      {
        each: { from_extension: '1001', direction: 'internal' },
        told: [
          ['call.started', { to_extension: group }],
          ['call.ringing'],
          ['call.ringing'],
          ['call.answered', { answered_by: '1003', to_extension: group }],
          ['call.ended', { disposition: 'answered', answered_by: '1003', to_extension: group }],
        ],
      },
    ]);
    const rang = events.filter(({ event_type }) => event_type === 'call.ringing');
    expect(rang.map(({ data }) => data['to_extension']).sort()).toEqual(['1002', '1003']);
  });

  test('a click-to-call is from the phone that is rung first to the extension that it is sent to', async () => {
    alice.whenCalled = answersAfter(100);
    bob.whenCalled = answersAfter(100);
    const events = await stage.eventsOf(async () => {
      const both = Promise.all([alice.nextCall(), bob.nextCall()]);
      await stage.asterisk.manager.action('Originate', {
        Channel: 'PJSIP/1001',
        Context: 'internal',
        Exten: '1002',
        Priority: '1',
        CallerID: '"Click" <5550199>',
        Async: 'true',
      });
      const [, second] = await both;
      await pause(A_MOMENT_MS);
      await second.hangUp();
    }, 'call.ended');
    const toBob = { to_extension: '1002', direction: 'internal' };
    expectStory(events, [
      {
        each: { from_extension: '1001' },
        told: [
          ['call.started'],
          ['call.ringing', toBob],
          ['call.answered', { ...toBob, answered_by: '1002' }],
          ['call.ended', { ...toBob, disposition: 'answered', hangup_by: 'callee' }],
        ],
      },
    ]);
  });

  test('a click-to-call that its first phone declines is declined by the callee', async () => {
    alice.whenCalled = (call) => call.refuse(603, 'Decline');
    const events = await stage.eventsOf(async () => {
      const rung = alice.nextCall();
      await stage.asterisk.manager.action('Originate', {
        Channel: 'PJSIP/1001',
        Context: 'internal',
        Exten: '1002',
        Priority: '1',
        Async: 'true',
      });
      await rung;
    }, 'call.ended');
    expectStory(events, [
      {
        each: { from_extension: '1001' },
        told: [['call.started'], ['call.ended', { disposition: 'declined', hangup_by: 'callee' }]],
      },
    ]);
  });

  describe('20 calls at once, each of five phones with each of the others', () => {
    const CALLS = 20;
    let events: ReceivedEvent[];

    /** Of each pair one call is ended by its caller, the other one by its callee. */
    const callerEnds = (from: string, to: string): boolean => from < to;

    beforeAll(async () => {
      for (const phone of phones) {
        phone.whenCalled = (call) => {
          answersAfter(300)(call);
          const hangUpAsCallee = async (): Promise<void> => {
            await pause(1_500);
            if (!callerEnds(call.caller, phone.user)) {
              await call.hangUp();
            }
          };
          hangUpAsCallee().catch(() => undefined); // a call that does not end is seen by its missing end
        };
      }
      events = await stage.eventsOf(
        async () => {
          const pairs = phones.flatMap((from) =>
            phones.filter((to) => to !== from).map((to) => [from, to] as const),
          );
          expect(pairs).toHaveLength(CALLS);
          await Promise.all(
            pairs.map(async ([from, to]) => {
              const call = await reach(from.call(to.user));
              if (callerEnds(from.user, to.user)) {
                await call.hangUp();
              }
              await call.ended;
            }),
          );
        },
        'call.ended',
        CALLS,
      );
    });

    test('each is told with its own parties, whole and in order', () => {
      const calls = callsOf(events);
      const parties = calls.map(([first]) => ({
        from: String(first?.data['from_extension']),
        to: String(first?.data['to_extension']),
      }));
      expect(new Set(parties.map(({ from, to }) => `${from} ${to}`)).size).toBe(CALLS);
      expectStory(
        events,
        parties.map(({ from, to }) => ({
          each: { from_extension: from, to_extension: to, direction: 'internal', caller_number: from },
          told: [
            ['call.started'],
            ['call.ringing'],
            ['call.answered', { answered_by: to }],
            [
              'call.ended',
              {
                disposition: 'answered',
                hangup_by: callerEnds(from, to) ? 'caller' : 'callee',
                hangup_cause: 16,
              },
            ],
          ],
        })),
      );
    });
  });

  test('nothing else was told, nothing twice, and every POST verified', () => expectNothingElse(stage));
});
