import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { fieldsOf } from './rows.ts';

/** Rows that one statement takes: running one costs as much as two or three rows. */
const STEPS = [32, 4, 1] as const;

const ROW = '(?, ?, ?, ?, ?, ?, ?)';
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
];

/**
 * Gives deliveries the rows that tell what became of them, or changes those that they have. One that is no longer
 * pending keeps what it ended as: one result may be reported twice.
 */
export class DeliveryResults {
  readonly #statements: readonly { readonly rows: number; readonly statement: StatementSync }[];
  #values: number[] = [];

  constructor(db: DatabaseSync) {
    this.#statements = STEPS.map((rows) => {
      const statement = db.prepare(
        `INSERT OR FAIL INTO delivery (id, event, subscription, state, at, attempts, created_at)
           VALUES ${Array.from({ length: rows }, () => ROW).join(', ')}
           ON CONFLICT (id) DO UPDATE SET state = excluded.state, at = excluded.at,
             attempts = max(attempts, excluded.attempts) WHERE state = 0 RETURNING id`,
      );
      statement.setReturnArrays(true);
      return { rows, statement };
    });
  }

  add(row: DeliveryRow): void {
    this.#values.push(...row);
  }

  /** Forgets what was not written. */
  clear(): void {
    this.#values = [];
  }

  /** How many results each delivery got that had been waiting for them. */
  flush(): ReadonlyMap<number, number> {
    const results = new Map<number, number>();
    const values = this.#values;
    let at = 0;
    for (const { rows, statement } of this.#statements) {
      for (; values.length - at >= rows * WIDTH; at += rows * WIDTH) {
        for (const row of statement.all(...values.slice(at, at + rows * WIDTH))) {
          const id = fieldsOf(row).number();
          results.set(id, (results.get(id) ?? 0) + 1);
        }
      }
    }
    this.clear();
    return results;
  }
}
