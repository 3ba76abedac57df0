import { type Clock, type Micros, micro, microsFromMs, type Timer } from '../../src/util/clock.ts';

interface Pending extends Timer {
  readonly at: Micros;
  readonly fn: () => void;
}

/** A clock that a test moves by hand; timers fire in the order of their times, each at its own time. */
export class FakeClock implements Clock {
  #now: Micros;
  readonly #pending = new Set<Pending>();
  readonly #watchers = new Set<() => void>();

  /** Default start: 2025-12-07T12:00:00Z, the day of the guide's examples. */
  constructor(startMs = Date.UTC(2025, 11, 7, 12)) {
    this.#now = microsFromMs(startMs);
  }

  now(): Micros {
    return this.#now;
  }

  wall(): Micros {
    return this.#now;
  }

  elapsedMs(): number {
    return this.#now / 1000;
  }

  after(delayMs: number, fn: () => void): Timer {
    const at = micro(this.#now + Math.max(0, delayMs) * 1000);
    const pending: Pending = { at, fn, cancel: () => this.#pending.delete(pending) };
    this.#pending.add(pending);
    for (const check of this.#watchers) {
      check();
    }
    return pending;
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Resolves once a timer waits that fires in exactly `ms` from now. */
  armed(ms: number): Promise<void> {
    const at = this.#now + ms * 1000;
    return new Promise((resolve) => {
      const check = () => {
        if ([...this.#pending].some((pending) => pending.at === at)) {
          this.#watchers.delete(check);
          resolve();
        }
      };
      this.#watchers.add(check);
      check();
    });
  }

  advance(ms: number): void {
    const end = micro(this.#now + ms * 1000);
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#pending.delete(next);
      this.#now = next.at;
      next.fn();
    }
    this.#now = end;
  }

  #next(end: Micros): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.at <= end && (first === undefined || pending.at < first.at)) {
        first = pending;
      }
    }
    return first;
  }
}
