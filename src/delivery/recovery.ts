import type { PublishedEvent } from '../model/event.ts';
import type { DeliveryId, SubscriptionId } from '../model/ids.ts';
import type { Subscription } from '../model/subscription.ts';
import type { DeadFilter, DeadStep, EndState, RetryResult, StepResult, Store } from '../store/store.ts';
import type { SubscriptionRegistry } from '../subscription/registry.ts';
import type { Micros } from '../util/clock.ts';
import { givingWay } from '../util/give-way.ts';

/**
 * Second chances: dead letters retried or deleted, kept events replayed, and what a disabled subscription missed sent
 * or skipped. Each goes in steps that let publishing and settling in between; a promise resolves when all steps are
 * on disk. A process that dies in the middle leaves what is done done: ask again for the rest. Rejects with the
 * StoreError of the step that the store refused.
 */
export interface Recovery {
  /** Sends one delivery again, or at once if it waits for its next attempt; one that was delivered stays so. */
  retry(id: DeliveryId): Promise<RetryResult>;
  /** Sends dead letters again, the oldest first; how many. Those of removed subscriptions stay. */
  retryDead(filter: DeadFilter, onProgress?: Progress): Promise<number>;
  /** Deletes dead letters for good; how many. */
  deleteDead(filter: DeadFilter, onProgress?: Progress): Promise<number>;
  /**
   * Sends kept events to one subscription (again), in order, under their ids; how many. Only what it subscribes to,
   * and nothing that still waits for it. Rejects with `subscription_unknown`.
   */
  replay(id: SubscriptionId, range: ReplayRange, onProgress?: Progress): Promise<number>;
  /** Enables a subscription; what waits for it is sent, or skipped. Rejects with `subscription_unknown`. */
  enable(id: SubscriptionId, backlog: BacklogChoice): Promise<Subscription>;
}

/** Told after each step how many were done so far. */
export type Progress = (count: number) => void;

export type BacklogChoice = 'send' | 'skip';

export interface ReplayRange {
  /** Events accepted at this time or later; default: all that are kept. */
  readonly since?: Micros | undefined;
  /** Events accepted before; default: now. */
  readonly until?: Micros | undefined;
  /** Patterns; default: all that the subscription asks for. */
  readonly types?: readonly string[] | undefined;
  /** Only those with a delivery to this subscription that ended so. */
  readonly state?: EndState | undefined;
}

/** The ways of one subscription that a recovery has to tell of what it did on the disk. */
export interface RecoveryLanes {
  /** `count` deliveries more are due from `dueAt` on; 0 where one that waited is due earlier. */
  readmitted(id: SubscriptionId, count: number, dueAt: Micros): void;
  /** Resolves once none of its deliveries is in flight and every result is on disk. */
  quiet(id: SubscriptionId): Promise<void>;
  /**
   * Forgets what has been read of its queue, and reads nothing of it until it is resumed: the disk says then what
   * waits. Only while it is quiet and disabled.
   */
  suspend(id: SubscriptionId): void;
  resume(id: SubscriptionId): void;
  /** `count` deliveries that waited do so no more. */
  skipped(id: SubscriptionId, count: number): void;
}

export interface RecoveryOptions {
  readonly store: Pick<Store, 'retry' | 'retryDead' | 'deleteDead' | 'replayable' | 'redeliver' | 'skip'>;
  readonly registry: SubscriptionRegistry;
  /** The time that deliveries' due times are told in. */
  readonly now: () => Micros;
  /** Sets the next `count` delivery ids aside and tells the first of them; with 0, the first that nobody has yet. */
  readonly takeIds: (count: number) => DeliveryId;
  readonly lanes: RecoveryLanes;
}

/** Events read at once for a replay. */
const REPLAY_PAGE = 500;

export function createRecovery(options: RecoveryOptions): Recovery {
  return new StepwiseRecovery(options);
}

