import { type Micros, micro } from '../util/clock.ts';

export type BreakerState = 'closed' | 'half_open' | 'open';

/** What an attempt says of its receiver: that it is well, that it fails, or nothing, because the attempt never got there. */
export type Sign = 'well' | 'fails' | 'none';

/** Failed attempts in a row that open it. */
const OPENS_AFTER = 10;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

/**
 * Spares a receiver that is down, and this process the attempts:
 *
 *   closed ──10 failures in a row──> open ──30 s──> half open ──success──> closed
 *                                     ^                │
 *                                     └──failure───────┘   twice as long each time, up to 10 min
 *
 * Deliveries wait meanwhile. An attempt that says nothing of the receiver counts for neither: was it the probe, the next
 * one is. Plain state; whoever asks brings the time.
 */
export class Breaker {
  #failures = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #openUntil: Micros | undefined;
  #isProbing = false;

  get state(): BreakerState {
    if (this.#openUntil === undefined) return 'closed';
    return this.#isProbing ? 'half_open' : 'open';
  }

  /** When the next attempt may be made; undefined: now. */
  closedUntil(now: Micros): Micros | undefined {
    if (this.#openUntil === undefined) return undefined;
    // While the probe is under way nobody knows when the next one may be.
    if (this.#isProbing) return micro(Number.MAX_SAFE_INTEGER);
    return this.#openUntil <= now ? undefined : this.#openUntil;
  }

  /** An attempt goes out. */
  sent(): void {
    if (this.#openUntil !== undefined) this.#isProbing = true;
  }

  /** An attempt is over; gives whether it opened with it. */
  heard(sign: Sign, now: Micros): boolean {
    switch (sign) {
      case 'well':
        this.reset();
        return false;
      case 'fails':
        return this.#failed(now);
      case 'none':
        this.#isProbing = false;
        return false;
      default:
        return sign satisfies never;
    }
  }

  /** Gives whether that opened it. */
  #failed(now: Micros): boolean {
    this.#failures += 1;
    if (this.#openUntil !== undefined) {
      // Attempts that were under way when it opened say nothing new.
      if (!this.#isProbing) return false;
      this.#isProbing = false;
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
      this.#openUntil = micro(now + this.#pauseMs * 1000);
      return false;
    }
    if (this.#failures < OPENS_AFTER) return false;
    this.#openUntil = micro(now + this.#pauseMs * 1000);
    return true;
  }

  /** As if nothing had been: someone mended the receiver, or says so. */
  reset(): void {
    this.#failures = 0;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#openUntil = undefined;
    this.#isProbing = false;
  }
}
