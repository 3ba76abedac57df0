import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Field } from '../../util/fields.ts';

/**
 * Rows that one statement takes. Running a statement costs as much as inserting two or three rows, so that many go
 * together; what is left over goes by smaller ones.
 */
const MOST = 32;
const REST = [4, 1] as const;

interface Step {
  readonly values: number;
  readonly statement: StatementSync;
}

/** Inserts rows of one table, many with each statement. */
export class RowInserter {
  readonly #most: Step;
  readonly #rest: readonly Step[];
  /** Never more than the largest statement takes: V8 maps memory anew for arrays that grow long. */
  #values: Field[] = [];

  /** `row`: values in parentheses, with a `?` for each that {@link add} is given. */
  constructor(db: DatabaseSync, insertInto: string, row: string) {
    const width = row.split('?').length - 1;
    const step = (rows: number): Step => ({
      values: rows * width,
      statement: db.prepare(`${insertInto} VALUES ${Array.from({ length: rows }, () => row).join(', ')}`),
    });
    this.#most = step(MOST);
    this.#rest = REST.map(step);
  }

  /** It is inserted now or with the next {@link flush}. */
  add(...values: readonly Field[]): void {
    this.#values.push(...values);
    if (this.#values.length < this.#most.values) return;
    const full = this.#values;
    this.clear();
    this.#most.statement.run(...full);
  }

  /** Forgets what was not inserted. */
  clear(): void {
    this.#values = [];
  }

  flush(): void {
    const values = this.#values;
    let at = 0;
    for (const { values: count, statement } of this.#rest) {
      for (; values.length - at >= count; at += count) {
        statement.run(...values.slice(at, at + count));
      }
    }
    this.clear();
  }
}
