import { describe, expect, it } from 'vitest';
import type { CallId } from '../../../src/model/ids.ts';
import { MailboxListings } from '../../../src/source/mailbox-listings.ts';
import type { ChannelId, Fact, VoicemailFact } from '../../../src/telephony/facts.ts';
import type { VoiceMessage } from '../../../src/telephony/mailbox.ts';
import { type Micros, microsFromMs } from '../../../src/util/clock.ts';
import { deferred } from '../../../src/util/deferred.ts';
import { FakeClock } from '../../support/clock.ts';
import { createRecorder } from '../../support/recorder.ts';

type Listed = Extract<VoicemailFact, { kind: 'voicemail.listed' }>;
type Messages = readonly VoiceMessage[] | undefined;

const NEW: VoiceMessage = {
  id: 'a',
  status: 'new',
  folder: 'INBOX',
  callerNumber: '1001',
  callerName: undefined,
  duration: 3,
  file: undefined,
  receivedAt: undefined,
};

const CHANNEL = {
  id: '1800000000.1' as ChannelId,
  name: 'PJSIP/1001-00000001',
  callId: '1800000000.1' as CallId,
  state: 'up',
  callerNumber: '1001',
  callerName: undefined,
  exten: '*1002',
  accountCode: undefined,
} as const;

/** Listings whose queries are answered by hand, in the order in which they come. */
function desk() {
  const clock = new FakeClock();
  const listed = createRecorder<Listed>();
  const asked: string[] = [];
  const answers: ((messages: Messages) => void)[] = [];
  const listings = new MailboxListings({
    clock,
    query(mailbox) {
      const answer = deferred<Messages>();
      asked.push(mailbox);
      answers.push(answer.resolve);
      return answer.promise;
    },
    onListed: (fact) => listed.add(fact),
  });
  const counted = (mailbox: string, newCount: number, by?: 'channel', at = clock.now()): Fact =>
    listings.notice({
      kind: 'voicemail.counted',
      at,
      mailbox,
      newCount,
      oldCount: 0,
      channel: by && CHANNEL,
    });
  return { clock, listings, listed, asked, answers, counted };
}

describe('listings of mailboxes', () => {
  it('are asked for when counts change, which say so and are not held up', async () => {
    const { counted, answers, asked, listed } = desk();
    expect(counted('1002@default', 0)).not.toHaveProperty('listingFollows');
    expect(counted('1002@default', 1)).toMatchObject({ listingFollows: true, newCount: 1 });
    expect(asked).toEqual(['1002@default']);
    answers[0]?.([NEW]);
    expect(await listed.first(() => true)).toMatchObject({ mailbox: '1002@default', messages: [NEW] });
  });

  it('are not asked for counts that say the same again, as a PBX that boots or polls tells them', () => {
    const { counted, asked } = desk();
    for (let times = 0; times < 3; times += 1) counted('1002@default', 1);
    expect(asked).toEqual([]);
  });

  it('are asked for after each visit, as two changes may cancel in the counts', () => {
    const { counted, asked } = desk();
    expect(counted('1002@default', 1, 'channel')).toHaveProperty('listingFollows');
    expect(asked).toEqual(['1002@default']);
  });

  it('are begun when a message was recorded, a moment before its counts', () => {
    const { listings, counted, asked, clock } = desk();
    const file = '/var/spool/asterisk/voicemail/sales/500/INBOX/msg0000';
    listings.notice({ kind: 'voicemail.recorded', at: clock.now(), channel: CHANNEL, file });
    expect(counted('500@sales', 1, 'channel')).toHaveProperty('listingFollows');
    expect(asked).toEqual(['500@sales']);
  });

  it('are asked for one at a time, those first whose changes wait', async () => {
    const { listings, counted, asked, answers, listed } = desk();
    listings.ask('1@default', true);
    listings.ask('2@default', true);
    counted('3@default', 1, 'channel');
    expect(asked).toEqual(['1@default']);
    answers[0]?.([]);
    await listed.first(({ mailbox }) => mailbox === '1@default');
    answers[1]?.([]);
    await listed.first(({ mailbox }) => mailbox === '3@default');
    answers[2]?.([]);
    await listed.first(({ mailbox }) => mailbox === '2@default');
    expect(listed.all.map(({ mailbox, found }) => [mailbox, found])).toEqual([
      ['1@default', true],
      ['3@default', undefined],
      ['2@default', true],
    ]);
  });

  it('that do not make up the counts are asked for once more', async () => {
    const { counted, answers, asked, clock, listed } = desk();
    counted('1002@default', 1, 'channel');
    answers[0]?.([]);
    await listed.first(() => true);
    clock.advance(50);
    expect(asked).toHaveLength(2);
    answers[1]?.([]);
    await listed.first(() => listed.all.length === 2);
    expect(clock.waiting).toBe(0);
  });

  it('that take too long are given up, and the next mailbox has its turn', async () => {
    const { counted, asked, clock, listed } = desk();
    counted('1@default', 1, 'channel');
    counted('2@default', 1, 'channel');
    clock.advance(1_500);
    expect(await listed.first(() => true)).toMatchObject({ mailbox: '1@default', messages: undefined });
    expect(asked).toEqual(['1@default', '2@default']);
  });

  it('bear the time of the PBX, whatever clock it goes by', async () => {
    const { counted, answers, clock, listed } = desk();
    const anHourAhead = (clock.now() + microsFromMs(3_600_000)) as Micros;
    counted('1002@default', 1, 'channel', anHourAhead);
    answers[0]?.([NEW]);
    expect(await listed.first(() => true)).toMatchObject({ at: anHourAhead });
  });

  it('promise none where a hundred mailboxes wait', () => {
    const { counted } = desk();
    const promised = Array.from({ length: 150 }, (_, i) => counted(`${i}@default`, 1, 'channel'));
    expect(promised.filter((fact) => 'listingFollows' in fact)).toHaveLength(101);
  });

  it('end with their PBX', async () => {
    const { listings, counted, answers, clock, listed } = desk();
    counted('1002@default', 1, 'channel');
    listings.stop();
    answers[0]?.([NEW]);
    await Promise.resolve();
    clock.advance(10_000);
    expect(counted('1002@default', 2, 'channel')).not.toHaveProperty('listingFollows');
    expect(listed.all).toEqual([]);
  });
});
