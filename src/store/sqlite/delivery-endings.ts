import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeliveryId } from '../../model/ids.ts';

/** Deliveries that one statement takes, when many end in the same way. */
const TOGETHER = 32;

export interface Ended {
  /** How many had been pending. */
  readonly changed: number;
  /** Those that were, and of many also one that had ended in just this way before. */
  readonly ended: readonly DeliveryId[];
}

/**
 * Ends attempts, and with the last one the delivery. One that is no longer pending keeps what it ended as: one result
 * may be reported twice.
 */
export class DeliveryEndings {
  readonly #one: StatementSync;
  readonly #many: StatementSync;
  readonly #alike: StatementSync;

  constructor(db: DatabaseSync) {
    const places = Array.from({ length: TOGETHER }, (_, n) => `?${n + 4}`);
    const update = 'UPDATE OR FAIL delivery SET state = ?1, at = ?2, attempts = coalesce(?3, attempts)';
    this.#one = db.prepare(`${update} WHERE id = ?4 AND state = 0`);
    this.#many = db.prepare(`${update} WHERE id IN (${places.join(', ')}) AND state = 0`);
    this.#alike = db.prepare(
      'SELECT 1 FROM delivery WHERE id = ?4 AND state = ?1 AND at = ?2 AND attempts = coalesce(?3, attempts)',
    );
  }

  /** @param attempts made so far; null: as many as before. */
  end(ids: readonly DeliveryId[], state: number, at: number, attempts: number | null): Ended {
    const ended: DeliveryId[] = [];
    let changed = 0;
    let begin = 0;
    for (; ids.length - begin >= TOGETHER; begin += TOGETHER) {
      const some = ids.slice(begin, begin + TOGETHER);
      const changes = Number(this.#many.run(state, at, attempts, ...some).changes);
      const isAlike = (id: DeliveryId): boolean =>
        changes === TOGETHER || this.#alike.get(state, at, attempts, id) !== undefined;
      ended.push(...some.filter(isAlike));
      changed += changes;
    }
    for (const id of ids.slice(begin)) {
      if (this.#one.run(state, at, attempts, id).changes === 1) {
        ended.push(id);
        changed += 1;
      }
    }
    return { changed, ended };
  }
}
