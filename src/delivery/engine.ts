import type { Attempt } from '../model/delivery.ts';
import { acceptedAt, type PbxEvent, type PublishedEvent } from '../model/event.ts';
import type { DeliveryId, EventId, SubscriptionId } from '../model/ids.ts';
import type { Memo } from '../model/memo.ts';
import type { SubscriptionStats } from '../model/subscription.ts';
import type { Store, StoreState } from '../store/store.ts';
import type { SubscriptionRegistry } from '../subscription/registry.ts';
import { type Clock, type Micros, micro } from '../util/clock.ts';
import { errorOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import { Activity, type ActivityReport } from './activity.ts';
import type { BreakerState } from './breaker.ts';
import { Counters } from './counters.ts';
import { DeliveryLog } from './delivery-log.ts';
import { Dispatcher, isSuccess } from './dispatcher.ts';
import { Feed, type FeedListener } from './feed.ts';
import { Intake } from './intake.ts';
import type { ResolveName } from './name-resolver.ts';
import { PassingDelivery } from './passing.ts';
import { engineStopped, type Outgoing, Publications } from './publications.ts';
import { ReceiverHealth } from './receiver-health.ts';
import { createRecovery, type Recovery } from './recovery.ts';
import { Routes } from './routes.ts';
import { DEFAULT_SETTINGS, type DeliverySettings } from './settings.ts';
import { type EngineCounts, Tally } from './tally.ts';

export { EngineError } from './publications.ts';

/** What delivers: takes events, keeps them, sends them until each receiver has them or gave up. */
export interface Engine {
  /**
   * Resolves with the event's id when it, its deliveries and what is to be remembered with it are on disk; rejects
   * with a StoreError or EngineError, and then keeps nothing of it.
   */
  publish(event: PbxEvent, memosOf?: (id: EventId) => readonly Memo[]): Promise<EventId>;
  /** Publishes what happened at once, and keeps what is to be remembered with it: all of it or nothing. */
  publishAll(events: readonly PbxEvent[], memos: readonly Memo[]): Promise<void>;
  /**
   * Sends an event to one subscription now and once, whether it asks for it or is enabled or not, and keeps nothing of
   * it: neither history nor counters, breaker or order hear of it. Its id is never used again. Rejects with
   * `subscription_unknown`, or as {@link publish} does.
   */
  sendTest(id: SubscriptionId, event: PbxEvent): Promise<SentTest>;
  /** Dead letters, replays, and what a disabled subscription missed. */
  readonly recovery: Recovery;
  /** All zero for a subscription that it does not know. */
  stats(id: SubscriptionId): SubscriptionStats;
  /** Whether it is sent to (`closed`), tried with one attempt (`half_open`), or waits (`open`). */
  breaker(id: SubscriptionId): BreakerState;
  /** When what waits for it is attempted next; undefined where nothing waits for a time. */
  nextAttemptAt(id: SubscriptionId): Micros | undefined;
  /** What happened since the start, and in each minute of the last hour. */
  activity(): ActivityReport;
  /** Tells of each event and delivery, as soon as it is on disk; returns how to stop that. */
  listen(listener: FeedListener): () => void;
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

export interface SentTest {
  readonly event: PublishedEvent;
  readonly attempt: Attempt;
  /** Whether the receiver took it. */
  readonly succeeded: boolean;
}

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
  readonly #log: DeliveryLog;
  readonly #publications: Publications;
  readonly #intake: Intake;
  readonly #dispatcher: Dispatcher;
  readonly #tally = new Tally();
  readonly #activity: Activity;
  readonly #feed: Feed;
  readonly #routes: Routes;
  /** What the clock lacks to the newest event of earlier runs. Ids carry it on, so the next run makes up for it too. */
  readonly #skew: number;
  #storeProblem: string | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: EngineOptions, stats: ReadonlyMap<SubscriptionId, SubscriptionStats>) {
    const { store, state, registry, clock, logger, resolve } = options;
    const settings: DeliverySettings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.#store = store;
    this.#registry = registry;
    this.#clock = clock;
    this.#skew = Math.max(0, (state.lastEventMs + 1) * 1000 - clock.now());
    this.#log = new DeliveryLog(logger);
    const now = () => this.#now();
    this.#activity = new Activity(now);
    this.#feed = new Feed(logger);
    this.#publications = new Publications({ state, registry, now, wallNow: () => clock.now() });
    this.#intake = new Intake({
      store,
      logger,
      onKept: (publications) => this.#kept(publications),
    });
    const health = new ReceiverHealth({
      registry,
      logger,
      now,
      publish: async (event, except) => this.#keep([this.#publicationOf(event, except)], [], undefined),
    });
    this.#dispatcher = new Dispatcher({
      store,
      clock,
      logger,
      log: this.#log,
      tally: this.#tally,
      activity: this.#activity,
      feed: this.#feed,
      health,
      now,
      threads: settings.workerThreads,
      resolve,
      routeOf: (id) => this.#routes.get(id),
      onStored: () => {
        this.#intake.recovered();
      },
    });
    const dispatcher = this.#dispatcher;
    this.#routes = new Routes({ store, registry, clock, logger, now, settings, dispatcher, health }, stats);
    this.recovery = createRecovery({
      store,
      registry,
      now,
      // Ids are written in their order: those given out before go to the store first.
      takeIds: (count) => {
        this.#intake.handOver();
        return this.#publications.takeIds(count);
      },
      lanes: this.#routes.recoveryLanes(),
    });
    void store.lost.then((error) => {
      this.#storeProblem = error.message;
      logger.error(`No event can be stored any more. ${error.message}`);
    });
  }

  publish(event: PbxEvent, memosOf?: (id: EventId) => readonly Memo[]): Promise<EventId> {
    try {
      const publication = this.#publicationOf(event);
      const { id } = publication.event;
      return this.#keep([publication], memosOf?.(id) ?? [], id);
    } catch (error) {
      return Promise.reject(errorOf(error));
    }
  }

  async publishAll(events: readonly PbxEvent[], memos: readonly Memo[]): Promise<void> {
    await this.#keep(
      events.map((event) => this.#publicationOf(event)),
      memos,
      undefined,
    );
  }

  async sendTest(id: SubscriptionId, event: PbxEvent): Promise<SentTest> {
    this.#registry.require(id);
    this.#refuseOnceStopped();
    const alone = this.#publications.alone(event);
    await this.#store.passOver(alone.position);
    this.#refuseOnceStopped();
    const route = this.#routes.get(this.#registry.require(id).id);
    if (route === undefined) throw engineStopped();
    const attempt = await this.#dispatcher.try(route, alone);
    return { event: alone, attempt, succeeded: isSuccess(attempt) };
  }

  stats(id: SubscriptionId): SubscriptionStats {
    return (this.#routes.get(id)?.counters ?? new Counters()).stats();
  }

  breaker(id: SubscriptionId): BreakerState {
    return this.#routes.get(id)?.lane.breakerState ?? 'closed';
  }

  nextAttemptAt(id: SubscriptionId): Micros | undefined {
    return this.#routes.get(id)?.lane.nextAttemptAt;
  }

  activity(): ActivityReport {
    return this.#activity.report();
  }

  listen(listener: FeedListener): () => void {
    return this.#feed.listen(listener);
  }

  counts(): EngineCounts {
    return this.#tally.counts(this.#dispatcher.restarts);
  }

  health(): EngineHealth {
    const reason =
      this.#stopped === undefined
        ? (this.#storeProblem ?? this.#intake.problem ?? this.#dispatcher.problem)
        : 'The engine has stopped.';
    return reason === undefined ? { state: 'ready' } : { state: 'failing', reason };
  }

  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#routes.close();
    await this.#dispatcher.stop(graceMs);
  }

  /** Never goes back, and lies above the newest event of earlier runs, whatever was done to the clock. */
  #now(): Micros {
    return micro(this.#clock.now() + this.#skew);
  }

  #refuseOnceStopped(): void {
    if (this.#stopped !== undefined) throw engineStopped();
  }

  /** @param except who does not get it. */
  #publicationOf(event: PbxEvent, except?: SubscriptionId): Outgoing {
    this.#refuseOnceStopped();
    return this.#publications.of(event, except);
  }

  /** Resolves with `result` once all of it is on disk. */
  #keep<T>(publications: readonly Outgoing[], memos: readonly Memo[], result: T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#intake.keep(publications, memos, (refused) => {
        if (refused === undefined) resolve(result);
        else reject(refused);
      });
    });
  }

  #kept(publications: readonly Outgoing[]): void {
    for (const publication of publications) this.#offer(publication);
    this.#tally.published(publications);
    this.#activity.published(publications.length);
    this.#feed.published(publications);
    for (const publication of publications) {
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
      route.lane.offer(new PassingDelivery(id, subscriptionId, event, dueAt));
    }
  }

  #endedAtOnce({ event, ended }: Outgoing): void {
    this.#tally.attempted(ended);
    this.#activity.settled(ended);
    this.#feed.settled(ended.map((settlement) => ({ ...settlement, published: event })));
    for (const settlement of ended) {
      const route = this.#routes.get(settlement.subscriptionId);
      route?.counters.accepted();
      route?.counters.settled(settlement);
      this.#log.attempted(event.type, route?.shownUrl ?? '', route?.policy.maxAttempts ?? 1, settlement);
    }
  }
}
