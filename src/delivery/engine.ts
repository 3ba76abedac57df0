import { type Attempt, FINAL_ERROR_CODES } from '../model/delivery.ts';
import { envelopeOf, type PbxEvent, type PublishedEvent } from '../model/event.ts';
import type { DeliveryId, EventId, SubscriptionId } from '../model/ids.ts';
import type { Memo } from '../model/memo.ts';
import type { DisabledReason, Subscription, SubscriptionStats } from '../model/subscription.ts';
import type {
  AttemptSettlement,
  DueDelivery,
  NewDelivery,
  Publication,
  Settlement,
  Store,
  StoreState,
} from '../store/store.ts';
import type { SubscriptionChange, SubscriptionRegistry } from '../subscription/registry.ts';
import { type Clock, type Micros, micro, msFromMicros, rfc3339Seconds } from '../util/clock.ts';
import { CodedError, reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import { accessOf } from './access.ts';
import { Counters } from './counters.ts';
import { DeliveryLog } from './delivery-log.ts';
import { EventIds } from './event-ids.ts';
import { Lane } from './lane.ts';
import type { ResolveName } from './name-resolver.ts';
import { afterFailure } from './retry.ts';
import { retryAfterMs } from './retry-after.ts';
import { aimedAt, limitsOf, newRoute, type Route, targetOf } from './route.ts';
import { SenderPool } from './sender/pool.ts';
import type { Job } from './sender/protocol.ts';
import { DEFAULT_SETTINGS, type DeliverySettings } from './settings.ts';
import { Settler } from './settler.ts';

/** What delivers: takes events, keeps them, sends them until each receiver has them or gave up. */
export interface Engine {
  /** Resolves with the event's id when it and its deliveries are on disk; rejects with a StoreError or EngineError. */
  publish(event: PbxEvent): Promise<EventId>;
  /** Publishes what happened at once, and keeps what is to be remembered with it: all of it or nothing. */
  publishAll(events: readonly PbxEvent[], memos: readonly Memo[]): Promise<void>;
  /** All zero for a subscription that it does not know. */
  stats(id: SubscriptionId): SubscriptionStats;
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
  /** Finds addresses where the main thread sends (`workerThreads: 0`). Default: this machine's names and DNS. */
  readonly resolve?: ResolveName | undefined;
}

/** Pause before an attempt that this process had no means for is made. */
const EXHAUSTED_PAUSE_MS = 1_000;

/** The status by which a receiver asks to be sent nothing more (RFC 9110, 15.5.11). */
const GONE = 410;

const NONE: readonly never[] = [];

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

interface Shipment extends Job {
  readonly route: Route;
  readonly request: readonly DueDelivery[];
}

/** An event and its deliveries; the last of them end at once, because their filter could not be evaluated. */
interface Outgoing extends Publication {
  readonly ended: readonly AttemptSettlement[];
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
    const { store, state, registry, clock, logger, settings, resolve } = options;
    this.#store = store;
    this.#registry = registry;
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = { ...DEFAULT_SETTINGS, ...settings };
    this.#ids = new EventIds(state.lastEventMs);
    this.#skew = Math.max(0, (state.lastEventMs + 1) * 1000 - clock.now());
    this.#lastDeliveryId = state.lastDeliveryId;
    this.#log = new DeliveryLog(logger);
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
      resolve,
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

  /** @param except who does not get it. */
  #publicationOf(event: PbxEvent, except?: SubscriptionId): Outgoing {
    if (this.#stopped !== undefined) {
      throw new EngineError('engine_stopped', 'The engine has stopped and takes no more events.');
    }
    const published = this.#identify(event);
    const { type, body } = published;
    const { wanting, failing } = this.#registry.matching({ type, data: event.data, body });
    const dueAt = this.#now();
    const deliveries = wanting.filter(({ id }) => id !== except).map(({ id }) => this.#deliveryTo(id, dueAt));
    if (failing.length === 0) {
      return { event: published, deliveries, ended: NONE };
    }
    const ended = failing.map(({ subscription, problem }) =>
      unfiltered(this.#deliveryTo(subscription.id, dueAt), problem, this.#clock.now()),
    );
    const dead = ended.map(({ id, subscriptionId }) => ({ id, subscriptionId, dueAt }));
    return { event: published, deliveries: [...deliveries, ...dead], ended };
  }

  #deliveryTo(subscriptionId: SubscriptionId, dueAt: Micros): NewDelivery {
    return { id: ++this.#lastDeliveryId as DeliveryId, subscriptionId, dueAt };
  }

  async #keep(publications: readonly Outgoing[], memos: readonly Memo[]): Promise<void> {
    const allEnded = publications.flatMap(({ ended }) => ended);
    try {
      await this.#store.publish(publications, memos, allEnded);
      this.#publishProblem = undefined;
    } catch (error) {
      this.#publishProblem = reasonOf(error);
      throw error;
    }
    for (const { event, deliveries, ended } of publications) {
      const waiting = ended.length === 0 ? deliveries : deliveries.slice(0, -ended.length);
      for (const { id, subscriptionId, dueAt } of waiting) {
        const route = this.#routes.get(subscriptionId);
        route?.counters.accepted();
        route?.lane.offer({ id, subscriptionId, event, attempts: 0, dueAt });
      }
      for (const settlement of ended) {
        const route = this.#routes.get(settlement.subscriptionId);
        route?.counters.accepted();
        route?.counters.settled(settlement);
        this.#log.attempted(event.type, route?.shownUrl ?? '', route?.policy.maxAttempts ?? 1, settlement);
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
      this.#adapt(route, subscription);
    }
  }

  #open(subscription: Subscription, stats?: SubscriptionStats): void {
    const lane = new Lane({
      subscriptionId: subscription.id,
      enabled: subscription.enabled,
      limits: limitsOf(subscription, this.#settings),
      clock: this.#clock,
      now: () => this.#now(),
      send: (request) => this.#send(route, request),
      expire: (deliveries) => this.#expire(route, deliveries),
      due: (query) => this.#store.due(query),
      retrying: () => this.#store.retrying(subscription.id),
      onLoadError: (error) =>
        this.#logger.error(`What waits for ${route.shownUrl} can't be read. ${reasonOf(error)}`),
    });
    const route = newRoute(++this.#lastTarget, lane, subscription, stats, this.#settings);
    this.#routes.set(subscription.id, route);
    this.#aim(route);
    void lane.start();
  }

  #adapt(route: Route, subscription: Subscription): void {
    const wasEnabled = route.subscription.enabled;
    Object.assign(route, aimedAt(subscription, this.#settings));
    this.#aim(route);
    route.lane.setLimits(limitsOf(subscription, this.#settings));
    route.lane.setEnabled(subscription.enabled);
    if (subscription.enabled && !wasEnabled) {
      route.failing.end();
    } else if (wasEnabled && !subscription.enabled) {
      this.#tellDisabled(route);
    }
  }

  /** Tells the senders where and how to send. */
  #aim(route: Route): void {
    const { secret, oldSecrets = [] } = route.subscription;
    const now = this.#now();
    const old = oldSecrets.filter(({ until }) => until > now);
    const secrets = secret === undefined ? [] : [secret, ...old.map((one) => one.secret)];
    const access = accessOf(route.subscription, {
      allow: this.#settings.allow,
      namedByConfig: this.#registry.namedByConfig(route.subscription),
    });
    if (access.unusable !== undefined) {
      this.#logger.error(`Nothing can be sent to ${route.shownUrl}. ${access.unusable}`);
    }
    this.#pool.setTarget({ ...targetOf(route, secrets, this.#settings), ...access });
    const next = Math.min(...old.map(({ until }) => until));
    if (Number.isFinite(next)) {
      const { subscription } = route;
      this.#clock.after(Math.ceil((next - now) / 1000), () => {
        if (route.subscription === subscription && this.#routes.has(subscription.id)) this.#aim(route);
      });
    }
  }

  #send(route: Route, request: readonly DueDelivery[]): void {
    this.#inFlight += 1;
    const events = request.map(({ event }) => event);
    const attempt = Math.max(...request.map(({ attempts }) => attempts)) + 1;
    this.#pool.send({ target: route.target, events, attempt, route, request });
  }

  #expire(route: Route, deliveries: readonly DueDelivery[]): void {
    const at = this.#now();
    const settlements = deliveries.map(({ id, subscriptionId, event }): Settlement => {
      this.#log.expired(event.type, route.shownUrl);
      return { id, subscriptionId, next: { state: 'expired', at } };
    });
    for (const settlement of settlements) route.counters.settled(settlement);
    this.#settler.settle(settlements);
  }

  #answered(answers: readonly (readonly [Shipment, Attempt])[]): void {
    const results = answers.filter(([shipment, attempt]) => !this.#pauses(shipment, attempt));
    const settled = results.map(([shipment, attempt]) => this.#settlementsOf(shipment, attempt));
    this.#settler.settle(settled.flat());
    this.#inFlight -= results.length;
    for (const [index, [shipment, attempt]] of results.entries()) {
      this.#landed(shipment, attempt, settled[index] ?? []);
    }
    if (this.#inFlight === 0) {
      this.#onIdle?.();
    }
  }

  /** One attempt may have been for many deliveries. */
  #settlementsOf({ route, request }: Shipment, attempt: Attempt): readonly AttemptSettlement[] {
    const succeeded = isSuccess(attempt);
    const askedMs = succeeded ? 0 : retryAfterMs(attempt.outcome, this.#clock.wall() / 1000);
    if (askedMs > 0) {
      route.lane.pauseUntil(micro(this.#now() + askedMs * 1000));
    }
    return request.map(({ id, subscriptionId, event, attempts }) => {
      const own = { ...attempt, number: attempts + 1 };
      const next = succeeded ? DELIVERED : this.#nextAfter(own, route, askedMs);
      const settlement = { id, subscriptionId, attempt: own, next };
      this.#log.attempted(event.type, route.shownUrl, route.policy.maxAttempts, settlement);
      route.counters.settled(settlement);
      return settlement;
    });
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

  #landed({ route, request }: Shipment, attempt: Attempt, settlements: readonly AttemptSettlement[]): void {
    const succeeded = isSuccess(attempt);
    const next = settlements.map((settlement) => settlement.next);
    const breaker = route.lane.attempted(request, succeeded, next);
    if (breaker !== undefined) {
      this.#breakerTurned(route, breaker);
    }
    if (!succeeded) {
      this.#watch(route);
    }
  }

  #nextAfter({ number, outcome }: Attempt, { policy }: Route, askedMs: number): AttemptSettlement['next'] {
    if (outcome.kind === 'error' && FINAL_ERROR_CODES.has(outcome.code)) {
      return { state: 'dead' };
    }
    const after = afterFailure(number, policy, askedMs, Math.random());
    return after.kind === 'retry'
      ? { state: 'pending', dueAt: micro(this.#now() + after.delayMs * 1000) }
      : { state: 'dead' };
  }

  #breakerTurned(route: Route, now: 'opened' | 'closed'): void {
    const { subscription, shownUrl, failing } = route;
    if (now === 'opened') {
      failing.begin(this.#now());
      this.#logger.warn(
        `${shownUrl} failed many times in a row: it is tried again in 30 s, then less and less often; its events wait`,
      );
    } else {
      failing.end();
      this.#logger.info(`${shownUrl} takes events again`);
    }
    this.#unlessRefused(this.#registry.setFailingSince(subscription.id, failing.since));
  }

  /** Warns of a receiver that has failed for days, and in the end sends it nothing more. */
  #watch(route: Route): void {
    const verdict = route.failing.verdict(this.#now());
    if (verdict.kind === 'warn') {
      this.#logger.warn(
        `${route.shownUrl} has failed for ${verdict.days} days: after 5 days it is disabled, its events are kept`,
      );
    } else if (verdict.kind === 'give_up') {
      this.#disable(route, 'failing');
    }
  }

  #disable({ subscription }: Route, reason: DisabledReason): void {
    if (this.#registry.get(subscription.id)?.enabled === true) {
      this.#unlessRefused(this.#registry.disable(subscription.id, reason));
    }
  }

  #tellDisabled({ subscription, shownUrl }: Route): void {
    const at = this.#now();
    const data = {
      timestamp: rfc3339Seconds(at),
      url: shownUrl,
      reason: subscription.disabledReason ?? 'requested',
    };
    const event = { type: 'subscription.disabled', occurredAt: at, data };
    // To the others: itself it would get that only once it is enabled again.
    this.#unlessRefused(this.#keep([this.#publicationOf(event, subscription.id)], []));
  }

  #unlessRefused(change: Promise<unknown>): void {
    change.catch((error: unknown) =>
      this.#logger.error(`What happened to a subscription could not be stored. ${reasonOf(error)}`),
    );
  }

  #settled(settlements: readonly Settlement[]): void {
    this.#publishProblem = undefined;
    for (const { id, subscriptionId, attempt, next } of settlements) {
      const route = this.#routes.get(subscriptionId);
      if (route === undefined) continue;
      if (attempt?.outcome.kind === 'response' && attempt.outcome.response.status === GONE) {
        this.#disable(route, 'gone');
      }
      route.lane.settled(id, next);
    }
  }
}

const DELIVERED = { state: 'delivered' } as const;

function isSuccess({ outcome }: Attempt): boolean {
  return outcome.kind === 'response' && outcome.response.status >= 200 && outcome.response.status < 300;
}

/** The end of a delivery whose filter could not be evaluated: nothing is sent. */
function unfiltered({ id, subscriptionId }: NewDelivery, problem: string, now: Micros): AttemptSettlement {
  const outcome = { kind: 'error', code: 'filter', message: problem } as const;
  const attempt: Attempt = { number: 1, startedAt: now, durationMs: 0, outcome };
  return { id, subscriptionId, attempt, next: { state: 'dead' } };
}