class StepwiseRecovery implements Recovery {
  readonly #options: RecoveryOptions;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  async retry(id: DeliveryId): Promise<RetryResult> {
    const { store, lanes, now } = this.#options;
    const dueAt = now();
    const result = await store.retry(id, dueAt);
    if (result.kind === 'retried') {
      lanes.readmitted(result.subscriptionId, result.waited ? 0 : 1, dueAt);
    }
    return result;
  }

  retryDead(filter: DeadFilter, onProgress?: Progress): Promise<number> {
    const { store, lanes, now } = this.#options;
    // One time for all: then they go by id, which is the order in which they were made.
    const dueAt = now();
    const take = async (step: DeadStep) => {
      const result = await store.retryDead(step, dueAt);
      for (const [id, count] of result.changed) {
        lanes.readmitted(id, count, dueAt);
      }
      return result;
    };
    return this.#eachStep(filter, take, onProgress);
  }

  deleteDead(filter: DeadFilter, onProgress?: Progress): Promise<number> {
    return this.#eachStep(filter, (step) => this.#options.store.deleteDead(step), onProgress);
  }

  async replay(
    id: SubscriptionId,
    { since, until, types, state }: ReplayRange,
    onProgress?: Progress,
  ): Promise<number> {
    const { store, registry, lanes, now, takeIds } = this.#options;
    registry.require(id);
    const dueAt = now();
    const range = { since, until: until ?? dueAt, types: types ?? ['*'], state, limit: REPLAY_PAGE };
    let count = 0;
    for (let after: ReplayAfter; ; ) {
      const page = await store.replayable({ subscriptionId: id, ...range, after });
      const wanted = await this.#wantedOf(page.events, id);
      if (wanted.length > 0) {
        const first = takeIds(wanted.length);
        const redeliveries = wanted.map((event, n) => ({
          id: (first + n) as DeliveryId,
          event: event.position,
        }));
        // Due as one, in order; made now, between whatever else is made meanwhile.
        const made = await store.redeliver(id, redeliveries, dueAt, now());
        lanes.readmitted(id, made, dueAt);
        count += made;
      }
      onProgress?.(count);
      after = page.next;
      if (after === undefined || registry.get(id) === undefined) {
        return count;
      }
    }
  }

  async #wantedOf(events: readonly PublishedEvent[], id: SubscriptionId): Promise<readonly PublishedEvent[]> {
    const giveWay = givingWay();
    const wanted: PublishedEvent[] = [];
    for (const event of events) {
      if (this.#options.registry.wants(id, { ...event, data: JSON.parse(event.data) })) wanted.push(event);
      await giveWay();
    }
    return wanted;
  }

  async enable(id: SubscriptionId, backlog: BacklogChoice): Promise<Subscription> {
    const { registry } = this.#options;
    const { enabled } = registry.require(id);
    if (!enabled && backlog === 'skip') {
      await this.#skip(id);
    }
    return registry.update(id, { enabled: true });
  }

  /** What is published while this goes on is not skipped: it came after the wish. */
  async #skip(subscriptionId: SubscriptionId): Promise<void> {
    const { store, lanes, now, takeIds } = this.#options;
    const upTo = (takeIds(0) - 1) as DeliveryId;
    // What is in flight ends by what becomes of it.
    await lanes.quiet(subscriptionId);
    lanes.suspend(subscriptionId);
    try {
      const step = { subscriptionId, endedAt: now(), upTo };
      for (let isOver = false; !isOver; ) {
        const { changed, next } = await store.skip(step);
        lanes.skipped(subscriptionId, changed.get(subscriptionId) ?? 0);
        isOver = next === undefined;
      }
    } finally {
      lanes.resume(subscriptionId);
    }
  }

  async #eachStep(
    filter: DeadFilter,
    take: (step: DeadStep) => Promise<StepResult>,
    onProgress: Progress | undefined,
  ): Promise<number> {
    const upTo = (this.#options.takeIds(0) - 1) as DeliveryId;
    let count = 0;
    for (let after = 0 as DeliveryId; ; ) {
      const { changed, next } = await take({ ...filter, after, upTo });
      for (const changes of changed.values()) {
        count += changes;
      }
      onProgress?.(count);
      if (next === undefined) {
        return count;
      }
      after = next;
    }
  }
}

type ReplayAfter = Parameters<Store['replayable']>[0]['after'];
