import { type Micros, micro } from '../util/clock.ts';

const DAY = 24 * 3_600 * 1_000_000;
/** A receiver that failed for so long is sent nothing more, until someone enables it again. */
const MOST_DAYS = 5;

/** Since when every attempt of a subscription failed: from the moment at which its breaker opened. */
export class Failing {
  #since: Micros | undefined;
  #warnedDays = 0;

  /** @param since of an earlier run. */
  constructor(since: Micros | undefined) {
    this.#since = since;
  }

  get since(): Micros | undefined {
    return this.#since;
  }

  begin(at: Micros): void {
    this.#since ??= at;
  }

  end(): void {
    this.#since = undefined;
    this.#warnedDays = 0;
  }

  /** After a failed attempt: a warning for each full day, and in the end that it is enough. */
  verdict(
    now: Micros,
  ): { readonly kind: 'fine' | 'give_up' } | { readonly kind: 'warn'; readonly days: number } {
    if (this.#since === undefined) return { kind: 'fine' };
    const days = Math.floor((now - this.#since) / DAY);
    if (days >= MOST_DAYS) return { kind: 'give_up' };
    if (days <= this.#warnedDays) return { kind: 'fine' };
    this.#warnedDays = days;
    return { kind: 'warn', days };
  }

  /** When it would be enough. */
  get until(): Micros | undefined {
    return this.#since && micro(this.#since + MOST_DAYS * DAY);
  }
}
