import { type Attempt, FINAL_ERROR_CODES } from '../model/delivery.ts';
import type { EnvelopeParts } from '../model/event.ts';
import type { SubscriptionId } from '../model/ids.ts';
import type { AttemptSettlement, DueDelivery, Settlement, Store } from '../store/store.ts';
import { type Clock, type Micros, micro } from '../util/clock.ts';
import { type Deferred, deferred } from '../util/deferred.ts';
import type { Logger } from '../util/log.ts';
import type { Activity } from './activity.ts';
import type { Sign } from './breaker.ts';
import type { DeliveryLog } from './delivery-log.ts';
import type { DeliveryChange, Feed } from './feed.ts';
import type { ResolveName } from './name-resolver.ts';
import { PassingSettlement } from './passing.ts';
import { engineStopped } from './publications.ts';
import type { ReceiverHealth } from './receiver-health.ts';
import { type Period, startedWithin } from './request-shapes.ts';
import { afterFailure } from './retry.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Route } from './route.ts';
import type { Answered } from './sender/member.ts';
import { SenderPool } from './sender/pool.ts';
import type { Job, Target } from './sender/protocol.ts';
import { Settler } from './settler.ts';
import type { Tally } from './tally.ts';

export interface DispatcherOptions {
  readonly store: Pick<Store, 'settle'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: DeliveryLog;
  readonly tally: Tally;
  readonly activity: Activity;
  readonly feed: Feed;
  readonly health: ReceiverHealth;
  /** The time that deliveries' due times are told in. */
  readonly now: () => Micros;
  readonly threads: number;
  readonly resolve: ResolveName | undefined;
  readonly routeOf: (id: SubscriptionId) => Route | undefined;
  /** Something reached the disk. */
  readonly onStored: () => void;
}

/** Pause before an attempt that this process had no means for is made. */
const EXHAUSTED_PAUSE_MS = 1_000;

/** The status by which a receiver asks to be sent nothing more (RFC 9110, 15.5.11). */
const GONE = 410;

const DELIVERED = { state: 'delivered' } as const;

type AttemptChange = Extract<DeliveryChange, AttemptSettlement>;

interface Shipment extends Job {
  readonly route: Route;
  /** When it was sent off. */
  readonly period: Period;
  readonly request: readonly DueDelivery[];
}

/** One attempt beside all deliveries: nothing but its result comes of it. */
interface Trial extends Job {
  readonly done: Deferred<Attempt>;
}

