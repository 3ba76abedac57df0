import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeliveryId } from '../../model/ids.ts';
import { fieldsOf } from './rows.ts';

/** Deliveries that one statement takes, when many end in the same way. */
const TOGETHER = 32;

/**
 * Ends attempts, and with the last one the delivery. One that is no longer pending keeps what it ended as: one result
 * may be reported twice.
 */
export class DeliveryEndings {
  readonly #one: StatementSync;
  readonly #many: StatementSync;

  constructor(db: DatabaseSync) {
    const places = Array.from({ length: TOGETHER }, (_, n) => `?${n + 4}`);
    const update = 'UPDATE OR FAIL delivery SET state = ?1, at = ?2, attempts = coalesce(?3, attempts)';
    this.#one = db.prepare(`${update} WHERE id = ?4 AND state = 0`);
    this.#many = db.prepare(`${update} WHERE id IN (${places.join(', ')}) AND state = 0 RETURNING id`);
    this.#many.setReturnArrays(true);
  }

  /**
   * @param attempts made so far; null: as many as before.
   * @returns those that were pending.
   */
  end(ids: readonly DeliveryId[], state: number, at: number, attempts: number | null): readonly DeliveryId[] {
    const ended: DeliveryId[] = [];
    let begin = 0;
    for (; ids.length - begin >= TOGETHER; begin += TOGETHER) {
      const rows = this.#many.all(state, at, attempts, ...ids.slice(begin, begin + TOGETHER));
      for (const row of rows) ended.push(fieldsOf(row).number() as DeliveryId);
    }
    for (const id of ids.slice(begin)) {
      if (this.#one.run(state, at, attempts, id).changes === 1) ended.push(id);
    }
    return ended;
  }
}
