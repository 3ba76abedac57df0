import type { Attempt } from '../model/delivery.ts';
import { shapeOf } from '../model/request-shape.ts';
import type { Subscription } from '../model/subscription.ts';
import { type KeptShape, type Store, StoreError } from '../store/store.ts';
import { type Clock, type Micros, micro } from '../util/clock.ts';
import { reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';

/** While requests of a subscription are made in one way. */
export interface Period {
  /** As JSON, for comparing. */
  readonly shape: string;
  readonly since: Micros;
  /** Undefined while it lasts. */
  until?: Micros;
}

export interface RequestShapesOptions {
  readonly store: Pick<Store, 'keepShapes'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const RETRY_MS = 1_000;

/** Has the store keep how requests are made from when on, so that what an attempt sent can be told later. */
export class RequestShapes {
  readonly #options: RequestShapesOptions;
  /** Not on disk yet. */
  readonly #gathered: KeptShape[] = [];
  #writing = false;
  #failing = false;

  constructor(options: RequestShapesOptions) {
    this.#options = options;
  }

  /** From now on requests go as the subscription says; `before`: how they went until now. */
  take(subscription: Subscription, before?: Period): Period {
    const shape = shapeOf(subscription);
    const text = JSON.stringify(shape);
    if (text === before?.shape) return before;
    const since = this.#options.clock.now();
    if (before !== undefined) before.until = since;
    this.#gathered.push({ subscriptionId: subscription.id, since, shape });
    if (!this.#writing) {
      this.#writing = true;
      // With those of the same turn: at the start that is all of them.
      queueMicrotask(() => void this.#write());
    }
    return { shape: text, since };
  }

  /** One after the other, also where the store refuses at first: each follows the one before it. */
  async #write(): Promise<void> {
    const { store, clock, logger } = this.#options;
    try {
      while (this.#gathered.length > 0) {
        const count = this.#gathered.length;
        await store.keepShapes(this.#gathered.slice());
        this.#gathered.splice(0, count);
      }
      this.#failing = false;
      this.#writing = false;
    } catch (error) {
      if (error instanceof StoreError && error.code === 'store_closed') return;
      if (!this.#failing) {
        logger.error(`How requests are made could not be stored; trying again. ${reasonOf(error)}`);
      }
      this.#failing = true;
      clock.after(RETRY_MS, () => void this.#write());
    }
  }
}

/** Threads' clocks differ a little, and what is on its way to one goes as it was sent off: its start lies within. */
export function startedWithin(
  { since, until = micro(Number.MAX_SAFE_INTEGER) }: Period,
  attempt: Attempt,
): Attempt {
  const startedAt = micro(Math.min(Math.max(attempt.startedAt, since), until - 1));
  return startedAt === attempt.startedAt ? attempt : { ...attempt, startedAt };
}
