import type { Clock } from './clock.ts';

/** Adds up the time between starts and stops; a second start or stop in a row changes nothing. */
export class Stopwatch {
  readonly #clock: Clock;
  #sumMs = 0;
  #since: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds so far. */
  get ms(): number {
    return this.#sumMs + (this.#since === undefined ? 0 : this.#clock.elapsedMs() - this.#since);
  }

  start(): void {
    this.#since ??= this.#clock.elapsedMs();
  }

  stop(): void {
    this.#sumMs = this.ms;
    this.#since = undefined;
  }
}
