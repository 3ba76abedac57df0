import type { DatabaseSync } from 'node:sqlite';

/** How long one step holds up whatever else is asked, in milliseconds; the commit comes on top. */
const STEP_MS = 10;

/** How many rows are gone through between two looks at the clock. */
export const ROWS_PER_LOOK = 32;

/**
 * Says after each row whether the step has taken long enough, and sooner when told that it stands for several. At
 * least a few rows are always gone through.
 */
export function stepBudget(ms = STEP_MS): (rows?: number) => boolean {
  const end = performance.now() + ms;
  let untilLook = ROWS_PER_LOOK;
  return (rows = 1) => {
    untilLook -= rows;
    if (untilLook > 0) return false;
    untilLook = ROWS_PER_LOOK;
    return performance.now() >= end;
  };
}

/** What a whole step may take with its commit, in milliseconds: above it takes fewer rows, well below it more. */
const TOO_LONG_MS = 20;
const SHORT_MS = 8;
const LEAST_ROWS = 25;
const MOST_ROWS = 2_000;

/**
 * How many rows a step takes. Rows that lie side by side share pages, scattered ones have a page each in every index,
 * which the commit has to write: only the last step tells what the next one will cost.
 */
export class Pace {
  #rows = 100;

  step<T>(work: (rows: number) => T): T {
    const begun = performance.now();
    try {
      return work(this.#rows);
    } finally {
      const took = performance.now() - begun;
      if (took > TOO_LONG_MS) {
        this.#rows = Math.max(LEAST_ROWS, Math.floor(this.#rows / 2));
      } else if (took < SHORT_MS) {
        this.#rows = Math.min(MOST_ROWS, this.#rows * 2);
      }
    }
  }
}

/** Does `work` as a whole or not at all. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) {
      db.exec('ROLLBACK');
    }
    throw error;
  }
}