/** Has requests sent, and sees to what comes of them: on the disk, in the lanes, in the log, at the counters. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #pool: SenderPool<Shipment | Trial>;
  readonly #settler: Settler<DeliveryChange>;
  #inFlight = 0;
  /** Of those in flight: they pause because this process has no means to connect. */
  #paused = 0;
  #onIdle: (() => void) | undefined;
  readonly #trials = new Set<Trial>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { store, clock, logger, threads, resolve } = options;
    this.#settler = new Settler({
      store,
      clock,
      logger,
      onSettled: (settlements) => this.#settled(settlements),
    });
    this.#pool = new SenderPool<Shipment | Trial>({
      threads,
      clock,
      logger,
      resolve,
      onResults: (results) => this.#answered(results),
    });
  }

  /** Why results can't be stored right now. */
  get problem(): string | undefined {
    return this.#settler.problem;
  }

  /** Senders that died and were replaced. */
  get restarts(): number {
    return this.#pool.restarts;
  }

  /** From now on what goes there goes as `target` says. */
  aim(target: Target): void {
    this.#pool.setTarget(target);
  }

  forget({ target }: Route): void {
    this.#pool.forget(target);
  }

  /** Makes one attempt for all of them. */
  send(route: Route, request: readonly DueDelivery[]): void {
    this.#inFlight += 1;
    const events = request.map(({ event }) => event);
    const attempt = request.reduce((most, { attempts }) => Math.max(most, attempts), 0) + 1;
    this.#pool.send({ target: route.target, events, attempt, route, period: route.period, request });
  }

  /** Makes one attempt for an event that is no delivery; rejects with an EngineError when all ends before it is over. */
  async try({ target }: Route, event: EnvelopeParts): Promise<Attempt> {
    const trial = { target, events: [event], attempt: 1, done: deferred<Attempt>() };
    this.#trials.add(trial);
    this.#pool.send(trial);
    try {
      return await trial.done.promise;
    } finally {
      this.#trials.delete(trial);
    }
  }

  /** Ends deliveries whose event is too old. */
  expire(route: Route, deliveries: readonly DueDelivery[]): void {
    const endedAt = this.#options.now();
    const settlements = deliveries.map(({ id, subscriptionId, event }): DeliveryChange => {
      this.#options.log.expired(event.type, route.shownUrl);
      const next = { state: 'expired', endedAt } as const;
      return { id, subscriptionId, event: event.position, next, published: event };
    });
    for (const settlement of settlements) route.counters.settled(settlement);
    this.#options.activity.settled(settlements);
    this.#settler.settle(settlements);
  }

  /** Lets attempts in flight finish for at most `graceMs`; resolves when what became of them is on disk. */
  async stop(graceMs: number): Promise<void> {
    if (this.#inFlight > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(graceMs, resolve);
        this.#onIdle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    await this.#pool.stop();
    for (const { done } of this.#trials) done.reject(engineStopped());
    await this.#settler.stop();
  }

  #answered(answers: readonly Answered<Shipment | Trial>[]): void {
    const results: Answered<Shipment>[] = [];
    for (const [job, attempt] of answers) {
      if ('done' in job) job.done.resolve(attempt);
      else if (!this.#pauses(job, attempt)) results.push([job, startedWithin(job.period, attempt)]);
    }
    const settled = results.map(([shipment, attempt]) => this.#settlementsOf(shipment, attempt));
    const settlements = settled.flat();
    this.#options.tally.attempted(settlements);
    this.#options.activity.settled(settlements);
    this.#settler.settle(settlements);
    this.#inFlight -= results.length;
    for (const [index, [shipment, attempt]] of results.entries()) {
      this.#landed(shipment, attempt, settled[index] ?? []);
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
    const { clock, logger } = this.#options;
    if (this.#paused === 0) {
      logger.error(
        `${outcome.message}: deliveries wait and are tried again every second. Raise the limit (ulimit -n, LimitNOFILE).`,
      );
    }
    this.#paused += 1;
    clock.after(EXHAUSTED_PAUSE_MS, () => {
      this.#paused -= 1;
      this.#pool.send({ ...shipment, period: shipment.route.period });
    });
    return true;
  }

  /** One attempt may have been for many deliveries. */
  #settlementsOf({ route, request }: Shipment, attempt: Attempt): readonly AttemptChange[] {
    const { clock, now, log } = this.#options;
    const succeeded = isSuccess(attempt);
    const askedMs = succeeded ? 0 : retryAfterMs(attempt.outcome, clock.wall() / 1000);
    if (askedMs > 0) {
      route.lane.pauseUntil(micro(now() + askedMs * 1000));
    }
    // One draw and one moment for all of them: what went together comes back together.
    const retryAt = { now: now(), draw: Math.random(), askedMs };
    const settlements = request.map((delivery) => {
      const { attempts } = delivery;
      const own = attempts + 1 === attempt.number ? attempt : { ...attempt, number: attempts + 1 };
      const next = succeeded ? DELIVERED : nextAfter(own, delivery, route.policy, retryAt);
      const settlement = new PassingSettlement(delivery, own, next);
      route.counters.settled(settlement);
      return settlement;
    });
    const fates = settlements.map((settlement, index) => ({
      eventType: request[index]?.event.type ?? '',
      askedAfter: request[index]?.askedAfter,
      settlement,
    }));
    log.answered(route.shownUrl, route.policy.maxAttempts, fates);
    return settlements;
  }

  #landed({ route, request }: Shipment, attempt: Attempt, settlements: readonly AttemptSettlement[]): void {
    const { health } = this.#options;
    const sign = signOf(attempt);
    const next = settlements.map((settlement) => settlement.next);
    const opened = route.lane.attempted(request, sign, next);
    if (opened) health.opened(route);
    if (sign === 'well') health.succeeded(route);
    if (sign === 'fails') health.failed(route);
  }

  #settled(settlements: readonly DeliveryChange[]): void {
    const { routeOf, health, feed, onStored } = this.#options;
    onStored();
    feed.settled(settlements);
    for (const [subscriptionId, own] of Map.groupBy(settlements, (one) => one.subscriptionId)) {
      const route = routeOf(subscriptionId);
      if (route === undefined) continue;
      if (own.some(isGone)) health.disable(route, 'gone');
      route.lane.settled(own);
    }
  }
}

function nextAfter(
  { number, outcome }: Attempt,
  { askedAfter = 0 }: DueDelivery,
  policy: Route['policy'],
  { now, draw, askedMs }: { readonly now: Micros; readonly draw: number; readonly askedMs: number },
): AttemptSettlement['next'] {
  if (sentNothing(outcome)) {
    return { state: 'dead' };
  }
  const after = afterFailure(number - askedAfter, policy, askedMs, draw);
  return after.kind === 'retry'
    ? { state: 'pending', dueAt: micro(now + after.delayMs * 1000) }
    : { state: 'dead' };
}

function isGone({ attempt }: Settlement): boolean {
  return attempt?.outcome.kind === 'response' && attempt.outcome.response.status === GONE;
}

/** Whether it ended before anything was sent, and would again. */
function sentNothing(outcome: Attempt['outcome']): boolean {
  return outcome.kind === 'error' && FINAL_ERROR_CODES.has(outcome.code);
}

function signOf(attempt: Attempt): Sign {
  if (sentNothing(attempt.outcome)) return 'none';
  return isSuccess(attempt) ? 'well' : 'fails';
}

export function isSuccess({ outcome }: Attempt): boolean {
  return outcome.kind === 'response' && outcome.response.status >= 200 && outcome.response.status < 300;
}
