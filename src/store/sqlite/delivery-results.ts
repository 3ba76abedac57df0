import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { fieldsOf } from './rows.ts';

/** Rows that one statement takes: running one costs as much as two or three rows. */
const STEPS = [32, 4, 1] as const;

const ROW = '(?, ?, ?, ?, ?, ?, ?, ?)';
const WIDTH = ROW.split('?').length - 1;

/** The columns of a delivery, in their order. */
export type DeliveryRow = readonly [
  id: number,
  event: number,
  subscription: number,
  state: number,
  at: number,
  attempts: number,
  createdAt: number,
  deliveredWith: number | null,
];

/**
 * Gives deliveries the rows that tell what became of them, or changes those that they have. One that is no longer
 * pending keeps what it ended as: one result may be reported twice.
 */
export class DeliveryResults {
  readonly #statements: readonly {
    readonly rows: number;
    readonly quick: StatementSync;
    readonly telling: StatementSync;
  }[];
  /** Of the rows so far, and what was there of more before: V8 maps memory anew for each array that grows long. */
  readonly #values: (number | null)[] = [];
  #length = 0;

  constructor(db: DatabaseSync) {
    this.#statements = STEPS.map((rows) => {
      const upsert = `INSERT OR FAIL INTO delivery (id, event, subscription, state, at, attempts, created_at, delivered_with)
           VALUES ${Array.from({ length: rows }, () => ROW).join(', ')}
           ON CONFLICT (id) DO UPDATE SET state = excluded.state, at = excluded.at,
             attempts = max(attempts, excluded.attempts), delivered_with = excluded.delivered_with WHERE state = 0`;
      const telling = db.prepare(`${upsert} RETURNING id`);
      telling.setReturnArrays(true);
      return { rows, quick: db.prepare(upsert), telling };
    });
  }

  add(row: DeliveryRow): void {
    for (const value of row) {
      this.#values[this.#length] = value;
      this.#length += 1;
    }
  }

  /** Forgets what was not written. */
  clear(): void {
    this.#length = 0;
  }

  /**
   * Tells how many results each delivery got that had been waiting for them; undefined: each got all of its own. Which
   * ones were too late is only told with `exact`, which costs a third more; without it, SomeCameLate is thrown then.
   */
  flush(exact: boolean): Map<number, number> | undefined {
    const results = new Map<number, number>();
    const values = this.#values;
    let at = 0;
    for (const { rows, quick, telling } of this.#statements) {
      for (; this.#length - at >= rows * WIDTH; at += rows * WIDTH) {
        const chunk = values.slice(at, at + rows * WIDTH);
        if (exact) {
          for (const row of telling.all(...chunk)) {
            const id = fieldsOf(row).number();
            results.set(id, (results.get(id) ?? 0) + 1);
          }
        } else if (quick.run(...chunk).changes !== rows) {
          throw new SomeCameLate();
        }
      }
    }
    this.clear();
    return exact ? results : undefined;
  }
}

/** Results came for deliveries that had ended. */
export class SomeCameLate extends Error {}
