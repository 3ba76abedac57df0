import { type Micros, micro } from '../util/clock.ts';
import { Breaker, type Sign } from './breaker.ts';
import { RateLimit } from './rate-limit.ts';

/** What one subscription's attempts must wait for: its rate limit, a pause that the receiver asked for, its breaker. */
export class Gate {
  readonly #breaker = new Breaker();
  #rate: RateLimit | undefined;
  #perSecond: number | undefined;
  #pausedUntil: Micros = micro(0);

  /** @param perSecond attempts; undefined: no limit. */
  limit(perSecond: number | undefined): void {
    if (perSecond === this.#perSecond) return;
    this.#perSecond = perSecond;
    this.#rate = perSecond === undefined ? undefined : new RateLimit(perSecond);
  }

  get breakerState(): Breaker['state'] {
    return this.#breaker.state;
  }

  /** When the next attempt may be made; undefined: now. */
  opensAt(now: Micros): Micros | undefined {
    const broken = this.#breaker.closedUntil(now);
    const limited = this.#rate?.freeAt(now);
    const paused = this.#pausedUntil > now ? this.#pausedUntil : undefined;
    if (broken === undefined && limited === undefined && paused === undefined) return undefined;
    return micro(Math.max(broken ?? 0, limited ?? 0, paused ?? 0));
  }

  sent(now: Micros): void {
    this.#breaker.sent();
    this.#rate?.sent(now);
  }

  /** The receiver asked to be left alone until then. */
  pauseUntil(at: Micros): void {
    if (at > this.#pausedUntil) this.#pausedUntil = at;
  }

  /** An attempt is over; gives whether the breaker opened with it. */
  heard(sign: Sign, now: Micros): boolean {
    return this.#breaker.heard(sign, now);
  }

  /** As if the receiver had neither failed nor asked for anything. */
  reset(): void {
    this.#breaker.reset();
    this.#pausedUntil = micro(0);
  }
}
