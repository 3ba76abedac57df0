import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EventPosition } from '../../model/ids.ts';
import { SLOT, without } from './recipients.ts';
import { rowOf } from './rows.ts';

/** Ids that are remembered. */
const MOST = 100_000;

/**
 * What has to be seen to when rows of deliveries are deleted: none of them may be taken for one that was not tried, nor
 * come back with a result that is told once more.
 */
export class DeletedDeliveries {
  readonly #fanOut: StatementSync;
  readonly #update: StatementSync;
  /** The latest ones: a result is told again within seconds, or never. */
  readonly #ids = new Set<number>();

  constructor(db: DatabaseSync) {
    this.#fanOut = db.prepare('SELECT first_delivery, recipients FROM fan_out WHERE event = ?');
    this.#update = db.prepare('UPDATE fan_out SET recipients = ? WHERE event = ?');
  }

  /** Their rows go, their event stays. */
  fromEvent(event: EventPosition, ids: readonly number[]): void {
    this.withEvent(ids);
    const fields = rowOf(this.#fanOut, event);
    if (fields === undefined) return;
    const first = fields.number();
    const before = fields.text();
    let recipients = before;
    for (const id of ids) {
      const place = id - first;
      if (place >= 0 && place < before.length / SLOT) recipients = without(recipients, place);
    }
    if (recipients !== before) this.#update.run(recipients, event);
  }

  /** Their rows go with their event. */
  withEvent(ids: readonly number[]): void {
    for (const id of ids) this.#ids.add(id);
    for (const oldest of this.#ids) {
      if (this.#ids.size <= MOST) break;
      this.#ids.delete(oldest);
    }
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }
}
