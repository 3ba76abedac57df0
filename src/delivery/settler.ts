import { type Settlement, type Store, StoreError } from '../store/store.ts';
import type { Clock, Timer } from '../util/clock.ts';
import { reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';

const RETRY_MS = 1_000;

export interface SettlerOptions<S extends Settlement> {
  readonly store: Pick<Store, 'settle'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** They are on disk. */
  readonly onSettled: (settlements: readonly S[]) => void;
}

/** Brings what became of attempts to disk, and keeps trying while the store refuses: the POSTs cannot be unsent. */
export class Settler<S extends Settlement> {
  readonly #options: SettlerOptions<S>;
  readonly #refused: S[] = [];
  readonly #writing = new Set<Promise<void>>();
  #retry: Timer | undefined;
  #problem: string | undefined;
  #stopped = false;

  constructor(options: SettlerOptions<S>) {
    this.#options = options;
  }

  /** Why results can't be stored right now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  settle(settlements: readonly S[]): void {
    const writing = this.#write(settlements)
      .catch((error: unknown) => this.#options.logger.error(`After storing results: ${reasonOf(error)}`))
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Resolves when nothing is being written; what the store still refuses is sent again after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    await Promise.all(this.#writing);
    if (this.#refused.length > 0) {
      this.settle(this.#refused.splice(0));
      await Promise.all(this.#writing);
    }
    if (this.#refused.length > 0) {
      this.#options.logger.error(
        `${this.#refused.length} results of deliveries could not be stored; these events are sent again after the next start`,
      );
    }
  }

  async #write(settlements: readonly S[]): Promise<void> {
    try {
      await this.#options.store.settle(settlements);
    } catch (error) {
      this.#keepFor(settlements, error);
      return;
    }
    this.#problem = undefined;
    this.#options.onSettled(settlements);
  }

  #keepFor(settlements: readonly S[], error: unknown): void {
    const { clock, logger } = this.#options;
    this.#refused.push(...settlements);
    if (this.#stopped || isClosed(error)) {
      return;
    }
    if (this.#problem === undefined) {
      logger.error(`Results of deliveries can't be stored; trying again every second. ${reasonOf(error)}`);
    }
    this.#problem = reasonOf(error);
    this.#retry ??= clock.after(RETRY_MS, () => {
      this.#retry = undefined;
      this.settle(this.#refused.splice(0));
    });
  }
}

function isClosed(thrown: unknown): boolean {
  return thrown instanceof StoreError && thrown.code === 'store_closed';
}
