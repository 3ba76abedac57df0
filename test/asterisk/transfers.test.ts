import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { converse, reach } from './phone/conversation.ts';
import { answersAfter, type Phone } from './phone/phone.ts';
import { describeOnEachAsterisk, Stage } from './rig/stage.ts';
import { expectNothingElse, expectStory, type Told } from './rig/story.ts';

/** How long somebody holds or is parked: durations are told. */
const WHILE_MS = 1_200;

/** Between two acts of people. */
const A_MOMENT_MS = 400;

describeOnEachAsterisk('hold, transfer and parking', (version) => {
  let stage: Stage;
  let alice: Phone;
  let bob: Phone;
  let carol: Phone;

  beforeAll(async () => {
    stage = await Stage.set(version);
    [alice, bob, carol] = await Promise.all([stage.phone('1001'), stage.phone('1002'), stage.phone('1003')]);
  });

  afterAll(() => stage?.strike());

  test('hold and resume of either side are told once each, and a held call ends without a resume', async () => {
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, '1002', bob);
      await call.hold();
      await pause(WHILE_MS);
      await call.resume();
      await taken.hold();
      await pause(A_MOMENT_MS);
      await taken.hangUp();
      await call.ended;
    }, 'call.ended');
    expectStory(events, [
      {
        each: toBob,
        told: [
          ...answeredByBob,
          ['call.hold', { held_by: '1001' }],
          ['call.resume', { resumed_by: '1001', hold_seconds: expect.closeTo(WHILE_MS / 1000, 0) }],
          ['call.hold', { held_by: '1002' }],
          ['call.ended', { disposition: 'answered', hangup_by: 'callee', answered_by: '1002' }],
        ],
      },
    ]);
  });

  test('a blind transfer (REFER) leaves one call, which the third party goes on with', async () => {
    carol.whenCalled = answersAfter(100);
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, '1002', bob);
      const third = carol.nextCall();
      expect(await taken.transfer('1003')).toBe(200);
      const given = await third;
      await pause(A_MOMENT_MS);
      await given.hangUp();
      await call.ended;
    }, 'call.ended');
    expectStory(events, [
      {
        each: toBob,
        told: [
          ...answeredByBob,
          ['call.transfer', { transfer_type: 'blind', ...bobGivesAliceToCarol }],
          ['call.ringing', { to_extension: '1003' }],
          ['call.ended', { disposition: 'answered', hangup_by: 'callee', answered_by: '1002' }],
        ],
      },
    ]);
  });

  test('a transfer to a number that nobody has is refused, and is no transfer', async () => {
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, '1002', bob);
      expect(await taken.transfer('4711')).toBe(404);
      await call.hangUp();
      await taken.ended;
    }, 'call.ended');
    expectStory(events, [
      {
        each: toBob,
        told: [...answeredByBob, ['call.ended', { disposition: 'answered', hangup_by: 'caller' }]],
      },
    ]);
  });

  test('an attended transfer (REFER with Replaces) ends the consultation, merged into the older call', async () => {
    const events = await stage.eventsOf(
      async () => {
        const [call, taken] = await converse(alice, '1002', bob);
        await taken.hold();
        const [consultation, consulted] = await converse(bob, '1003', carol);
        expect(await taken.transferTo(consultation)).toBe(200);
        await pause(A_MOMENT_MS);
        await call.hangUp();
        await consulted.ended;
      },
      'call.ended',
      2,
    );
    const [older, younger] = [...new Set(events.map(({ data }) => data['call_id']))];
    expectStory(events, [
      {
        each: toBob,
        told: [
          ...answeredByBob,
          ['call.hold', { held_by: '1002' }],
          ['call.resume', { resumed_by: '1002' }],
          [
            'call.transfer',
            { transfer_type: 'attended', ...bobGivesAliceToCarol, consultation_call_id: younger },
          ],
          ['call.ended', { disposition: 'answered', hangup_by: 'caller', answered_by: '1002' }],
        ],
      },
      {
        each: { from_extension: '1002', to_extension: '1003', direction: 'internal' },
        told: [
          ['call.started'],
          ['call.ringing', { to_extension: '1003' }],
          ['call.answered', { answered_by: '1003' }],
          ['call.ended', { merged_into: older }],
        ],
      },
    ]);
  });

  test('a blind transfer by feature code (#1) is told with the hold that it makes', async () => {
    carol.whenCalled = answersAfter(100);
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, '1002', bob);
      const third = carol.nextCall();
      await taken.press('#1');
      await pause(A_MOMENT_MS);
      await taken.press('1003');
      await taken.ended;
      await third;
      await pause(A_MOMENT_MS);
      await call.hangUp();
    }, 'call.ended');
    expectStory(events, [
      {
        each: toBob,
        told: [
          ...answeredByBob,
          ['call.hold', { held_by: '1002' }],
          ['call.resume', { resumed_by: '1002' }],
          ['call.transfer', { transfer_type: 'blind', ...bobGivesAliceToCarol }],
          ['call.ringing', { to_extension: '1003' }],
          ['call.ended', { disposition: 'answered', hangup_by: 'caller', answered_by: '1002' }],
        ],
      },
    ]);
  });

  test('an attended transfer by feature code (*2) has no consultation call of its own', async () => {
    carol.whenCalled = answersAfter(100);
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, '1002', bob);
      const third = carol.nextCall();
      await taken.press('*2');
      await pause(A_MOMENT_MS);
      await taken.press('1003');
      await third;
      await pause(A_MOMENT_MS);
      await taken.hangUp();
      await pause(A_MOMENT_MS);
      await call.hangUp();
    }, 'call.ended');
    expectStory(events, [
      {
        each: toBob,
        told: [
          ...answeredByBob,
          ['call.hold', { held_by: '1002' }],
          ['call.ringing', { to_extension: '1003' }],
          ['call.resume', { resumed_by: '1002' }],
          ['call.transfer', { transfer_type: 'attended', ...bobGivesAliceToCarol }],
          ['call.ended', { disposition: 'answered', hangup_by: 'caller', answered_by: '1002' }],
        ],
      },
    ]);
    expect(events.filter(({ data }) => 'consultation_call_id' in data)).toEqual([]);
  });

  test.each([
    ['by REFER to 700', (taken) => taken.transfer('700')],
    ['by feature code (#72)', (taken) => taken.press('#72')],
  ] satisfies [string, (taken: Awaited<ReturnType<typeof converse>>[1]) => Promise<unknown>][])(
    'a call that is parked %s is told as parked, no transfer, and goes on when it is retrieved',
    async (_, park) => {
      const events = await stage.eventsOf(
        async () => {
          const [call, taken] = await converse(alice, '1002', bob);
          await park(taken);
          await taken.ended;
          await pause(WHILE_MS);
          await reach(carol.call('701'));
          await pause(A_MOMENT_MS);
          await call.hangUp();
        },
        'call.ended',
        2,
      );
      const space = { parking_lot: 'default', parking_space: '701' };
      const [parked] = events.map(({ data }) => data['call_id']);
      expectStory(events, [
        {
          each: toBob,
          told: [
            ...answeredByBob,
            ['call.parked', { ...space, parked_by: '1002', parked_party: '1001', timeout_seconds: 9 }],
            ['call.retrieved', { ...space, retrieved_by: '1003', parked_seconds: expect.any(Number) }],
            ['call.ended', { disposition: 'answered', hangup_by: 'caller', answered_by: '1002' }],
          ],
        },
        {
          each: { from_extension: '1003', to_extension: '701', direction: 'internal' },
          told: [['call.started'], ['call.ended', { disposition: 'application', merged_into: parked }]],
        },
      ]);
    },
  );

  test('a parked call whose caller gives up is told so', async () => {
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, '1002', bob);
      await taken.transfer('700');
      await pause(A_MOMENT_MS);
      await call.hangUp();
    }, 'call.ended');
    const space = { parking_lot: 'default', parking_space: '701' };
    expectStory(events, [
      {
        each: toBob,
        told: [
          ...answeredByBob,
          ['call.parked', { ...space, parked_by: '1002', parked_party: '1001' }],
          ['call.park_abandoned', space],
          ['call.ended', { disposition: 'answered', hangup_by: 'caller', answered_by: '1002' }],
        ],
      },
    ]);
  });

  test('nothing else was told, nothing twice, and every POST verified', () => expectNothingElse(stage));
});

const toBob = { from_extension: '1001', to_extension: '1002', direction: 'internal', caller_number: '1001' };

const answeredByBob: readonly Told[] = [
  ['call.started'],
  ['call.ringing', { to_extension: '1002' }],
  ['call.answered', { answered_by: '1002' }],
];

const bobGivesAliceToCarol = {
  transferred_by: '1002',
  transferred_party: '1001',
  transfer_destination: '1003',
};
