import type { DeliveryId, EventId, EventPosition, SubscriptionId } from '../../model/ids.ts';
import type { Memo } from '../../model/memo.ts';
import type { Subscription } from '../../model/subscription.ts';
import type { Micros } from '../../util/clock.ts';
import type {
  BatchMember,
  BatchQuery,
  BatchRange,
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
  Redelivery,
  ReplayQuery,
  Retrying,
  RetryResult,
  SkipStep,
  StepResult,
  StoreErrorCode,
  StoreSize,
  StoreState,
} from '../store.ts';
import type { StoredShape } from './request-shapes.ts';
import type { StoredSubscription } from './subscription-table.ts';
import type { PackedBatch } from './write-batch.ts';

interface Write {
  readonly op: 'write';
  readonly batch: PackedBatch;
}

/** What the store asks its thread; answered in the order of asking. */
export type Request =
  | { readonly op: 'open'; readonly path: string }
  /** Makes a database that was copied with its log one whole file. */
  | { readonly op: 'settle_copy'; readonly path: string }
  /** Looks whether it could be opened, instead of opening it. */
  | { readonly op: 'inspect'; readonly path: string }
  | Write
  | { readonly op: 'pass_over'; readonly position: EventPosition }
  | { readonly op: 'due'; readonly query: DueQuery }
  | { readonly op: 'oldest_pending' }
  | { readonly op: 'count_dead'; readonly most: number }
  | { readonly op: 'subscriptions' }
  | { readonly op: 'save'; readonly subscription: Subscription }
  | { readonly op: 'remove'; readonly subscriptionId: SubscriptionId }
  | { readonly op: 'keep_shapes'; readonly shapes: readonly StoredShape[] }
  | { readonly op: 'shape_at'; readonly subscriptionId: SubscriptionId; readonly time: Micros }
  | { readonly op: 'batch_members'; readonly query: BatchQuery }
  | { readonly op: 'batch_may_lack'; readonly range: BatchRange }
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
      readonly madeAt: Micros;
    }
  | { readonly op: 'skip'; readonly step: SkipStep }
  | { readonly op: 'prune'; readonly step: PruneStep }
  | { readonly op: 'size' }
  | { readonly op: 'memos' }
  | { readonly op: 'retrying'; readonly subscriptionId: SubscriptionId }
  | { readonly op: 'close' };

export type Answer =
  | { readonly op: 'open'; readonly state: StoreState }
  | { readonly op: 'settle_copy'; readonly problem: string | undefined }
  | { readonly op: 'inspect' }
  /** All units but the refused ones are on disk; writing them took `ms`. */
  | { readonly op: 'write'; readonly refused: readonly Refusal[]; readonly ms: number }
  | { readonly op: 'pass_over' }
  | { readonly op: 'due'; readonly page: DuePage }
  | { readonly op: 'oldest_pending'; readonly oldest: readonly OldestPending[] }
  | { readonly op: 'count_dead'; readonly count: number }
  | { readonly op: 'subscriptions'; readonly records: readonly StoredSubscription[] }
  | { readonly op: 'save' }
  | { readonly op: 'remove'; readonly waited: number }
  | { readonly op: 'keep_shapes' }
  | { readonly op: 'shape_at'; readonly shape: string | undefined }
  | { readonly op: 'batch_members'; readonly members: readonly BatchMember[] }
  | { readonly op: 'batch_may_lack'; readonly mayLack: boolean }
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

/**
 * A write crosses as its batch alone, and so does its answer as the milliseconds it took where all was kept: an object
 * takes either thread longer than all that such a message holds.
 */
export type Call = Exclude<Request, Write> | PackedBatch;
export type Reply = { readonly answer: Answer } | { readonly error: Failure } | number;

export function callOf(request: Request): Call {
  return request.op === 'write' ? request.batch : request;
}

export function requestIn(call: Call): Request {
  return 'op' in call ? call : { op: 'write', batch: call };
}

export function replyOf(answer: Answer): Reply {
  return answer.op === 'write' && answer.refused.length === 0 ? answer.ms : { answer };
}

export function replyIn(reply: Reply): Exclude<Reply, number> {
  return typeof reply === 'number' ? { answer: { op: 'write', refused: [], ms: reply } } : reply;
}

export interface Failure {
  readonly code: StoreErrorCode;
  readonly message: string;
}

/** Which unit of a write was not kept, and why. */
export interface Refusal extends Failure {
  readonly unit: number;
}
