import { type Micros, micro } from '../util/clock.ts';

/** Attempts of a tenth of a second may come at once: a queue is never that even. */
const BURST_SECONDS = 0.1;

/** At most so many attempts a second, evenly (GCRA, as in ATM Forum TM 4.0, section 4.4.2). */
export class RateLimit {
  readonly #interval: number;
  readonly #burst: number;
  /** When the next attempt would be due if all came evenly. */
  #due = Number.NEGATIVE_INFINITY;

  /** @param perSecond above 0. */
  constructor(perSecond: number) {
    this.#interval = 1_000_000 / perSecond;
    this.#burst = Math.max(0, BURST_SECONDS * 1_000_000 - this.#interval);
  }

  /** When the next attempt may be made; undefined: now. */
  freeAt(now: Micros): Micros | undefined {
    const at = this.#due - this.#burst;
    return at <= now ? undefined : micro(Math.ceil(at));
  }

  /** An attempt goes out. */
  sent(now: Micros): void {
    this.#due = Math.max(this.#due, now) + this.#interval;
  }
}
