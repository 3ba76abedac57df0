import type { EventPosition } from '../model/ids.ts';
import { type Clock, type Micros, micro, type Timer } from '../util/clock.ts';
import { reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import type { PruneStep, Store } from './store.ts';

export interface RetentionOptions {
  readonly store: Pick<Store, 'prune' | 'size'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What ended longer ago goes. */
  readonly days: number;
  /** With more in use, the oldest that ended goes, whatever its age. In MB of 1,000,000 bytes. */
  readonly maxSizeMb: number;
}

export interface Retention {
  /** Resolves when the step under way is done; the next start goes on where it was. */
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Between two looks at the size. */
const LOOK_MS = 10_000;

/** After each step, so that a long run leaves the store's thread mostly to others. */
const PAUSE_MS = 20;

/** Of the size allowed: where removing begins, so that what comes until the next look has room, and where it ends. */
const BEGIN_AT = 0.95;
const END_AT = 0.9;

/**
 * Keeps the database from growing without end: by age every hour, by size every few seconds, each in small steps. What
 * waits, dead letters and their events are never removed; memos are not history and stay.
 */
export function startRetention(options: RetentionOptions): Retention {
  return new RunningRetention(options);
}

class RunningRetention implements Retention {
  readonly #options: RetentionOptions;
  readonly #done: Promise<void>;
  #stopped = false;
  #pause: { readonly timer: Timer; readonly wake: () => void } | undefined;
  #agedAt = Number.NEGATIVE_INFINITY;
  /** Removing helped too little: what is left must stay. Not tried again before. */
  #crowdedUntil = Number.NEGATIVE_INFINITY;
  #failing = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#done = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause?.timer.cancel();
    this.#pause?.wake();
    await this.#done;
  }

  async #watch(): Promise<void> {
    for (await this.#wait(LOOK_MS); !this.#stopped; await this.#wait(LOOK_MS)) {
      try {
        await this.#byAge();
        await this.#bySize();
        this.#failing = false;
      } catch (error) {
        if (!this.#failing && !this.#stopped) {
          this.#options.logger.error(`Old events can't be removed; trying again. ${reasonOf(error)}`);
        }
        this.#failing = true;
      }
    }
  }

  async #byAge(): Promise<void> {
    const { clock, days } = this.#options;
    if (clock.elapsedMs() - this.#agedAt < HOUR_MS) return;
    const before = micro(clock.now() - days * DAY_MS * 1000);
    await this.#prune({ before }, `older than ${days} days (store.retention_days)`);
    this.#agedAt = clock.elapsedMs();
  }

  async #bySize(): Promise<void> {
    const { store, clock, logger, maxSizeMb } = this.#options;
    const max = maxSizeMb * 1_000_000;
    if (clock.elapsedMs() < this.#crowdedUntil || (await store.size()).used <= max * BEGIN_AT) return;
    const before: Micros = clock.now();
    await this.#prune({ before, downTo: max * END_AT }, `to stay below ${maxSizeMb} MB (store.max_size_mb)`);
    const { used } = await store.size();
    if (used > max * BEGIN_AT && !this.#stopped) {
      this.#crowdedUntil = clock.elapsedMs() + HOUR_MS;
      logger.warn(
        `The database holds ${Math.ceil(used / 1_000_000)} MB, ${maxSizeMb} MB are allowed (store.max_size_mb): ` +
          'what is left waits to be sent or is a dead letter. Retry or delete dead letters, or allow more.',
      );
    }
  }

  async #prune(step: Omit<PruneStep, 'after'>, why: string): Promise<void> {
    let events = 0;
    let deliveries = 0;
    try {
      for (let after: EventPosition | undefined; !this.#stopped; await this.#wait(PAUSE_MS)) {
        const result = await this.#options.store.prune({ ...step, after });
        events += result.events;
        deliveries += result.deliveries;
        after = result.next;
        if (after === undefined) break;
      }
    } finally {
      if (deliveries > 0 || events > 0) {
        this.#options.logger.info(`Removed ${events} events and ${deliveries} deliveries ${why}`);
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) {
        resolve();
      } else {
        this.#pause = { timer: this.#options.clock.after(ms, resolve), wake: resolve };
      }
    });
  }
}
