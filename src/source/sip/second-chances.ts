import type { Clock, Timer } from '../../util/clock.ts';
import type { Leg } from './leg.ts';

/** Enough for a person who is asked for the password. */
const CHANCE_MS = 30_000;

/** Ends of legs that wait for an INVITE to be sent anew. */
export class SecondChances {
  readonly #after: Clock['after'];
  readonly #waiting = new Map<Leg, Timer>();

  constructor(after: Clock['after']) {
    this.#after = after;
  }

  /** Calls `end` unless the chance is taken in time. */
  give(leg: Leg, end: () => void): void {
    this.take(leg);
    const timer = this.#after(CHANCE_MS, () => {
      this.#waiting.delete(leg);
      end();
    });
    this.#waiting.set(leg, timer);
  }

  has(leg: Leg): boolean {
    return this.#waiting.has(leg);
  }

  take(leg: Leg): void {
    this.#waiting.get(leg)?.cancel();
    this.#waiting.delete(leg);
  }

  stop(): void {
    for (const timer of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }
}

/** Refusals after which a caller sends its INVITE anew with the same Call-ID: RFC 3261 section 8.1.3, RFC 4028. */
export function invitesAnother(status: number): boolean {
  return (status >= 300 && status < 400) || ANOTHER.has(status);
}

const ANOTHER: ReadonlySet<number> = new Set([401, 407, 413, 415, 416, 420, 422]);
