import { acceptedAt, type PbxEvent } from '../model/event.ts';
import type { DeliveryId, EventId, SubscriptionId } from '../model/ids.ts';
import type { Memo } from '../model/memo.ts';
import type { Subscription, SubscriptionStats } from '../model/subscription.ts';
import type { Store, StoreState } from '../store/store.ts';
import type { SubscriptionChange, SubscriptionRegistry } from '../subscription/registry.ts';
import { type Clock, type Micros, micro } from '../util/clock.ts';
import { reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import { Aim } from './aim.ts';
import type { BreakerState } from './breaker.ts';
import { Counters } from './counters.ts';
import { DeliveryLog } from './delivery-log.ts';
import { Dispatcher } from './dispatcher.ts';
import { Lane } from './lane.ts';
import type { ResolveName } from './name-resolver.ts';
import { EngineError, type Outgoing, Publications } from './publications.ts';
import { ReceiverHealth } from './receiver-health.ts';
import { createRecovery, type Recovery, type RecoveryLanes } from './recovery.ts';
import { aimedAt, limitsOf, newRoute, type Route } from './route.ts';
import { DEFAULT_SETTINGS, type DeliverySettings } from './settings.ts';
import { type EngineCounts, Tally } from './tally.ts';

export { EngineError } from './publications.ts';

/** What delivers: takes events, keeps them, sends them until each receiver has them or gave up. */
export interface Engine {
  /** Resolves with the event's id when it and its deliveries are on disk; rejects with a StoreError or EngineError. */
  publish(event: PbxEvent): Promise<EventId>;
  /** Publishes what happened at once, and keeps what is to be remembered with it: all of it or nothing. */
  publishAll(events: readonly PbxEvent[], memos: readonly Memo[]): Promise<void>;
  /** Dead letters, replays, and what a disabled subscription missed. */
  readonly recovery: Recovery;
  /** All zero for a subscription that it does not know. */
  stats(id: SubscriptionId): SubscriptionStats;
  /** Whether it is sent to (`closed`), tried with one attempt (`half_open`), or waits (`open`). */
  breaker(id: SubscriptionId): BreakerState;
  /** What was counted since the start, for who watches it. */
  counts(): EngineCounts;
  /** Whether events can be stored and sent right now, and if not why. */
  health(): EngineHealth;
  /** Takes no more events, lets attempts in flight finish for at most `graceMs`, keeps the rest on disk. */
  stop(graceMs: number): Promise<void>;
}

export type EngineHealth =
  | { readonly state: 'ready' }
  | { readonly state: 'failing'; readonly reason: string };

export interface EngineOptions {
  /** Open; whoever opened it closes it, after the engine has stopped. */
  readonly store: Store;
  /** What {@link Store.open} told. */
  readonly state: StoreState;
  readonly registry: SubscriptionRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those left out have their defaults. */
  readonly settings?: Partial<DeliverySettings>;
  /** Finds addresses where the main thread sends (`workerThreads: 0`). Default: this machine's names and DNS. */
  readonly resolve?: ResolveName | undefined;
}

/** Sends what earlier runs left as well: all that is pending goes out under the ids that it has. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const records = await options.store.subscriptions();
  return new DeliveryEngine(
    options,
    new Map(records.map(({ subscription, stats }) => [subscription.id, stats])),
  );
}

class DeliveryEngine implements Engine {
  readonly recovery: Recovery;
  readonly #store: Store;
  readonly #registry: SubscriptionRegistry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: DeliverySettings;
  readonly #log: DeliveryLog;
  readonly #publications: Publications;
  readonly #health: ReceiverHealth;
  readonly #dispatcher: Dispatcher;
  readonly #aim: Aim;
  readonly #tally = new Tally();
  readonly #routes = new Map<SubscriptionId, Route>();
  readonly #unsubscribe: () => void;
  /** What the clock lacks to the newest event of earlier runs. Ids carry it on, so the next run makes up for it too. */
  readonly #skew: number;
  #lastTarget = 0;
  #storeProblem: string | undefined;
  #publishProblem: string | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: EngineOptions, stats: ReadonlyMap<SubscriptionId, SubscriptionStats>) {
    const { store, state, registry, clock, logger, settings, resolve } = options;
    this.#store = store;
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = { ...DEFAULT_SETTINGS, ...settings };
    this.#skew = Math.max(0, (state.lastEventMs + 1) * 1000 - clock.now());
    this.#log = new DeliveryLog(logger);
    const now = () => this.#now();
    this.#publications = new Publications({ state, registry, now, wallNow: () => clock.now() });
    this.#health = new ReceiverHealth({
      registry,
      logger,
      now,
      publish: async (event, except) => this.#keep([this.#publicationOf(event, except)], []),
    });
    this.#dispatcher = new Dispatcher({
      store,
      clock,
      logger,
      log: this.#log,
      tally: this.#tally,
      health: this.#health,
      now,
      threads: this.#settings.workerThreads,
      resolve,
      routeOf: (id) => this.#routes.get(id),
      onStored: () => {
        this.#publishProblem = undefined;
      },
    });
    this.#aim = new Aim({
      registry,
      clock,
      logger,
      now,
      settings: this.#settings,
      onTarget: (target) => this.#dispatcher.aim(target),
    });
    this.recovery = createRecovery({
      store,
      registry,
      now,
      takeIds: (count) => this.#publications.takeIds(count),
      lanes: this.#recoveryLanes(),
    });
    void store.lost.then((error) => {
      this.#storeProblem = error.message;
      logger.error(`No event can be stored any more. ${error.message}`);
    });
    for (const subscription of registry.list()) {
      this.#open(subscription, stats.get(subscription.id));
    }
    this.#unsubscribe = registry.onChange((change) => this.#changed(change));
  }

  async publish(event: PbxEvent): Promise<EventId> {
    const publication = this.#publicationOf(event);
    await this.#keep([publication], []);
    return publication.event.id;
  }

  async publishAll(events: readonly PbxEvent[], memos: readonly Memo[]): Promise<void> {
    await this.#keep(
      events.map((event) => this.#publicationOf(event)),
      memos,
    );
  }

  stats(id: SubscriptionId): SubscriptionStats {
    return (this.#routes.get(id)?.counters ?? new Counters()).stats();
  }

  breaker(id: SubscriptionId): BreakerState {
    return this.#routes.get(id)?.lane.breakerState ?? 'closed';
  }

  counts(): EngineCounts {
    return this.#tally.counts(this.#dispatcher.restarts);
  }

  health(): EngineHealth {
    const reason =
      this.#stopped === undefined
        ? (this.#storeProblem ?? this.#publishProblem ?? this.#dispatcher.problem)
        : 'The engine has stopped.';
    return reason === undefined ? { state: 'ready' } : { state: 'failing', reason };
  }

  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#unsubscribe();
    for (const { lane } of this.#routes.values()) {
      lane.close();
    }
    await this.#dispatcher.stop(graceMs);
  }

  /** Never goes back, and lies above the newest event of earlier runs, whatever was done to the clock. */
  #now(): Micros {
    return micro(this.#clock.now() + this.#skew);
  }

  /** @param except who does not get it. */
  #publicationOf(event: PbxEvent, except?: SubscriptionId): Outgoing {
    if (this.#stopped !== undefined) {
      throw new EngineError('engine_stopped', 'The engine has stopped and takes no more events.');
    }
    return this.#publications.of(event, except);
  }

  async #keep(publications: readonly Outgoing[], memos: readonly Memo[]): Promise<void> {
    try {
      await this.#store.publish(publications, memos, publications.flatMap(endedOf));
    } catch (error) {
      this.#publishProblem = reasonOf(error);
      throw error;
    }
    this.#publishProblem = undefined;
    this.#tally.published(publications);
    for (const publication of publications) {
      this.#offer(publication);
      if (publication.ended.length > 0) this.#endedAtOnce(publication);
    }
  }

  #offer({ event, firstDelivery, to, ended }: Outgoing): void {
    const dueAt = acceptedAt(event.position);
    for (let n = 0; n < to.length - ended.length; n += 1) {
      const subscriptionId = to[n];
      const route = subscriptionId && this.#routes.get(subscriptionId);
      if (!route) continue;
      route.counters.accepted();
      const id = (firstDelivery + n) as DeliveryId;
      route.lane.offer({ id, subscriptionId, event, attempts: 0, dueAt });
    }
  }

  #endedAtOnce({ event: { type }, ended }: Outgoing): void {
    this.#tally.attempted(ended);
    for (const settlement of ended) {
      const route = this.#routes.get(settlement.subscriptionId);
      route?.counters.accepted();
      route?.counters.settled(settlement);
      this.#log.attempted(type, route?.shownUrl ?? '', route?.policy.maxAttempts ?? 1, settlement);
    }
  }

  #changed({ kind, subscription }: SubscriptionChange): void {
    const route = this.#routes.get(subscription.id);
    if (kind === 'removed') {
      route?.lane.close();
      route?.secretEnds?.cancel();
      this.#routes.delete(subscription.id);
      if (route !== undefined) {
        this.#dispatcher.forget(route);
      }
    } else if (route === undefined) {
      this.#open(subscription);
    } else {
      this.#adapt(route, subscription);
    }
  }

  #open(subscription: Subscription, stats?: SubscriptionStats): void {
    const lane = this.#lane(subscription, () => route);
    const route = newRoute(++this.#lastTarget, lane, subscription, stats, this.#settings);
    this.#routes.set(subscription.id, route);
    this.#aim.take(route);
    void lane.start();
  }

  #lane(subscription: Subscription, route: () => Route): Lane {
    return new Lane({
      subscriptionId: subscription.id,
      enabled: subscription.enabled,
      limits: limitsOf(subscription, this.#settings),
      pausedUntil: subscription.pausedUntil,
      clock: this.#clock,
      now: () => this.#now(),
      send: (request) => this.#dispatcher.send(route(), request),
      expire: (deliveries) => this.#dispatcher.expire(route(), deliveries),
      due: (query) => this.#store.due(query),
      retrying: () => this.#store.retrying(subscription.id),
      onLoadError: (error) =>
        this.#logger.error(`What waits for ${route().shownUrl} can't be read. ${reasonOf(error)}`),
      onPaused: (until) => this.#keepPause(subscription.id, until),
    });
  }

  /** For later runs. */
  #keepPause(id: SubscriptionId, until: Micros): void {
    this.#registry
      .setPausedUntil(id, until)
      .catch((error: unknown) =>
        this.#logger.error(`The pause that a receiver asked for could not be stored. ${reasonOf(error)}`),
      );
  }

  #recoveryLanes(): RecoveryLanes {
    return {
      readmitted: (id, count, dueAt) => {
        const route = this.#routes.get(id);
        route?.counters.waiting(count);
        route?.lane.lookAgain(dueAt);
      },
      quiet: async (id) => this.#routes.get(id)?.lane.quiet(),
      suspend: (id) => {
        const route = this.#routes.get(id);
        if (route !== undefined) {
          route.lane.close();
          route.lane = this.#lane(route.subscription, () => route);
        }
      },
      resume: (id) => void this.#routes.get(id)?.lane.start(),
      skipped: (id, count) => this.#routes.get(id)?.counters.waiting(-count),
    };
  }

  #adapt(route: Route, subscription: Subscription): void {
    const { enabled: wasEnabled, url: oldUrl } = route.subscription;
    Object.assign(route, aimedAt(subscription, this.#settings));
    this.#aim.take(route);
    route.lane.setLimits(limitsOf(subscription, this.#settings));
    route.lane.setEnabled(subscription.enabled);
    if (subscription.url !== oldUrl) {
      route.failing.end();
      route.lane.renew();
    }
    if (subscription.enabled && !wasEnabled) {
      route.failing.end();
    } else if (wasEnabled && !subscription.enabled) {
      this.#health.disabled(route);
    }
  }
}

function endedOf({ ended }: Outgoing): Outgoing['ended'] {
  return ended;
}
