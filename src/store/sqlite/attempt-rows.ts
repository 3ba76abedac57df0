import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Field } from '../../util/fields.ts';
import { RowInserter } from './row-inserter.ts';

const INSERT = 'INSERT OR REPLACE INTO attempt';

/** Rows that one statement takes where all but their keys is the same: a batch's. */
const TOGETHER = 32;

/** All of an attempt but the delivery: seven columns. */
export type AttemptColumns = readonly [Field, Field, Field, Field, Field, Field, Field];

/** Inserts attempts. */
export class AttemptRows {
  readonly #each: RowInserter;
  readonly #alike: StatementSync;

  constructor(db: DatabaseSync) {
    this.#each = new RowInserter(db, INSERT, '(?, ?, ?, ?, ?, ?, ?, ?)');
    const rows = Array.from({ length: TOGETHER }, (_, n) => `(?${n + 8}, ?1, ?2, ?3, ?4, ?5, ?6, ?7)`);
    this.#alike = db.prepare(`${INSERT} VALUES ${rows.join(', ')}`);
  }

  add(keys: readonly number[], columns: AttemptColumns): void {
    let begin = 0;
    for (; keys.length - begin >= TOGETHER; begin += TOGETHER) {
      this.#alike.run(...columns, ...keys.slice(begin, begin + TOGETHER));
    }
    for (const key of keys.slice(begin)) this.#each.add(key, ...columns);
  }

  /** Forgets what was not inserted. */
  clear(): void {
    this.#each.clear();
  }

  flush(): void {
    this.#each.flush();
  }
}
