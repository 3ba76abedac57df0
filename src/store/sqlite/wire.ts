import { pushAttempt } from '../../model/attempt-fields.ts';
import type { SubscriptionId } from '../../model/ids.ts';
import type { Memo } from '../../model/memo.ts';
import type { Subscription } from '../../model/subscription.ts';
import type { Field } from '../../util/fields.ts';
import type {
  DeliveryQuery,
  DeliveryRecord,
  DuePage,
  DueQuery,
  OldestPending,
  Publication,
  Settlement,
  StoreErrorCode,
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
  | { readonly op: 'memos' }
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
  | { readonly op: 'deliveries'; readonly records: readonly DeliveryRecord[] }
  | { readonly op: 'memos'; readonly memos: readonly Memo[] }
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
}

export function publishUnit(publications: readonly Publication[], memos: readonly Memo[]): WriteUnit {
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
  return { kind: 'publish', fields };
}

export function settleUnit(settlements: readonly Settlement[]): WriteUnit {
  const fields: Field[] = [];
  for (const { id, subscriptionId, attempt, next } of settlements) {
    const endedAt = attempt.startedAt + Math.round(attempt.durationMs * 1000);
    fields.push(
      id,
      subscriptionId,
      STATE_NUMBERS[next.state],
      next.state === 'pending' ? next.dueAt : endedAt,
    );
    pushAttempt(fields, attempt);
  }
  return { kind: 'settle', fields };
}
