import { pushAttempt } from '../../model/attempt-fields.ts';
import type { DeliveryId, EventId, SubscriptionId } from '../../model/ids.ts';
import type { Memo } from '../../model/memo.ts';
import type { Subscription } from '../../model/subscription.ts';
import type { Micros } from '../../util/clock.ts';
import type { Field } from '../../util/fields.ts';
import type {
  DeadStep,
  DeliveryDetail,
  DeliveryPage,
  DeliveryQuery,
  DuePage,
  DueQuery,
  EventDetail,
  EventPage,
  EventQuery,
  OldestPending,
  PruneResult,
  PruneStep,
  Publication,
  Redelivery,
  ReplayQuery,
  Retrying,
  RetryResult,
  Settlement,
  SkipStep,
  StepResult,
  StoreErrorCode,
  StoreSize,
  StoreState,
  SubscriptionRecord,
} from '../store.ts';
import { STATE_NUMBERS } from './schema.ts';

/** What the store asks its thread; answered in the order of asking. */
export type Request =
  | { readonly op: 'open'; readonly path: string }
  | { readonly op: 'write'; readonly units: readonly WriteUnit[] }
  | { readonly op: 'due'; readonly query: DueQuery }
  | { readonly op: 'oldest_pending' }
  | { readonly op: 'subscriptions' }
  | { readonly op: 'save'; readonly subscription: Subscription }
  | { readonly op: 'remove'; readonly subscriptionId: SubscriptionId }
  | { readonly op: 'deliveries'; readonly query: DeliveryQuery }
  | { readonly op: 'delivery'; readonly deliveryId: DeliveryId }
  | { readonly op: 'events'; readonly query: EventQuery }
  | { readonly op: 'event'; readonly eventId: EventId }
  | { readonly op: 'replayable'; readonly query: ReplayQuery }
  | { readonly op: 'retry'; readonly deliveryId: DeliveryId; readonly dueAt: Micros }
  | { readonly op: 'retry_dead'; readonly step: DeadStep; readonly dueAt: Micros }
  | { readonly op: 'delete_dead'; readonly step: DeadStep }
  | {
      readonly op: 'redeliver';
      readonly subscriptionId: SubscriptionId;
      readonly redeliveries: readonly Redelivery[];
      readonly dueAt: Micros;
    }
  | { readonly op: 'skip'; readonly step: SkipStep }
  | { readonly op: 'prune'; readonly step: PruneStep }
  | { readonly op: 'size' }
  | { readonly op: 'memos' }
  | { readonly op: 'retrying'; readonly subscriptionId: SubscriptionId }
  | { readonly op: 'close' };

export interface Call {
  readonly id: number;
  readonly request: Request;
}

export type Answer =
  | { readonly op: 'open'; readonly state: StoreState }
  /** All units but the refused ones are on disk; writing them took `ms`. */
  | { readonly op: 'write'; readonly refused: readonly Refusal[]; readonly ms: number }
  | { readonly op: 'due'; readonly page: DuePage }
  | { readonly op: 'oldest_pending'; readonly oldest: readonly OldestPending[] }
  | { readonly op: 'subscriptions'; readonly records: readonly SubscriptionRecord[] }
  | { readonly op: 'save' }
  | { readonly op: 'remove' }
  | { readonly op: 'deliveries'; readonly page: DeliveryPage }
  | { readonly op: 'delivery'; readonly delivery: DeliveryDetail | undefined }
  | { readonly op: 'events'; readonly page: EventPage }
  | { readonly op: 'replayable'; readonly page: EventPage }
  | { readonly op: 'event'; readonly event: EventDetail | undefined }
  | { readonly op: 'retry'; readonly result: RetryResult }
  | { readonly op: 'retry_dead'; readonly result: StepResult }
  | { readonly op: 'delete_dead'; readonly result: StepResult }
  | { readonly op: 'skip'; readonly result: StepResult }
  | { readonly op: 'redeliver'; readonly made: number }
  | { readonly op: 'prune'; readonly result: PruneResult }
  | { readonly op: 'size'; readonly size: StoreSize }
  | { readonly op: 'memos'; readonly memos: readonly Memo[] }
  | { readonly op: 'retrying'; readonly retrying: readonly Retrying[] }
  | { readonly op: 'close' };

export type Reply =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly error: Failure };

export interface Failure {
  readonly code: StoreErrorCode;
  readonly message: string;
}

/** Which unit of a write was not kept, and why. */
export interface Refusal extends Failure {
  readonly unit: number;
}

/** What is kept as a whole or not at all: what was published together, or the settlements of one call. */
export interface WriteUnit {
  readonly kind: 'publish' | 'settle';
  readonly fields: readonly Field[];
  /** What became of some of the published deliveries at once, as in a unit of settlements. */
  readonly ended?: readonly Field[];
}

export function publishUnit(
  publications: readonly Publication[],
  memos: readonly Memo[],
  ended: readonly Settlement[] = [],
): WriteUnit {
  const fields: Field[] = [memos.length];
  for (const { pbx, key, state } of memos) {
    fields.push(pbx, key, state);
  }
  for (const { event, deliveries } of publications) {
    fields.push(event.id, event.type, event.occurredAt, event.callId ?? null, event.body, deliveries.length);
    for (const { id, subscriptionId, dueAt } of deliveries) {
      fields.push(id, subscriptionId, dueAt);
    }
  }
  return ended.length === 0
    ? { kind: 'publish', fields }
    : { kind: 'publish', fields, ended: settleUnit(ended).fields };
}

export function settleUnit(settlements: readonly Settlement[]): WriteUnit {
  const fields: Field[] = [];
  for (const settlement of settlements) {
    const { id, subscriptionId, attempt, next } = settlement;
    fields.push(id, subscriptionId, STATE_NUMBERS[next.state], timeOf(settlement));
    if (attempt === undefined) {
      fields.push(...NO_ATTEMPT);
    } else {
      pushAttempt(fields, attempt);
    }
  }
  return { kind: 'settle', fields };
}

/** In the place of an attempt's eight fields; numbers of attempts begin with 1. */
const NO_ATTEMPT: readonly Field[] = [0, 0, 0, null, null, null, null, null];

/** When it is due again, or when it ended. */
function timeOf({ attempt, next }: Settlement): number {
  if (attempt === undefined) return next.endedAt;
  return next.state === 'pending' ? next.dueAt : attempt.startedAt + Math.round(attempt.durationMs * 1000);
}
