import type { z } from 'zod';
import { type ActivityReport, LATENCY_BOUNDS, type MinuteActivity } from '../delivery/activity.ts';
import type { Engine } from '../delivery/engine.ts';
import type { DeliveryHistory } from '../delivery/history.ts';
import type { SubscriptionRegistry } from '../subscription/registry.ts';
import { type Clock, micro, rfc3339Micros } from '../util/clock.ts';
import { combined, type HistogramSnapshot, quantile } from '../util/histogram.ts';
import { MOST_COUNTED } from './counts.ts';
import { timeOrNull } from './delivery-view.ts';
import type { HealthCheck } from './health.ts';
import type { AnswerOf } from './operations/operations.ts';
import type { streamEventSchemas } from './schemas/live.ts';

export interface StatsParts {
  readonly registry: Pick<SubscriptionRegistry, 'list'>;
  readonly engine: Pick<Engine, 'stats' | 'breaker' | 'nextAttemptAt' | 'activity' | 'health'>;
  readonly history: Pick<DeliveryHistory, 'oldestPending' | 'countDead'>;
  readonly sources: () => readonly HealthCheck[];
  readonly clock: Clock;
  readonly version: string;
}

type AllStats = AnswerOf<'GET /stats'>;
type LiveStats = z.output<(typeof streamEventSchemas)['stats']>;

/** What the store tells of all that is not delivered. */
type Undelivered = Pick<LiveStats['totals'], 'oldest_pending_at' | 'dead_letters'>;

/** How it goes right now, as the API shows it. */
export class Stats {
  readonly #parts: StatsParts;
  #undelivered: Promise<Undelivered> | undefined;

  constructor(parts: StatsParts) {
    this.#parts = parts;
  }

  async all(): Promise<AllStats> {
    const { engine, version } = this.#parts;
    const report = engine.activity();
    const health = engine.health();
    return {
      ...(await this.#common(report)),
      started_at: rfc3339Micros(report.since),
      version,
      last_hour: lastHour(report.minutes),
      minutes: report.minutes.map(minuteView),
      engine: { ok: health.state === 'ready', state: health.state === 'ready' ? 'ready' : health.reason },
    };
  }

  /** What changes from moment to moment. */
  async live(): Promise<LiveStats> {
    const report = this.#parts.engine.activity();
    const [minute] = report.minutes.slice(-1).map(minuteView);
    if (minute === undefined) throw new RangeError('there is no current minute');
    return { ...(await this.#common(report)), minute };
  }

  async #common({ totals }: ActivityReport): Promise<Omit<LiveStats, 'minute'>> {
    const { registry, engine, sources, clock } = this.#parts;
    const undelivered = await this.#askStore();
    const subscriptions = registry.list().map(({ id }) => ({
      id,
      backlog: engine.stats(id).backlog,
      breaker: engine.breaker(id),
      next_attempt_at: timeOrNull(engine.nextAttemptAt(id)),
    }));
    const { events, delivered, dead, expired, failed } = totals;
    return {
      now: rfc3339Micros(clock.now()),
      totals: {
        events,
        delivered,
        dead,
        expired,
        attempts_failed: failed,
        backlog: subscriptions.reduce((sum, { backlog }) => sum + backlog, 0),
        ...undelivered,
      },
      sources: [...sources()],
      subscriptions,
    };
  }

  /** Any number of those who ask at once are one reader of the store. */
  #askStore(): Promise<Undelivered> {
    this.#undelivered ??= this.#readUndelivered().finally(() => {
      this.#undelivered = undefined;
    });
    return this.#undelivered;
  }

  async #readUndelivered(): Promise<Undelivered> {
    const [oldest, dead] = await Promise.all([
      this.#oldestPending(),
      this.#parts.history.countDead(MOST_COUNTED),
    ]);
    return { oldest_pending_at: oldest, dead_letters: dead };
  }

  async #oldestPending(): Promise<string | null> {
    const oldest = await this.#parts.history.oldestPending();
    const sent = new Set(this.#parts.registry.list().flatMap(({ id, enabled }) => (enabled ? [id] : [])));
    const times = oldest.flatMap(({ subscriptionId, createdAt }) =>
      sent.has(subscriptionId) ? [createdAt] : [],
    );
    return times.length === 0 ? null : rfc3339Micros(micro(Math.min(...times)));
  }
}

function lastHour(minutes: readonly MinuteActivity[]): AllStats['last_hour'] {
  const sum = (key: 'attempts' | 'failed') => minutes.reduce((total, minute) => total + minute[key], 0);
  const attempts = sum('attempts');
  const latency = combined(
    LATENCY_BOUNDS,
    minutes.map((minute) => minute.latency),
  );
  return {
    attempts,
    success_rate: attempts === 0 ? null : (attempts - sum('failed')) / attempts,
    latency_ms:
      latency.count === 0
        ? null
        : {
            p50: millisecondsAt(latency, 0.5),
            p95: millisecondsAt(latency, 0.95),
            p99: millisecondsAt(latency, 0.99),
          },
  };
}

function minuteView({ at, latency, attempts: _, ...counts }: MinuteActivity): AllStats['minutes'][number] {
  const isEmpty = latency.count === 0;
  return {
    at: rfc3339Micros(at),
    ...counts,
    latency_p50: isEmpty ? null : millisecondsAt(latency, 0.5),
    latency_p95: isEmpty ? null : millisecondsAt(latency, 0.95),
  };
}

/** To a tenth: more is not known. */
function millisecondsAt(latency: HistogramSnapshot, q: number): number {
  return Math.round(quantile(latency, q) * 10) / 10;
}
