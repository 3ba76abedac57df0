import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { converse } from './phone/conversation.ts';
import type { Phone } from './phone/phone.ts';
import { describeOnEachAsterisk, Stage } from './rig/stage.ts';
import { expectNothingElse, expectStory } from './rig/story.ts';

/** Asterisk writes contacts to disk once a second. */
const WRITTEN_MS = 1_500;

describeOnEachAsterisk('an Asterisk that goes away in mid-call and comes back', (version) => {
  let stage: Stage;
  let alice: Phone;
  let bob: Phone;

  beforeAll(async () => {
    stage = await Stage.set(version);
    [alice, bob] = await Promise.all([stage.phone('1001'), stage.phone('1002')]);
  });

  afterAll(() => stage?.strike());

  const talkedAndEnded = (end: Readonly<Record<string, unknown>>) => ({
    each: { from_extension: '1001', to_extension: '1002', direction: 'internal' },
    told: [
      ['call.started'],
      ['call.ringing', { to_extension: '1002' }],
      ['call.answered', { answered_by: '1002' }],
      ['call.ended', { answered_by: '1002', ...end }],
    ] as const,
  });

  test('`core restart now` ends the call once, and registrations that Asterisk kept are not new', async () => {
    const events = await stage.eventsOf(async () => {
      const from = stage.receiver.events.length;
      await converse(alice, '1002', bob);
      await stage.asterisk.restart();
      await stage.receiver.until(({ event_type }) => event_type === 'pbx.connected', from);
    }, 'call.ended');
    expectStory(
      events,
      [talkedAndEnded({ disposition: 'answered', hangup_by: 'system' })],
      [['pbx.disconnected'], ['pbx.connected']],
    );
    expectNothingElse(stage);
  });

  test('a killed Asterisk ends the call once, as inferred, when it is back', async () => {
    const events = await stage.eventsOf(async () => {
      const from = stage.receiver.events.length;
      await converse(alice, '1002', bob);
      await pause(WRITTEN_MS);
      await stage.asterisk.kill();
      await stage.asterisk.bootAgain();
      await stage.receiver.until(({ event_type }) => event_type === 'pbx.connected', from);
    }, 'call.ended');
    expectStory(events, [talkedAndEnded({ inferred: true })], [['pbx.disconnected'], ['pbx.connected']]);
    expectNothingElse(stage);
  });
});
