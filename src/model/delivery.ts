import type { Micros } from '../util/clock.ts';
import type { DeliveryId, EventId, SubscriptionId } from './ids.ts';

/**
 * The life of a delivery (one event to one subscription):
 *
 *   pending ──attempt──> delivered            a 2xx, its body read in time
 *      │  └──attempt──> pending (due later)   a failed attempt, with attempts left
 *      ├─────attempt──> dead                  a failed attempt, none left: a dead letter, kept until someone
 *      │                                      retries (pending again) or deletes it
 *      └──────────────> expired               not sent any more: its event was older than `max_age` before it was
 *                                             delivered, or someone had it skipped
 *
 * One that someone retries goes on counting its attempts, so that none of its history is lost, and has as many left
 * as a new one.
 *
 * One whose filter could not be evaluated is dead from the start, with one attempt that says why and sent nothing.
 *
 * What was in flight at a crash is still `pending` on disk and is sent again under the same event id.
 */
export const DELIVERY_STATES = ['pending', 'delivered', 'dead', 'expired'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One HTTP request of a delivery and what came of it. */
export interface Attempt {
  /** 1, 2, 3 … within the delivery. */
  readonly number: number;
  readonly startedAt: Micros;
  readonly durationMs: number;
  readonly outcome: AttemptOutcome;
}

/** Expected failure is data: what can come of one POST. */
export type AttemptOutcome =
  | { readonly kind: 'response'; readonly response: AttemptResponse }
  | {
      readonly kind: 'error';
      readonly code: AttemptErrorCode;
      readonly message: string;
      readonly response?: AttemptResponse | undefined;
    };

/**
 * Why no complete response came; the message is what the guide's log line ends with. `exhausted`, this process had
 * no means left to connect, is never kept: it says nothing of the receiver, and the attempt is made again. `filter`
 * (`where` could not be evaluated) and `content` (no body could be made) sent nothing, and would fail again.
 */
export const ATTEMPT_ERROR_CODES = [
  'timeout',
  'connect',
  'network',
  'tls',
  'refused_address',
  'invalid',
  'aborted',
  'exhausted',
  'filter',
  'content',
] as const;
export type AttemptErrorCode = (typeof ATTEMPT_ERROR_CODES)[number];

/** After these no further attempt is made: the delivery is dead at once. */
export const FINAL_ERROR_CODES: ReadonlySet<AttemptErrorCode> = new Set<AttemptErrorCode>([
  'filter',
  'content',
]);

export interface AttemptResponse {
  readonly status: number;
  /** A JSON object, names in lower case, a repeated header as an array: only who shows it has to parse it. */
  readonly headers: string;
  /** First 16 KiB of the body, as text. */
  readonly body: string;
}

export interface Delivery {
  readonly id: DeliveryId;
  readonly eventId: EventId;
  readonly subscriptionId: SubscriptionId;
  readonly state: DeliveryState;
  /** Attempts made so far. */
  readonly attempts: number;
  /** When the next attempt is due; only of a pending one. */
  readonly dueAt?: Micros | undefined;
  readonly createdAt: Micros;
  readonly endedAt?: Micros | undefined;
}
