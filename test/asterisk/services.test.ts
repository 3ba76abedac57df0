import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutgoingCall } from './phone/call.ts';
import { converse, reach } from './phone/conversation.ts';
import { answersAfter, busy, type Phone, rings } from './phone/phone.ts';
import type { ReceivedEvent } from './rig/receiver.ts';
import { describeOnEachAsterisk, Stage } from './rig/stage.ts';
import { beside, type CallStory, expectNothingElse, expectStory, type Told } from './rig/story.ts';

/** Between two acts of people; long enough that durations are not zero. */
const A_WHILE_MS = 800;

/** voicemail.conf: what is shorter is no message. */
const A_MESSAGE_MS = 2_500;

describeOnEachAsterisk('voicemail, queues, pages and conferences', (version) => {
  let stage: Stage;
  let alice: Phone;
  let bob: Phone;
  let carol: Phone;

  beforeAll(async () => {
    stage = await Stage.set(version);
    [alice, bob, carol] = await Promise.all([stage.phone('1001'), stage.phone('1002'), stage.phone('1003')]);
  });

  afterAll(() => stage?.strike());

  test('a message that is left ends the call as voicemail, and tells mailbox, sender and place', async () => {
    bob.whenCalled = busy;
    const events = await stage.eventsOf(async () => {
      const beep = heard(stage, 'beep');
      const call = await reach(alice.call('1002'));
      await beep;
      call.speak();
      await pause(A_MESSAGE_MS);
      await call.hangUp();
    }, 'call.ended');
    const message = {
      extension: '1002',
      caller_id: '1001',
      caller_name: 'Alice Adams',
      folder: 'INBOX',
      new_count: 1,
      old_count: 0,
      duration: expect.toSatisfy((seconds: number) => seconds >= 1 && seconds <= A_MESSAGE_MS / 1000 + 1),
      message_id: expect.stringMatching(/./),
      file_path: expect.stringMatching(/\/voicemail\/default\/1002\/INBOX\/msg0000/),
    };
    expectStory(events, [
      {
        each: { from_extension: '1001', to_extension: '1002', direction: 'internal' },
        told: [
          ['call.started'],
          ['voicemail.new', message],
          ['call.ended', { disposition: 'voicemail', hangup_by: 'caller' }],
        ],
      },
    ]);
  });

  /** Bob opens his mailbox, presses `keys` one after the other when he hears what stands beside them, hangs up. */
  async function visit(...keys: [key: string, after: string | RegExp][]): Promise<ReceivedEvent[]> {
    return stage.eventsOf(async () => {
      const asked = heard(stage, 'vm-password');
      const call = await reach(bob.call('8500'));
      await asked;
      for (const [key, after] of keys) {
        const next = heard(stage, after);
        await call.press(key);
        await next;
      }
      await pause(A_WHILE_MS);
      await call.hangUp();
    }, 'call.ended');
  }

  const login: [string, string] = ['2222#', 'vm-message'];
  const message = /INBOX\/msg0000|Old\/msg0000/;

  test('a message that is listened to is read', async () => {
    expectStory(await visit(login, ['1', message]), [
      ofMailbox('voicemail.read', { extension: '1002', new_count: 0, old_count: 1 }),
    ]);
  });

  test('a message that is thrown away is deleted', async () => {
    expectStory(await visit(login, ['1', message], ['7', 'vm-deleted']), [
      ofMailbox('voicemail.deleted', { extension: '1002', new_count: 0, old_count: 0 }),
    ]);
  });

  test('a caller whom an agent of a queue takes is told as added and answered', async () => {
    const events = await stage.eventsOf(async () => {
      const [call, taken] = await converse(alice, '*45', bob);
      await pause(A_WHILE_MS);
      await call.hangUp();
      await taken.ended;
    }, 'call.ended');
    const agent = { queue: 'support', agent: 'Bob Brown', agent_extension: '1002' };
    const complete: Told = ['queue.agent_complete', { ...agent, talk_seconds: expect.any(Number) }];
    const told: Told[] = [
      ['call.started'],
      ['call.ringing', { to_extension: '1002' }],
      ['call.answered', { answered_by: '1002', queue: 'support' }],
      ['call.ended', { disposition: 'answered', hangup_by: 'caller', answered_by: '1002' }],
      ['queue.call_added', { queue: 'support', position: 1, waiting_count: 1, caller_id: '1001' }],
      ['queue.agent_ringing', agent],
      ['queue.call_answered', { ...agent, wait_seconds: expect.any(Number) }],
    ];
    // A queue looks both channels up once it hears of a hangup; with 16 they were seen to be gone by then, and the call.
    if (version === 16 && beside(events).length > 0)
      expectStory(events, [{ each: toQueue, told }], [complete]);
    else expectStory(events, [{ each: toQueue, told: [...told, complete] }]);
  });

  test('a caller who hangs up while waiting is told as abandoned', async () => {
    bob.whenCalled = rings;
    const events = await stage.eventsOf(async () => {
      const ringing = bob.nextCall();
      const call = await reach(alice.call('*45'));
      await ringing;
      await pause(A_WHILE_MS);
      await call.hangUp();
    }, 'call.ended');
    expectStory(events, [
      {
        each: toQueue,
        told: [
          ['call.started'],
          ['call.ringing', { to_extension: '1002' }],
          ['call.missed', { to_extension: '1002' }],
          ['call.ended', { disposition: 'abandoned', hangup_by: 'caller' }],
          ['queue.call_added', { queue: 'support', position: 1, waiting_count: 1 }],
          ['queue.agent_ringing', { agent: 'Bob Brown' }],
          ['queue.call_abandoned', { queue: 'support', position: 1, original_position: 1 }],
        ],
      },
    ]);
  });

  test('a page of two is a page: no conference, nobody answered, nobody missed it', async () => {
    bob.whenCalled = answersAfter(100);
    carol.whenCalled = answersAfter(200);
    const events = await stage.eventsOf(async () => {
      const both = Promise.all([bob.nextCall(), carol.nextCall()]);
      const call = await reach(alice.call('77'));
      const phones = await both;
      await pause(2 * A_WHILE_MS);
      await call.hangUp();
      await Promise.all(phones.map(({ ended }) => ended));
    }, 'call.ended');
    const page = { paged_by: '1001', page_extension: '77', page_id: events[1]?.data['page_id'] };
    const targets = ['1002', '1003'];
    const takers = expect.toSatisfy((phones: string[]) => phones.toSorted().join() === targets.join());
    expectStory(events, [
      {
        each: { from_extension: '1001', to_extension: '77', direction: 'internal' },
        told: [
          ['call.started'],
          ['call.ended', { disposition: 'application', hangup_by: 'caller' }],
          ['paging.started', { ...page, targets }],
          ['paging.ended', { ...page, targets, duration: expect.any(Number), answered_by: takers }],
        ],
      },
    ]);
  });

  describe('a conference of three', () => {
    let events: ReceivedEvent[];

    beforeAll(async () => {
      events = await stage.eventsOf(
        async () => {
          const calls: OutgoingCall[] = [];
          for (const [index, phone] of [alice, bob, carol].entries()) {
            const joined = stage.receiver.until(isJoin, stage.receiver.events.length, 1);
            calls.push(await reach(phone.call('9000')));
            if (index > 0) {
              await joined;
            }
          }
          await stage.receiver.until(isJoin, 0, 3); // the first one hears first that he is alone
          for (const call of calls) {
            await call.hangUp();
          }
        },
        'call.ended',
        3,
      );
    });

    test('tells of each caller a call, and when he joins and leaves', () => {
      expectStory(
        events,
        ['1001', '1002', '1003'].map((participant) => ({
          each: { from_extension: participant, to_extension: '9000', direction: 'internal' },
          told: [
            ['call.started'],
            ['call.ended', { disposition: 'application', hangup_by: 'caller' }],
            [
              'conference.participant_joined',
              { conference: '9000', participant, admin: false, muted: false },
            ],
            ['conference.participant_left', { conference: '9000', participant }],
          ],
        })),
        [
          ['conference.started', { conference: '9000' }],
          ['conference.ended', { conference: '9000', participants_total: 3, peak_participants: 3 }],
        ],
      );
    });

    test('counts who is in it', () => {
      // Of several calls, events may arrive in another order than they happened in.
      const inOrder = events.toSorted((one, other) => one.timestamp.localeCompare(other.timestamp));
      const counts = inOrder.flatMap(({ data }) => data['participant_count'] ?? []);
      expect(counts).toEqual([1, 2, 3, 2, 1, 0]);
    });
  });

  test('a recorded call names its recording', async () => {
    const events = await stage.eventsOf(async () => {
      const [call] = await converse(alice, '640', bob);
      call.speak();
      await pause(A_WHILE_MS);
      await call.hangUp();
    }, 'recording.completed');
    const recording = expect.stringMatching(/\/monitor\/\d+\.\d+\.wav$/);
    expectStory(events, [
      {
        each: { from_extension: '1001', to_extension: '640' },
        told: [
          ['call.started'],
          ['call.ringing', { to_extension: '1002' }],
          ['call.answered', { answered_by: '1002' }],
          ['call.ended', { disposition: 'answered', recording }],
          ['recording.completed', { file_path: recording }],
        ],
      },
    ]);
  });

  test('nothing else was told, nothing twice, and every POST verified', () => expectNothingElse(stage));
});

const toQueue = { from_extension: '1001', to_extension: '*45', direction: 'internal' };

/** Bob's visit to his mailbox, and what came of it. */
function ofMailbox(type: string, data: Readonly<Record<string, unknown>>): CallStory {
  return {
    each: { from_extension: '1002', to_extension: '8500' },
    told: [
      ['call.started'],
      [type, data],
      ['call.ended', { disposition: 'application', hangup_by: 'caller' }],
    ],
  };
}

function isJoin({ event_type }: ReceivedEvent): boolean {
  return event_type === 'conference.participant_joined';
}

/** Settles when Asterisk next plays this sound to somebody. */
async function heard(stage: Stage, sound: string | RegExp): Promise<void> {
  await stage.asterisk.manager.next((packet) => {
    const played = packet.get('State') === 'PLAYBACK' ? (packet.get('Message') ?? '') : '';
    return typeof sound === 'string' ? played === sound : sound.test(played);
  });
}
