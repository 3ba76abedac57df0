import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { converse } from './phone/conversation.ts';
import type { Phone } from './phone/phone.ts';
import { TcpProxy } from './rig/proxy.ts';
import { describeOnEachAsterisk, MANAGER_PORT, Stage } from './rig/stage.ts';
import { expectNothingElse, expectStory, type Told } from './rig/story.ts';

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

  beforeEach(async () => {
    link = await TcpProxy.open(LINK_PORT, MANAGER_PORT);
    stage = await Stage.set(version, link);
    alice = await stage.phone('1001');
    bob = await stage.phone('1002');
    carol = await stage.phone('1003');
    dora = await stage.phone('1004');
  });

  afterEach(async () => {
    await stage?.strike();
    link?.close();
  });

  /** Settles when the plugin sees Asterisk again, after what it has told so far. */
  const seenAgain = (from: number) =>
    stage.receiver.until(({ event_type }) => event_type === 'pbx.connected', from);

  test('a call that ended while the link was cut is ended, and one that began is started, as inferred', async () => {
    const events = await stage.eventsOf(
      async () => {
        const from = stage.receiver.events.length;
        const [call, taken] = await converse(alice, '1002', bob);
        await untilTold(stage, 'call.answered', from);
        link.cut();
        await call.hangUp();
        await taken.ended;
        const [younger] = await converse(carol, '1004', dora);
        link.heal();
        await seenAgain(from);
        await pause(A_MOMENT_MS);
        await younger.hangUp();
      },
      'call.ended',
      2,
    );
    expectStory(
      events,
      [
        {
          each: toBob,
          told: [
            ...answeredByBob,
            ['call.ended', { inferred: true, answered_by: '1002', hangup_by: undefined }],
          ],
        },
        {
          each: { from_extension: '1003', to_extension: '1004', direction: 'internal' },
          told: [
            ['call.started', { inferred: true }],
            ['call.answered', { inferred: true, answered_by: '1004' }],
            ['call.ended', { disposition: 'answered', hangup_by: 'caller' }],
          ],
        },
      ],
      lostAndFound,
    );
    expectNothingElse(stage);
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
    expectNothingElse(stage);
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
    expectNothingElse(stage);
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
    expectNothingElse(stage);
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
    expectNothingElse(stage);
  });

  test('a phone that was registered before the plugin died is not told as new', async () => {
    const events = await stage.eventsOf(async () => {
      await stage.plugin.kill();
      await stage.plugin.startAgain();
    });
    expectStory(events, [], [['pbx.connected']]);
    expectNothingElse(stage);
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
