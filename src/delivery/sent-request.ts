import type { Attempt, AttemptErrorCode } from '../model/delivery.ts';
import type { PublishedEvent } from '../model/event.ts';
import type { SubscriptionId } from '../model/ids.ts';
import type { Expressions } from '../util/expression/expressions.ts';
import type { BatchMember, DeliveryDetail, DeliveryHistory } from './history.ts';
import { previewOf, type RequestPreview } from './preview.ts';

/** The request of an attempt that was made. */
export interface SentRequest extends RequestPreview {
  /** How many events are in it. */
  readonly events: number;
  /** In what it may differ from what was sent; empty where it is the same. */
  readonly notes: readonly string[];
}

export type RequestHistory = Pick<DeliveryHistory, 'shapeAt' | 'batchMembers' | 'batchMayLack'>;

/** Ids looked through at a time, so that the store does other things in between. */
const LOOK = 2_500;

/** What went along lies no more ids than these behind what was found. */
const REACH = 20_000;

/** No batch is larger. */
const MOST_EVENTS = 1_000;

const NOT_SENT: ReadonlySet<AttemptErrorCode> = new Set(['filter', 'content', 'refused_address']);

const RANDOM = /\$(?:random|shuffle)\b/;

/**
 * Makes the request of an attempt anew, as the subscription was set then and as senders make it, with what is secret
 * left out. Undefined where it is no longer known how it was set.
 */
export async function sentRequest(
  history: RequestHistory,
  { id, subscriptionId, event }: DeliveryDetail,
  attempt: Attempt,
  expressions: Expressions,
): Promise<SentRequest | undefined> {
  const shape = await history.shapeAt(subscriptionId, attempt.startedAt);
  if (shape === undefined) return undefined;
  const own = { id, number: attempt.number, event };
  const batch =
    shape.batch === true
      ? await batchOf(history, subscriptionId, own, attempt)
      : { members: [own], notes: [] };
  const [first = event, ...others] = batch.members.map((member): PublishedEvent => member.event);
  const number = Math.max(...batch.members.map((member) => member.number));
  const preview = previewOf(
    shape,
    { events: [first, ...others], number, at: attempt.startedAt },
    expressions,
  );
  const { outcome } = attempt;
  const wasSent = outcome.kind === 'response' || !NOT_SENT.has(outcome.code);
  const isRandom = RANDOM.test(shape.transform ?? '');
  return {
    ...preview,
    events: batch.members.length,
    notes: [
      ...(wasSent ? [] : ['Nothing was sent: the attempt failed before.']),
      ...batch.notes,
      ...(isRandom ? ['The transform draws at random: what was sent was another draw.'] : []),
    ],
  };
}

interface Batch {
  /** In the order in which they were sent. */
  readonly members: readonly BatchMember[];
  readonly notes: readonly string[];
}

async function batchOf(
  history: RequestHistory,
  subscriptionId: SubscriptionId,
  own: BatchMember,
  { startedAt, durationMs }: Attempt,
): Promise<Batch> {
  const look = (after: number, upTo: number) =>
    history.batchMembers({ subscriptionId, startedAt, durationMs, after, upTo });
  const members = [own];
  for (let low = own.id - 1, reach = low - REACH; low > Math.max(0, reach) && isOpen(members); low -= LOOK) {
    const found = await look(Math.max(0, low - LOOK), low);
    members.unshift(...found);
    reach = (found[0]?.id ?? reach + REACH) - REACH;
  }
  for (let high: number = own.id, reach = high + REACH; high < reach && isOpen(members); high += LOOK) {
    const found = await look(high, high + LOOK);
    members.push(...found);
    reach = (found.at(-1)?.id ?? reach - REACH) + REACH;
  }
  const range = { subscriptionId, first: members[0]?.id ?? own.id, last: members.at(-1)?.id ?? own.id };
  const mayLack = isOpen(members) && (await history.batchMayLack(range));
  return {
    members,
    notes: mayLack ? ['Deliveries of that time have been removed: the batch may have held more events.'] : [],
  };
}

function isOpen(members: readonly BatchMember[]): boolean {
  return members.length < MOST_EVENTS;
}
