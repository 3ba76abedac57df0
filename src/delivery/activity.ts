import { FINAL_ERROR_CODES } from '../model/delivery.ts';
import type { Settlement } from '../store/store.ts';
import { type Micros, micro } from '../util/clock.ts';
import { Histogram, type HistogramSnapshot } from '../util/histogram.ts';

/** So many are told apart: the last hour. */
const MINUTES = 60;

const MINUTE = 60_000_000;

/** Milliseconds, a quarter apart: from half of one to an hour, the longest timeout. */
export const LATENCY_BOUNDS: readonly number[] = Array.from({ length: 72 }, (_, n) => 0.5 * 1.25 ** n);

export interface ActivityCounts {
  /** Accepted. */
  readonly events: number;
  readonly attempts: number;
  /** Attempts that failed. */
  readonly failed: number;
  /** Deliveries that ended, by how. */
  readonly delivered: number;
  readonly dead: number;
  readonly expired: number;
}

export interface MinuteActivity extends ActivityCounts {
  /** When the minute began. */
  readonly at: Micros;
  /** Milliseconds that attempts took. */
  readonly latency: HistogramSnapshot;
}

export interface ActivityReport {
  readonly since: Micros;
  /** Since then. */
  readonly totals: ActivityCounts;
  /** The last {@link MINUTES}, the oldest first; the last one goes on. */
  readonly minutes: readonly MinuteActivity[];
}

/** Counts what happens, by the minute. Plain numbers in place: counting makes no garbage. */
export class Activity {
  readonly #now: () => Micros;
  readonly #since: Micros;
  readonly #totals = new Counts();
  readonly #minutes = Array.from({ length: MINUTES }, () => new Minute());

  constructor(now: () => Micros) {
    this.#now = now;
    this.#since = now();
  }

  published(events: number): void {
    this.#totals.events += events;
    this.#minute(this.#now()).counts.events += events;
  }

  settled(settlements: readonly Settlement[]): void {
    if (settlements.length === 0) return;
    const { counts, latency } = this.#minute(this.#now());
    for (const settlement of settlements) {
      this.#totals.settled(settlement);
      counts.settled(settlement);
      if (wasSent(settlement)) latency.observe(settlement.attempt?.durationMs ?? 0);
    }
  }

  report(): ActivityReport {
    const current = numberOf(this.#now());
    const minutes = Array.from({ length: MINUTES }, (_, n) => this.#shown(current - MINUTES + 1 + n));
    return { since: this.#since, totals: this.#totals.copy(), minutes };
  }

  #minute(at: Micros): Minute {
    const number = numberOf(at);
    const minute = this.#minutes[number % MINUTES] ?? new Minute();
    if (minute.number !== number) minute.begin(number);
    return minute;
  }

  #shown(number: number): MinuteActivity {
    const kept = this.#minutes[number % MINUTES];
    const { counts, latency } = kept?.number === number ? kept : NOTHING;
    return { at: micro(number * MINUTE), ...counts.copy(), latency: latency.snapshot() };
  }
}

class Counts {
  events = 0;
  attempts = 0;
  failed = 0;
  delivered = 0;
  dead = 0;
  expired = 0;

  settled({ attempt, next }: Settlement): void {
    if (attempt !== undefined) {
      this.attempts += 1;
      if (next.state !== 'delivered') this.failed += 1;
    }
    if (next.state !== 'pending') this[next.state] += 1;
  }

  copy(): ActivityCounts {
    return { ...this };
  }
}

class Minute {
  /** Since the epoch; none yet. */
  number = -1;
  counts = new Counts();
  readonly latency = new Histogram(LATENCY_BOUNDS);

  begin(number: number): void {
    this.number = number;
    this.counts = new Counts();
    this.latency.clear();
  }
}

const NOTHING = new Minute();

function numberOf(at: Micros): number {
  return Math.floor(at / MINUTE);
}

/** Whether it says how long a receiver took. */
function wasSent({ attempt }: Settlement): boolean {
  return (
    attempt !== undefined &&
    !(attempt.outcome.kind === 'error' && FINAL_ERROR_CODES.has(attempt.outcome.code))
  );
}
