import type { Attempt } from '../model/delivery.ts';
import type { PublishedEvent } from '../model/event.ts';
import type { CallId, DeliveryId, EventId, EventPosition, SubscriptionId } from '../model/ids.ts';
import type { Memo } from '../model/memo.ts';
import type { RequestShape } from '../model/request-shape.ts';
import type { Subscription, SubscriptionStats } from '../model/subscription.ts';
import type { Micros } from '../util/clock.ts';
import { CodedError } from '../util/error.ts';
import type {
  BatchMember,
  BatchQuery,
  BatchRange,
  DeliveryDetail,
  DeliveryPage,
  DeliveryQuery,
  EventDetail,
  EventPage,
  EventQuery,
  ReplayQuery,
} from './history.ts';
import type {
  DeadStep,
  PruneResult,
  PruneStep,
  Redelivery,
  RetryResult,
  SkipStep,
  StepResult,
  StoreSize,
} from './upkeep.ts';

export type * from './history.ts';
export type * from './upkeep.ts';

/** What the engine has to know of earlier runs before it hands out the first id. */
export interface StoreState {
  /** Epoch milliseconds of the newest event id ever committed, 0 when there is none; a new id lies above it. */
  readonly lastEventMs: number;
  /** Newest delivery id ever committed, 0 when there is none. */
  readonly lastDeliveryId: DeliveryId;
}

/**
 * An event with a delivery for each subscription that wants it: the n-th of `to`, counted from 0, gets delivery
 * `firstDelivery` + n, due when the event was accepted. Positions and ids go up from publication to publication.
 */
export interface Publication {
  readonly event: PublishedEvent;
  readonly firstDelivery: DeliveryId;
  readonly to: readonly SubscriptionId[];
}

/** A pending delivery with all that sending it takes. Deliveries of one event may share the event. */
export interface DueDelivery {
  readonly id: DeliveryId;
  readonly subscriptionId: SubscriptionId;
  readonly event: PublishedEvent;
  /** Attempts made so far. */
  readonly attempts: number;
  /**
   * Attempts made before someone asked for it, by a retry or (then 0) a replay; undefined when nobody did. The retry
   * policy counts from there, and `max_age` says nothing of it any more: whoever asks wants it sent.
   */
  readonly askedAfter?: number | undefined;
  readonly dueAt: Micros;
}

/** Where a delivery stands in its subscription's queue: by due time, then by id. */
export type QueuePosition = Pick<DueDelivery, 'dueAt' | 'id'>;

export interface DueQuery {
  readonly subscriptionId: SubscriptionId;
  /** Only those that stand behind this one. */
  readonly after: QueuePosition;
  /** Only those due by then. */
  readonly by: Micros;
  readonly limit: number;
  /** No more once their data has reached this many characters; the first is always given. */
  readonly maxCharacters: number;
}

export interface DuePage {
  readonly deliveries: readonly DueDelivery[];
  /** When the first one behind these is due, be it past or future; undefined when nothing waits there. */
  readonly nextDueAt?: Micros | undefined;
}

/** What became of a delivery: of an attempt, or without one since its event is too old. */
export type Settlement =
  | {
      readonly id: DeliveryId;
      readonly subscriptionId: SubscriptionId;
      readonly event: EventPosition;
      readonly attempt: Attempt;
      readonly next:
        | { readonly state: 'delivered' }
        | { readonly state: 'dead' }
        | { readonly state: 'pending'; readonly dueAt: Micros };
    }
  | {
      readonly id: DeliveryId;
      readonly subscriptionId: SubscriptionId;
      readonly event: EventPosition;
      readonly attempt?: undefined;
      readonly next: { readonly state: 'expired'; readonly endedAt: Micros };
    };

/** What became of a delivery by an attempt. */
export type AttemptSettlement = Extract<Settlement, { readonly attempt: Attempt }>;

/** What is kept as a whole or not at all. */
export interface PublishedUnit {
  readonly publications: readonly Publication[];
  /** What is to be remembered from then on. */
  readonly memos: readonly Memo[];
  /** Of some of these deliveries what became of them at once. */
  readonly ended: readonly Settlement[];
}

/** Of units that were not kept why, by their place among those that they came with. */
export type Refusals = ReadonlyMap<number, StoreError>;

/** A delivery that waits for another attempt; later events of its call wait for it. */
export interface Retrying {
  readonly id: DeliveryId;
  readonly callId: CallId;
}

/** Since when the oldest of a subscription's queue waits, be it new, waiting for its next attempt, or asked for anew. */
export interface OldestPending {
  readonly subscriptionId: SubscriptionId;
  /** When its event was published. */
  readonly createdAt: Micros;
}

