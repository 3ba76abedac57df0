import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { converse } from './phone/conversation.ts';
import type { Phone } from './phone/phone.ts';
import { isSkipped, Stage } from './rig/stage.ts';
import { expectNothingElse, expectStory } from './rig/story.ts';

const server = { address: '127.0.0.1', port: 5070 };

describe.skipIf(isSkipped(16))('phones of chan_sip, on a real Asterisk 16', () => {
  let stage: Stage;
  let alice: Phone;
  let ines: Phone;

  beforeAll(async () => {
    stage = await Stage.set(16);
    alice = await stage.phone('1001');
    ines = await stage.newPhone('2001', { address: '127.0.0.31', server });
  });

  afterAll(() => stage?.strike());

  const contact = { extension: '2001', ip_address: '127.0.0.31', port: 5060 };

  test('a first registration is told, a refresh is nothing', async () => {
    const events = await stage.eventsOf(async () => {
      expect(await ines.register(120)).toBe(200);
      expect(await ines.register(120)).toBe(200);
    });
    expectStory(events, [], [['extension.registered', { ...contact, contacts: 1 }]]);
  });

  test('a call between both drivers is one internal call', async () => {
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, '2001', ines);
      await taken.hangUp();
      await call.ended;
    }, 'call.ended');
    expectStory(events, [
      {
        each: { from_extension: '1001', to_extension: '2001', direction: 'internal' },
        told: [
          ['call.started'],
          ['call.ringing', { to_extension: '2001' }],
          ['call.answered', { answered_by: '2001' }],
          ['call.ended', { disposition: 'answered', hangup_by: 'callee', hangup_cause: 16 }],
        ],
      },
    ]);
  });

  test('so is the way back, with a hold', async () => {
    const events = await stage.eventsOf(async () => {
      const [call] = await converse(ines, '1001', alice);
      await call.hold();
      await call.resume();
      await call.hangUp();
    }, 'call.ended');
    expectStory(events, [
      {
        each: {
          from_extension: '2001',
          to_extension: '1001',
          direction: 'internal',
          caller_name: 'Ines Iva',
        },
        told: [
          ['call.started'],
          ['call.ringing', { to_extension: '1001' }],
          ['call.answered', { answered_by: '1001' }],
          ['call.hold', { held_by: '2001' }],
          ['call.resume', { resumed_by: '2001' }],
          ['call.ended', { disposition: 'answered', hangup_by: 'caller' }],
        ],
      },
    ]);
  });

  test('unregistering is told', async () => {
    const events = await stage.eventsOf(async () => expect(await ines.unregister()).toBe(200));
    expectStory(events, [], [['extension.unregistered', { extension: '2001', contacts: 0 }]]);
  });

  test('nothing else was told, nothing twice, and every POST verified', () => expectNothingElse(stage));
});
