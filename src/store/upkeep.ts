import type { DeliveryId, EventPosition, SubscriptionId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';

/**
 * Changes to many rows are made in steps: each is a transaction that takes about ten milliseconds, so that publishing
 * and settling go on in between, and that a kill leaves every row either changed or as it was. Whoever asks repeats
 * until a step says no `next`.
 */

/** Which dead letters; a filter that is absent lets all pass. */
export interface DeadFilter {
  readonly ids?: readonly DeliveryId[] | undefined;
  readonly subscriptionId?: SubscriptionId | undefined;
  /** Patterns, as in a subscription's `events`. */
  readonly types?: readonly string[] | undefined;
  /** Made at this time or later. */
  readonly since?: Micros | undefined;
  /** Made before this time. */
  readonly until?: Micros | undefined;
}

export interface DeadStep extends DeadFilter {
  /** Only ids above this one: the `next` of the step before; 0 for the first. */
  readonly after: DeliveryId;
  /** No ids above this one, so that what dies again meanwhile is not taken twice. */
  readonly upTo: DeliveryId;
}

export interface StepResult {
  /** How many deliveries it changed, of each subscription that had any. */
  readonly changed: ReadonlyMap<SubscriptionId, number>;
  /** Undefined when all is done. */
  readonly next?: DeliveryId | undefined;
}

/** What became of the wish to send one delivery again. */
export type RetryResult =
  | { readonly kind: 'retried'; readonly subscriptionId: SubscriptionId; readonly waited: boolean }
  | { readonly kind: 'delivered' | 'removed' | 'unknown' };

/** A new delivery of a kept event. */
export interface Redelivery {
  readonly id: DeliveryId;
  readonly event: EventPosition;
}

/** What waits for one subscription and is not to be sent any more. */
export interface SkipStep {
  readonly subscriptionId: SubscriptionId;
  readonly endedAt: Micros;
  /** No ids above this one. */
  readonly upTo: DeliveryId;
}

/** Removes what has ended, the oldest events first; never what waits, a dead letter, nor an event of either. */
export interface PruneStep {
  /** Only events accepted before, and of their deliveries those that ended before. */
  readonly before: Micros;
  /** The `next` of the step before. */
  readonly after?: EventPosition | undefined;
  /** Stops once no more bytes than these are in use. */
  readonly downTo?: number | undefined;
}

export interface PruneResult {
  readonly events: number;
  readonly deliveries: number;
  /** Undefined when nothing is left to remove. */
  readonly next?: EventPosition | undefined;
}

/** In bytes; the write-ahead log is not counted. */
export interface StoreSize {
  /** What the file takes on the disk. It never shrinks: what is freed is used again. */
  readonly file: number;
  /** What of it is in use. */
  readonly used: number;
}