export interface SubscriptionRecord {
  readonly subscription: Subscription;
  readonly stats: SubscriptionStats;
}

/** How requests of a subscription are made from a time on, until the next one. */
export interface KeptShape {
  readonly subscriptionId: SubscriptionId;
  readonly since: Micros;
  readonly shape: RequestShape;
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
 * transaction for all that gathered while the one before it was written. What was asked first is done first.
 */
export interface Store {
  /** Opens or creates the database, for this process alone, and checks that it is whole. */
  open(): Promise<StoreState>;
  /** Resolves, with why, once it can do nothing more until the process starts anew; never rejects. */
  readonly lost: Promise<StoreError>;
  /** Writes what is still gathered and closes; later calls are refused with `store_closed`. */
  close(): Promise<void>;

  /**
   * Keeps each unit that can be kept and tells which could not, be it all; rejects, and keeps none, where the store is
   * closed or lost. A delivery for a subscription that has been removed meanwhile is left out.
   */
  publish(units: readonly PublishedUnit[]): Promise<Refusals>;
  /** Remembers that ids were handed out up to this one, of an event that is sent without being kept. */
  passOver(position: EventPosition): Promise<void>;
  /** Keeps the attempts, what became of their deliveries and the subscriptions' counters: all of them or none. */
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** Deliveries of one subscription, of events of calls, that wait for another attempt. */
  retrying(id: SubscriptionId): Promise<readonly Retrying[]>;
  /** Pending deliveries of one subscription, in the order of their {@link QueuePosition}. */
  due(query: DueQuery): Promise<DuePage>;

  /** One for each subscription with something that waits. */
  oldestPending(): Promise<readonly OldestPending[]>;
  /** How many dead letters are kept, counted up to `most`. */
  countDead(most: number): Promise<number>;

  /** In the order in which they were made. */
  subscriptions(): Promise<readonly SubscriptionRecord[]>;
  /** Adds or changes it; counters stay. */
  saveSubscription(subscription: Subscription): Promise<void>;
  /**
   * Removes the subscription and what waits for it, and tells how many that were. What it got, and its dead letters,
   * stay in the history.
   */
  removeSubscription(id: SubscriptionId): Promise<number>;

  /** In the order of their times; one that is as the one before it is not kept anew. Those that no attempt needs go. */
  keepShapes(shapes: readonly KeptShape[]): Promise<void>;
  /** How a request that was made at this time was made; also of a removed subscription, while its history is kept. */
  shapeAt(id: SubscriptionId, time: Micros): Promise<RequestShape | undefined>;

  /** All that is remembered; none of them with a `state` of null. */
  memos(): Promise<readonly Memo[]>;

  deliveries(query: DeliveryQuery): Promise<DeliveryPage>;
  delivery(id: DeliveryId): Promise<DeliveryDetail | undefined>;
  /** By their ids. It looks at each id of the range: ask for some thousand at a time. */
  batchMembers(query: BatchQuery): Promise<readonly BatchMember[]>;
  /** Whether others that went along may have been removed. */
  batchMayLack(range: BatchRange): Promise<boolean>;
  events(query: EventQuery): Promise<EventPage>;
  event(id: EventId): Promise<EventDetail | undefined>;
  /** Without those that a filter of the subscription may refuse: that is for the asker to see to. */
  replayable(query: ReplayQuery): Promise<EventPage>;

  /**
   * Has one delivery sent again: a dead or expired one is pending once more, one that waits is due at `dueAt`. One
   * that was delivered stays so.
   */
  retry(id: DeliveryId, dueAt: Micros): Promise<RetryResult>;
  /** Makes dead letters pending again, the oldest first; those of removed subscriptions stay dead. */
  retryDead(step: DeadStep, dueAt: Micros): Promise<StepResult>;
  /** Deletes dead letters with their attempts; their events go with age. */
  deleteDead(step: DeadStep): Promise<StepResult>;
  /**
   * Makes new deliveries of kept events, all or none; tells how many, since an event may have gone meanwhile. `madeAt`
   * (default `dueAt`) goes up with the ids of all deliveries.
   */
  redeliver(
    subscriptionId: SubscriptionId,
    redeliveries: readonly Redelivery[],
    dueAt: Micros,
    madeAt?: Micros,
  ): Promise<number>;
  /** Ends as `expired` what waits, uncounted. */
  skip(step: SkipStep): Promise<StepResult>;
  prune(step: PruneStep): Promise<PruneResult>;
  size(): Promise<StoreSize>;
}
