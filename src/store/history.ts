import type { Attempt, Delivery, DeliveryState } from '../model/delivery.ts';
import type { PublishedEvent } from '../model/event.ts';
import type { CallId, DeliveryId, EventPosition, SubscriptionId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';

/**
 * What is kept, in pages. A page is bounded in rows, in size and in the time that it takes to find, so it may hold
 * fewer than asked for, even none, while there are more: only a page without `next` is the last one.
 */

/** Newest first. Every filter that is absent lets all pass. */
export interface DeliveryQuery {
  /** Also one that has been removed. */
  readonly subscriptionId?: SubscriptionId | undefined;
  readonly state?: DeliveryState | undefined;
  /** Patterns, as in a subscription's `events`. */
  readonly types?: readonly string[] | undefined;
  readonly callId?: CallId | undefined;
  /** Made at this time or later. */
  readonly since?: Micros | undefined;
  /** Made before this time. */
  readonly until?: Micros | undefined;
  /** Only ids below this one: the `next` of the page before. */
  readonly before?: DeliveryId | undefined;
  readonly limit: number;
}

export interface DeliveryRecord extends Delivery {
  readonly eventType: string;
  readonly callId?: CallId | undefined;
  /** Every attempt that is kept, the first one first. */
  readonly history: readonly Attempt[];
}

/** One that went in a batch. */
export interface BatchMember {
  readonly id: DeliveryId;
  /** Of the attempt, within this delivery. */
  readonly number: number;
  readonly event: PublishedEvent;
}

/** Deliveries of one subscription, by an attempt that they have in common. */
export interface BatchQuery extends Pick<Attempt, 'startedAt' | 'durationMs'> {
  readonly subscriptionId: SubscriptionId;
  /** Only ids behind this one. */
  readonly after: number;
  /** Only ids up to this one. */
  readonly upTo: number;
}

/** A batch, by the ids of its first and its last delivery that is kept. */
export interface BatchRange {
  readonly subscriptionId: SubscriptionId;
  readonly first: DeliveryId;
  readonly last: DeliveryId;
}

export interface DeliveryPage {
  readonly deliveries: readonly DeliveryRecord[];
  /** {@link DeliveryQuery.before} of the next page; undefined when this is the last. */
  readonly next?: DeliveryId | undefined;
}

export interface DeliveryDetail extends DeliveryRecord {
  readonly event: PublishedEvent;
}

/** Newest first. */
export interface EventQuery {
  /** Patterns, as in a subscription's `events`. */
  readonly types?: readonly string[] | undefined;
  readonly callId?: CallId | undefined;
  /** Accepted at this time (the one in its id) or later. */
  readonly since?: Micros | undefined;
  /** Accepted before this time. */
  readonly until?: Micros | undefined;
  /** The `next` of the page before. */
  readonly before?: EventPosition | undefined;
  readonly limit: number;
}

export interface EventPage {
  readonly events: readonly PublishedEvent[];
  /** Where the next page begins; undefined when this is the last. */
  readonly next?: EventPosition | undefined;
}

export interface EventDetail {
  readonly event: PublishedEvent;
  /** To each subscription, replays included; newest first. */
  readonly deliveries: readonly DeliveryRecord[];
}

/**
 * Kept events that may be sent to one subscription again, the oldest first. None whose delivery to it still waits:
 * it would come twice.
 */
export interface ReplayQuery {
  readonly subscriptionId: SubscriptionId;
  readonly types: readonly string[];
  readonly since?: Micros | undefined;
  readonly until: Micros;
  /** Only those with a delivery to this subscription that ended so. */
  readonly state?: EndState | undefined;
  /** The `next` of the page before. */
  readonly after?: EventPosition | undefined;
  readonly limit: number;
}

export type EndState = Exclude<DeliveryState, 'pending'>;
