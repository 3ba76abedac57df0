import { z } from 'zod';
import type { Micros } from '../util/clock.ts';
import { maybe } from './memory.ts';

/** How many messages a mailbox has; urgent ones are new ones. */
export interface Counts {
  readonly newCount: number;
  readonly oldCount: number;
}

/** What a PBX answers when asked for the counts of its mailboxes. */
export interface ListedMailbox extends Counts {
  /** `1002@default` */
  readonly mailbox: string;
}

/** A message as its PBX keeps it. What is unknown is undefined. */
export interface VoiceMessage {
  /** Stays the same when the message moves; old PBXs gave none. */
  readonly id: string | undefined;
  /** `filed`: kept in a folder that counts neither as new nor as old. */
  readonly status: 'new' | 'old' | 'filed';
  /** `INBOX`, `Urgent`, `Old`, `Work` … */
  readonly folder: string;
  readonly callerNumber: string | undefined;
  readonly callerName: string | undefined;
  /** Seconds. */
  readonly duration: number | undefined;
  /** Path of its audio. */
  readonly file: string | undefined;
  readonly receivedAt: Micros | undefined;
}

/**
 * A mailbox as subscribers know it: told to them, or taken over silently. Plain data, so that it can be kept over a
 * restart.
 */
export interface MailboxState {
  readonly counts: Counts;
  /** What made up these counts; undefined where only they are known. */
  readonly messages: readonly VoiceMessage[] | undefined;
}

const written = z.object({
  counts: z.object({ newCount: z.number(), oldCount: z.number() }),
  messages: maybe(
    z.array(
      z.object({
        id: maybe(z.string()),
        status: z.enum(['new', 'old', 'filed']),
        folder: z.string(),
        callerNumber: maybe(z.string()),
        callerName: maybe(z.string()),
        duration: maybe(z.number()),
        file: maybe(z.string()),
        receivedAt: maybe(z.custom<Micros>(Number.isSafeInteger)),
      }),
    ),
  ),
});

/** The state of a mailbox as it was written down; undefined if it is none. */
export function readMailbox(state: unknown): MailboxState | undefined {
  return written.safeParse(state).data;
}

export function sameMailbox(one: MailboxState, other: MailboxState): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export interface Change {
  readonly type: 'voicemail.new' | 'voicemail.read' | 'voicemail.deleted';
  /** Which one, if that is known. */
  readonly message: VoiceMessage | undefined;
}

export function sameCounts(one: Counts, other: Counts): boolean {
  return one.newCount === other.newCount && one.oldCount === other.oldCount;
}

export function countsOf(messages: Iterable<VoiceMessage>): Counts {
  let newCount = 0;
  let oldCount = 0;
  for (const { status } of messages) {
    if (status === 'new') newCount += 1;
    else if (status === 'old') oldCount += 1;
  }
  return { newCount, oldCount };
}

/** What became of each message. */
function changesByMessage(
  before: ReadonlyMap<string, VoiceMessage>,
  now: ReadonlyMap<string, VoiceMessage>,
): Change[] {
  const gone = new Map(before);
  const changes: Change[] = [];
  for (const [name, message] of now) {
    // It may have been given an id since.
    const earlierName = gone.has(name) ? name : markOf(message);
    const earlier = gone.get(earlierName);
    gone.delete(earlierName);
    if (earlier === undefined) changes.push({ type: 'voicemail.new', message });
    if ((earlier === undefined || earlier.status === 'new') && message.status !== 'new') {
      changes.push({ type: 'voicemail.read', message });
    }
  }
  for (const message of gone.values()) changes.push({ type: 'voicemail.deleted', message });
  return inOrder(changes);
}

/** Someone's call to a mailbox: to the menu, or to leave messages. */
export interface Visit {
  /** Messages that are known to have been left. */
  readonly left: number;
}

/** Changes, and the counts that they lead to. */
export interface Changes {
  readonly changes: readonly Change[];
  /** Those of now, but for copies whose originals are still there. */
  readonly counts: Counts;
}

