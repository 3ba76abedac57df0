import type { Attempt, Delivery, DeliveryState } from '../model/delivery.ts';
import type { PublishedEvent } from '../model/event.ts';
import type { DeliveryId, EventId, SubscriptionId } from '../model/ids.ts';
import type { Subscription, SubscriptionStats } from '../model/subscription.ts';
import type { Micros } from '../util/clock.ts';
import { CodedError } from '../util/error.ts';

/** What the engine has to know of earlier runs before it hands out the first id. */
export interface StoreState {
  /** Epoch milliseconds of the newest event id ever committed; a new id is never at or below it after a start. */
  readonly lastEventMs: number;
  /** Newest delivery id ever committed. */
  readonly lastDeliveryId: DeliveryId;
}

/** A delivery as it is made: one event to one subscription, due at once. */
export interface NewDelivery {
  readonly id: DeliveryId;
  readonly subscriptionId: SubscriptionId;
}

/** A pending delivery with all that sending it takes. */
export interface DueDelivery {
  readonly id: DeliveryId;
  readonly subscriptionId: SubscriptionId;
  readonly eventId: EventId;
  readonly eventType: string;
  readonly body: string;
  readonly callId?: string | undefined;
  readonly occurredAt: Micros;
  readonly attempts: number;
  readonly dueAt: Micros;
}

/** What an attempt made of its delivery. */
export interface Settlement {
  readonly id: DeliveryId;
  readonly subscriptionId: SubscriptionId;
  readonly attempt: Attempt;
  readonly next:
    | { readonly state: 'delivered' }
    | { readonly state: 'dead' }
    | { readonly state: 'pending'; readonly dueAt: Micros };
}

export interface DeliveryRecord extends Delivery {
  readonly eventType: string;
  readonly history: readonly Attempt[];
}

/** Why the store could not do what was asked; nothing of the request was kept. */
export type StoreErrorCode =
  | 'store_unwritable'
  | 'store_full'
  | 'store_locked'
  | 'store_corrupt'
  | 'store_newer'
  | 'store_closed'
  | 'store_failed';

export class StoreError extends CodedError<StoreErrorCode> {}

/**
 * Where events, deliveries and subscriptions are kept. A promise resolves when what it stands for survives a
 * power cut, and rejects with a {@link StoreError} when nothing of it was kept. Writes are grouped: one
 * transaction for all that gathered while the one before it was written.
 */
export interface Store {
  /** Opens or creates the database and checks that it is whole. */
  open(): Promise<StoreState>;
  /** Writes what is still gathered and closes; later calls are refused with `store_closed`. */
  close(): Promise<void>;

  /** Event first, then its deliveries, in one transaction. */
  publish(event: PublishedEvent, deliveries: readonly NewDelivery[]): Promise<void>;
  settle(settlement: Settlement): Promise<void>;
  /** Pending deliveries of one subscription due by `by`, oldest id first, ids above `after`; at most `limit`. */
  due(query: {
    readonly subscriptionId: SubscriptionId;
    readonly by: Micros;
    readonly after: DeliveryId;
    readonly limit: number;
  }): Promise<readonly DueDelivery[]>;
  /** When the next pending delivery of the subscription is due; undefined when none waits. */
  nextDue(subscriptionId: SubscriptionId): Promise<Micros | undefined>;

  subscriptions(): Promise<
    readonly { readonly subscription: Subscription; readonly stats: SubscriptionStats }[]
  >;
  saveSubscription(subscription: Subscription): Promise<void>;
  /** Removes the subscription and what waits for it. */
  removeSubscription(id: SubscriptionId): Promise<void>;

  deliveries(query: {
    readonly subscriptionId?: SubscriptionId | undefined;
    readonly state?: DeliveryState | undefined;
    readonly before?: DeliveryId | undefined;
    readonly limit: number;
  }): Promise<readonly DeliveryRecord[]>;
}
