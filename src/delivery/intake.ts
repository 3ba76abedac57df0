import type { Memo } from '../model/memo.ts';
import type { PublishedUnit, Refusals, Store } from '../store/store.ts';
import { errorOf, reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import type { Outgoing } from './publications.ts';

export interface IntakeOptions {
  readonly store: Pick<Store, 'publish'>;
  readonly logger: Logger;
  /** They are on disk. */
  readonly onKept: (publications: readonly Outgoing[]) => void;
}

/** Told once whether it is on disk, or why not. */
type Done = (refused?: Error) => void;

interface Unit extends PublishedUnit {
  readonly publications: readonly Outgoing[];
  readonly done: Done;
}

/**
 * Brings events to disk, all that are published at once in one call: a chain of promises for each of them would cost as
 * much as writing it.
 */
export class Intake {
  readonly #options: IntakeOptions;
  #gathered: Unit[] = [];
  #problem: string | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Why events can't be stored right now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Something else could be stored. */
  recovered(): void {
    this.#problem = undefined;
  }

  /** All of it is kept, or nothing. */
  keep(publications: readonly Outgoing[], memos: readonly Memo[], done: Done): void {
    this.#gathered.push({ publications, memos, ended: endedOf(publications), done });
    if (this.#gathered.length === 1) queueMicrotask(() => this.handOver());
  }

  /** What was gathered goes to the store now, before whatever it is asked next. */
  handOver(): void {
    const units = this.#gathered;
    this.#gathered = [];
    if (units.length > 0) void this.#write(units);
  }

  async #write(units: readonly Unit[]): Promise<void> {
    let refusals: Refusals;
    try {
      refusals = await this.#options.store.publish(units);
    } catch (error) {
      this.#problem = reasonOf(error);
      for (const { done } of units) done(errorOf(error));
      return;
    }
    this.#written(units, refusals);
  }

  #written(units: readonly Unit[], refusals: Refusals): void {
    const kept: Outgoing[] = [];
    units.forEach(({ publications, done }, n) => {
      const refused = refusals.get(n);
      this.#problem = refused?.message;
      if (refused === undefined) for (const publication of publications) kept.push(publication);
      done(refused);
    });
    try {
      this.#options.onKept(kept);
    } catch (error) {
      this.#options.logger.error(`After storing events: ${reasonOf(error)}`);
    }
  }
}

const NONE: readonly never[] = [];

function endedOf(publications: readonly Outgoing[]): Outgoing['ended'] {
  return publications.every(({ ended }) => ended.length === 0)
    ? NONE
    : publications.flatMap(({ ended }) => ended);
}
