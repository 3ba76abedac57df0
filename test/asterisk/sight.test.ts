import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { converse, reach } from './phone/conversation.ts';
import { type Phone, rings } from './phone/phone.ts';
import { TcpProxy } from './rig/proxy.ts';
import { describeOnEachAsterisk, MANAGER_PORT, Stage } from './rig/stage.ts';
import { expectNoStrays, expectStory, type Told } from './rig/story.ts';

const LINK_PORT = 5039;

/** Long enough for Asterisk to say a few things. */
const A_MOMENT_MS = 400;

describeOnEachAsterisk('what happens while nobody looks', (version) => {
  let link: TcpProxy;
  let stage: Stage;
  let alice: Phone;
  let bob: Phone;
  let carol: Phone;
  let dora: Phone;

  beforeAll(async () => {
    link = await TcpProxy.open(LINK_PORT, MANAGER_PORT);
    stage = await Stage.set(version, link);
    [alice, bob, carol, dora] = await Promise.all([
      stage.phone('1001'),
      stage.phone('1002'),
      stage.phone('1003'),
      stage.phone('1004'),
    ]);
  });

  afterAll(async () => {
    await stage?.strike();
    link?.close();
  });

  /** Settles when the plugin sees Asterisk again, after what it has told so far. */
  const seenAgain = (from: number) =>
    stage.receiver.until(({ event_type }) => event_type === 'pbx.connected', from);

  test('a call that ended while the link was cut is ended when it heals, as inferred', async () => {
    const events = await stage.eventsOf(async () => {
      const from = stage.receiver.events.length;
      const [call, taken] = await converse(alice, '1002', bob);
      await untilTold(stage, 'call.answered', from);
      link.cut();
      await call.hangUp();
      await taken.ended;
      link.heal();
      await seenAgain(from);
    }, 'call.ended');
    expectStory(
      events,
      [{ each: toBob, told: [...answeredByBob, ['call.ended', { inferred: true, answered_by: '1002' }]] }],
      lostAndFound,
    );
    expectNoStrays(stage);
  });

  test('a call that began while the link was cut is started when it heals, as inferred, and goes on', async () => {
    dora.whenCalled = rings;
    const events = await stage.eventsOf(async () => {
      const from = stage.receiver.events.length;
      link.cut();
      const incoming = dora.nextCall();
      const call = carol.call('1004');
      const taken = await incoming;
      link.heal();
      await seenAgain(from);
      await untilTold(stage, 'call.started', from);
      taken.answer();
      await reach(call);
      await call.hangUp();
    }, 'call.ended');
    // Whether it rang can't be known for sure: nobody looked.
    const sure = events.filter(({ event_type }) => event_type !== 'call.ringing');
    expect(
      sure.map(({ event_type, data }) => [event_type, data['from_extension'], data['inferred']]),
    ).toEqual(
      expect.arrayContaining([
        ['call.started', '1003', true],
        ['call.answered', '1003', undefined],
        ['call.ended', '1003', undefined],
      ]),
    );
    expect(sure).toHaveLength(lostAndFound.length + 3);
    expectNoStrays(stage);
  });

  test('a call that lives on over a cut link goes on as if nothing had been', async () => {
    const events = await stage.eventsOf(async () => {
      const from = stage.receiver.events.length;
      const [call] = await converse(alice, '1002', bob);
      await untilTold(stage, 'call.answered', from);
      link.cut();
      await pause(A_MOMENT_MS);
      link.heal();
      await seenAgain(from);
      await call.hangUp();
    }, 'call.ended');
    expectStory(
      events,
      [
        {
          each: toBob,
          told: [...answeredByBob, ['call.ended', { disposition: 'answered', hangup_by: 'caller' }]],
        },
      ],
      lostAndFound,
    );
    expectNoStrays(stage);
  });

  test('a call that outlives the plugin has one start, one answer and one end over both runs', async () => {
    const events = await stage.eventsOf(async () => {
      const from = stage.receiver.events.length;
      const [call] = await converse(alice, '1002', bob);
      await untilTold(stage, 'call.answered', from);
      await stage.plugin.kill();
      await stage.plugin.startAgain();
      await call.hangUp();
    }, 'call.ended');
    expectStory(
      events,
      [
        {
          each: toBob,
          told: [...answeredByBob, ['call.ended', { disposition: 'answered', hangup_by: 'caller' }]],
        },
      ],
      [['pbx.connected']],
    );
    expectNoStrays(stage);
  });

  test('a call that ended while the plugin was dead is ended when it lives again, as inferred', async () => {
    const events = await stage.eventsOf(async () => {
      const from = stage.receiver.events.length;
      const [call, taken] = await converse(alice, '1002', bob);
      await untilTold(stage, 'call.answered', from);
      await stage.plugin.kill();
      await call.hangUp();
      await taken.ended;
      await stage.plugin.startAgain();
    }, 'call.ended');
    expectStory(
      events,
      [{ each: toBob, told: [...answeredByBob, ['call.ended', { inferred: true, answered_by: '1002' }]] }],
      [['pbx.connected']],
    );
    expectNoStrays(stage);
  });

  test('a phone that was registered before the plugin died is not told as new', async () => {
    const events = await stage.eventsOf(async () => {
      await stage.plugin.kill();
      await stage.plugin.startAgain();
    });
    expectStory(events, [], [['pbx.connected']]);
    expectNoStrays(stage);
  });

  test('a contact that came and one that went while the link was cut are told', async () => {
    const events = await stage.eventsOf(async () => {
      const from = stage.receiver.events.length;
      link.cut();
      await alice.unregister();
      const emil = await stage.newPhone('1005');
      expect(await emil.register()).toBe(200);
      link.heal();
      await seenAgain(from);
    });
    const told = events.map(({ event_type, data }) => [event_type, data['extension'], data['inferred']]);
    expect(told).toHaveLength(lostAndFound.length + 2);
    expect(told).toContainEqual(['extension.unregistered', '1001', true]);
    expect(told).toContainEqual(['extension.registered', '1005', true]);
    expectNoStrays(stage);
  });
});

const toBob = { from_extension: '1001', to_extension: '1002', direction: 'internal' };

const answeredByBob: readonly Told[] = [
  ['call.started'],
  ['call.ringing', { to_extension: '1002' }],
  ['call.answered', { answered_by: '1002' }],
];

const lostAndFound: readonly Told[] = [['pbx.disconnected'], ['pbx.connected']];

async function untilTold(stage: Stage, type: string, from: number): Promise<void> {
  await stage.receiver.until(({ event_type }) => event_type === type, from);
  await stage.plugin.untilDelivered();
}