/** What became of a mailbox that now has these counts, and these messages if they are known. */
export function changesOf(
  before: MailboxState | undefined,
  counts: Counts,
  messages: readonly VoiceMessage[] | undefined,
  visit: Visit | undefined,
): Changes {
  const listed = messages && byName(messages);
  const now = listed === undefined ? counts : countsOf(listed.values());
  if (before?.messages !== undefined && listed !== undefined) {
    return { changes: changesByMessage(byName(before.messages), listed), counts: now };
  }
  const left = visit?.left ?? 0;
  const earlier = before?.counts ?? { newCount: now.newCount - left, oldCount: now.oldCount };
  // Who has more new messages than before did not end a visit to the menu, but left one, also if no file was told.
  const hasVisited = visit !== undefined && left === 0 && now.newCount <= earlier.newCount;
  const counted = changesByCounts(earlier, now, left, hasVisited || listed !== undefined);
  return listed === undefined ? counted : { ...counted, changes: described(counted.changes, listed) };
}

/**
 * What counts tell when they are all that is known.
 *
 * @param left messages that someone is known to have left in between
 * @param isVisitOver whether this is what a visit to the mailbox led to. Otherwise someone may be in the menu, who
 *   saves a message: it is copied first and removed when the visit ends. So what grows the old ones and takes no
 *   new one is half of a move, and waits for the other half.
 */
function changesByCounts(before: Counts, now: Counts, left: number, isVisitOver: boolean): Changes {
  const olds = now.oldCount - before.oldCount;
  const all = now.newCount - before.newCount + olds - left;
  const copies = isVisitOver ? 0 : Math.max(0, Math.min(olds, all));
  const changes = [
    ...times(left + Math.max(0, all - copies), 'voicemail.new'),
    ...times(Math.max(0, olds - copies), 'voicemail.read'),
    ...times(Math.max(0, -all), 'voicemail.deleted'),
  ];
  return { changes, counts: { newCount: now.newCount, oldCount: now.oldCount - copies } };
}

/**
 * Finds the messages of changes that counts told, where it is known what lies in the mailbox now but not what lay
 * there before: who comes to a folder comes to its end. A message that is gone can't be found.
 */
function described(changes: readonly Change[], listed: ReadonlyMap<string, VoiceMessage>): Change[] {
  const messages = [...listed.values()];
  const news = messages.filter(({ status }) => status === 'new').sort(byAge);
  const olds = messages.filter(({ status }) => status === 'old');
  const count = (type: Change['type']): number => changes.filter((change) => change.type === type).length;
  const arrived = lastOf(news, count('voicemail.new'));
  const read = lastOf(olds, count('voicemail.read'));
  return changes.map(({ type }) => {
    if (type === 'voicemail.new') return { type, message: arrived.shift() };
    return { type, message: type === 'voicemail.read' ? read.shift() : undefined };
  });
}

const ORDER: readonly Change['type'][] = ['voicemail.new', 'voicemail.read', 'voicemail.deleted'];

function inOrder(changes: readonly Change[]): Change[] {
  return ORDER.flatMap((type) => changes.filter((change) => change.type === type));
}

/**
 * Each message once, whatever copies of it there are: one that is being saved lies in two folders for a while, and one
 * that was saved twice is there twice. It is new as long as any copy is.
 */
function byName(messages: readonly VoiceMessage[]): Map<string, VoiceMessage> {
  const named = new Map<string, VoiceMessage>();
  for (const message of messages) {
    const name = message.id ?? markOf(message);
    if (named.get(name)?.status !== 'new') named.set(name, message);
  }
  return named;
}

/** What tells a message without an id from others. */
function markOf({ receivedAt, callerNumber, callerName, duration }: VoiceMessage): string {
  return JSON.stringify([receivedAt, callerNumber, callerName, duration]);
}

function times(count: number, type: Change['type']): Change[] {
  return Array.from({ length: count }, () => ({ type, message: undefined }));
}

function lastOf<T>(items: readonly T[], count: number): T[] {
  return count === 0 ? [] : items.slice(-count);
}

/** As listed where no times are known. */
function byAge(one: VoiceMessage, other: VoiceMessage): number {
  return (one.receivedAt ?? 0) - (other.receivedAt ?? 0);
}
