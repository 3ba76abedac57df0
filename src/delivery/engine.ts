import type { Attempt } from '../model/delivery.ts';
import { envelopeOf, type PbxEvent, type PublishedEvent } from '../model/event.ts';
import type { DeliveryId, EventId, SubscriptionId } from '../model/ids.ts';
import type { Memo } from '../model/memo.ts';
import type { Subscription, SubscriptionStats } from '../model/subscription.ts';
import type { DueDelivery, Publication, Settlement, Store, StoreState } from '../store/store.ts';
import type { SubscriptionChange, SubscriptionRegistry } from '../subscription/registry.ts';
import { type Clock, type Micros, micro, msFromMicros } from '../util/clock.ts';
import { CodedError, reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import { maskedUrl } from '../util/masked-url.ts';
import { Counters } from './counters.ts';
import { DeliveryLog } from './delivery-log.ts';
import { EventIds } from './event-ids.ts';
import { Lane, type LaneLimits } from './lane.ts';
import { afterFailure } from './retry.ts';
import { SenderPool } from './sender/pool.ts';
import type { Job } from './sender/protocol.ts';
import { DEFAULT_SETTINGS, type DeliverySettings } from './settings.ts';
import { Settler } from './settler.ts';
import { type EngineCounts, Tally } from './tally.ts';

/** What delivers: takes events, keeps them, sends them until each receiver has them or gave up. */
export interface Engine {
  /** Resolves with the event's id when it and its deliveries are on disk; rejects with a StoreError or EngineError. */
  publish(event: PbxEvent): Promise<EventId>;
  /** Publishes what happened at once, and keeps what is to be remembered with it: all of it or nothing. */
  publishAll(events: readonly PbxEvent[], memos: readonly Memo[]): Promise<void>;
  /** All zero for a subscription that it does not know. */
  stats(id: SubscriptionId): SubscriptionStats;
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

export class EngineError extends CodedError<'engine_stopped' | 'event_invalid'> {}

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
}

/** Deliveries of one subscription in memory; everything else that waits is on disk only. */
const LANE_CAPACITY = 256;

/** Pause before an attempt that this process had no means for is made. */
const EXHAUSTED_PAUSE_MS = 1_000;

/** The status by which a receiver asks to be sent nothing more (RFC 9110, 15.5.11). */
const GONE = 410;

/** Types end up in ids and headers. */
const EVENT_TYPE = /^[A-Za-z0-9_.-]{1,100}$/;

/** Sends what earlier runs left as well: all that is pending goes out under the ids that it has. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const records = await options.store.subscriptions();
  return new DeliveryEngine(
    options,
    new Map(records.map(({ subscription, stats }) => [subscription.id, stats])),
  );
}

/** A subscription's way out of here. */
interface Route {
  readonly target: number;
  readonly lane: Lane;
  readonly counters: Counters;
  /** Its URL as logs show it. */
  shownUrl: string;
}

interface Shipment extends Job {
  readonly route: Route;
  readonly delivery: DueDelivery;
}

class DeliveryEngine implements Engine {
  readonly #store: Store;
  readonly #registry: SubscriptionRegistry;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: DeliverySettings;
  readonly #ids: EventIds;
  readonly #log: DeliveryLog;
  readonly #pool: SenderPool<Shipment>;
  readonly #settler: Settler;
  readonly #tally = new Tally();
  readonly #routes = new Map<SubscriptionId, Route>();
  readonly #unsubscribe: () => void;
  /** What the clock lacks to the newest event of earlier runs. Ids carry it on, so the next run makes up for it too. */
  readonly #skew: number;
  #lastDeliveryId: number;
  #lastTarget = 0;
  #inFlight = 0;
  /** Of those in flight: they pause because this process has no means to connect. */
  #paused = 0;
  #storeProblem: string | undefined;
  #publishProblem: string | undefined;
  #stopped: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: EngineOptions, stats: ReadonlyMap<SubscriptionId, SubscriptionStats>) {
    const { store, state, registry, clock, logger, settings } = options;
    this.#store = store;
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = { ...DEFAULT_SETTINGS, ...settings };
    this.#ids = new EventIds(state.lastEventMs);
    this.#skew = Math.max(0, (state.lastEventMs + 1) * 1000 - clock.now());
    this.#lastDeliveryId = state.lastDeliveryId;
    this.#log = new DeliveryLog(logger, this.#settings.maxRetries);
    this.#settler = new Settler({
      store,
      clock,
      logger,
      onSettled: (settlements) => this.#settled(settlements),
    });
    this.#pool = new SenderPool<Shipment>({
      threads: this.#settings.workerThreads,
      clock,
      logger,
      onResults: (results) => this.#answered(results),
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

  counts(): EngineCounts {
    return this.#tally.counts(this.#pool.restarts);
  }

  health(): EngineHealth {
    const reason =
      this.#stopped === undefined
        ? (this.#storeProblem ?? this.#publishProblem ?? this.#settler.problem)
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
    if (this.#inFlight > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(graceMs, resolve);
        this.#onIdle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    await this.#pool.stop();
    await this.#settler.stop();
  }

  /** Never goes back, and lies above the newest event of earlier runs, whatever was done to the clock. */
  #now(): Micros {
    return micro(this.#clock.now() + this.#skew);
  }

  #identify(event: PbxEvent): PublishedEvent {
    const { type, occurredAt, callId } = event;
    if (!EVENT_TYPE.test(type)) {
      throw new EngineError(
        'event_invalid',
        `An event type is made of up to 100 letters, digits, dots, dashes and underscores; got ${JSON.stringify(type)}`,
      );
    }
    const id = this.#ids.next(type, msFromMicros(this.#now()));
    try {
      return { id, type, occurredAt, callId, body: envelopeOf(id, event) };
    } catch (error) {
      const message = `The data of ${type} can't be written as JSON: ${reasonOf(error)}`;
      throw new EngineError('event_invalid', message, { cause: error });
    }
  }

  #publicationOf(event: PbxEvent): Publication {
    if (this.#stopped !== undefined) {
      throw new EngineError('engine_stopped', 'The engine has stopped and takes no more events.');
    }
    const published = this.#identify(event);
    const dueAt = this.#now();
    const deliveries = this.#registry
      .matching(event.type)
      .map(({ id }) => ({ id: ++this.#lastDeliveryId as DeliveryId, subscriptionId: id, dueAt }));
    return { event: published, deliveries };
  }

  async #keep(publications: readonly Publication[], memos: readonly Memo[]): Promise<void> {
    try {
      await this.#store.publish(publications, memos);
      this.#publishProblem = undefined;
    } catch (error) {
      this.#publishProblem = reasonOf(error);
      throw error;
    }
    this.#tally.published(publications);
    for (const { event, deliveries } of publications) {
      for (const { id, subscriptionId, dueAt } of deliveries) {
        const route = this.#routes.get(subscriptionId);
        route?.counters.accepted();
        route?.lane.offer({ id, subscriptionId, event, attempts: 0, dueAt });
      }
    }
  }

  #changed({ kind, subscription }: SubscriptionChange): void {
    const route = this.#routes.get(subscription.id);
    if (kind === 'removed') {
      route?.lane.close();
      this.#routes.delete(subscription.id);
      if (route !== undefined) {
        this.#pool.forget(route.target);
      }
    } else if (route === undefined) {
      this.#open(subscription);
    } else {
      this.#aim(route, subscription);
      route.lane.setEnabled(subscription.enabled);
    }
  }

  #open(subscription: Subscription, stats?: SubscriptionStats): void {
    const limits: LaneLimits = { concurrency: this.#settings.concurrency, capacity: LANE_CAPACITY };
    const lane = new Lane({
      subscriptionId: subscription.id,
      enabled: subscription.enabled,
      limits,
      clock: this.#clock,
      now: () => this.#now(),
      send: (delivery) => this.#send(route, delivery),
      due: (query) => this.#store.due(query),
      onLoadError: (error) =>
        this.#logger.error(`What waits for ${route.shownUrl} can't be read. ${reasonOf(error)}`),
    });
    const route: Route = { target: ++this.#lastTarget, lane, counters: new Counters(stats), shownUrl: '' };
    this.#routes.set(subscription.id, route);
    this.#aim(route, subscription);
    lane.pump();
  }

  #aim(route: Route, { url, headers, secret }: Subscription): void {
    route.shownUrl = maskedUrl(url);
    const secrets = secret === undefined ? [] : [secret];
    this.#pool.setTarget({ id: route.target, url, headers, secrets, timeoutMs: this.#settings.timeoutMs });
  }

  #send(route: Route, delivery: DueDelivery): void {
    this.#inFlight += 1;
    const { event, attempts } = delivery;
    this.#pool.send({ target: route.target, event, attempt: attempts + 1, route, delivery });
  }

  #answered(answers: readonly (readonly [Shipment, Attempt])[]): void {
    const results = answers.filter(([shipment, attempt]) => !this.#pauses(shipment, attempt));
    const settlements = results.map(([{ route, delivery }, attempt]) => {
      const { id, subscriptionId, event } = delivery;
      const settlement: Settlement = { id, subscriptionId, attempt, next: this.#nextAfter(attempt) };
      this.#log.attempted(event.type, route.shownUrl, settlement);
      route.counters.settled(settlement);
      return settlement;
    });
    this.#tally.attempted(settlements);
    this.#settler.settle(settlements);
    this.#inFlight -= results.length;
    for (const [{ route, delivery }] of results) {
      route.lane.attempted(delivery);
    }
    if (this.#inFlight === 0) {
      this.#onIdle?.();
    }
  }

  /** Whether the attempt could not even begin; then it is made again under its number, as often as it takes. */
  #pauses(shipment: Shipment, { outcome }: Attempt): boolean {
    if (outcome.kind !== 'error' || outcome.code !== 'exhausted') {
      return false;
    }
    if (this.#paused === 0) {
      this.#logger.error(
        `${outcome.message}: deliveries wait and are tried again every second. Raise the limit (ulimit -n, LimitNOFILE).`,
      );
    }
    this.#paused += 1;
    this.#clock.after(EXHAUSTED_PAUSE_MS, () => {
      this.#paused -= 1;
      this.#pool.send(shipment);
    });
    return true;
  }

  #nextAfter({ number, outcome }: Attempt): Settlement['next'] {
    if (outcome.kind === 'response' && outcome.response.status >= 200 && outcome.response.status < 300) {
      return { state: 'delivered' };
    }
    const { maxRetries, retryDelayMs } = this.#settings;
    const after = afterFailure(number, { maxAttempts: maxRetries, delayMs: retryDelayMs });
    return after.kind === 'retry'
      ? { state: 'pending', dueAt: micro(this.#now() + after.delayMs * 1000) }
      : { state: 'dead' };
  }

  #settled(settlements: readonly Settlement[]): void {
    this.#publishProblem = undefined;
    for (const { id, subscriptionId, attempt, next } of settlements) {
      if (attempt.outcome.kind === 'response' && attempt.outcome.response.status === GONE) {
        this.#gone(subscriptionId);
      }
      this.#routes.get(subscriptionId)?.lane.settled(id, next);
    }
  }

  #gone(id: SubscriptionId): void {
    if (this.#registry.get(id)?.enabled === true) {
      this.#registry
        .disable(id, 'gone')
        .catch((error: unknown) =>
          this.#logger.error(`A receiver that is gone (410) could not be disabled. ${reasonOf(error)}`),
        );
    }
  }
}
