import type { DatabaseSync } from 'node:sqlite';

/** How long one step holds up whatever else is asked, in milliseconds; the commit comes on top. */
const STEP_MS = 10;

/** How many rows are gone through between two looks at the clock. */
const ROWS_PER_LOOK = 32;

/** Says after each row whether the step has taken long enough. At least a few rows are always gone through. */
export function stepBudget(ms = STEP_MS): () => boolean {
  const end = performance.now() + ms;
  let rows = 0;
  return () => {
    rows += 1;
    return rows % ROWS_PER_LOOK === 0 && performance.now() >= end;
  };
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
