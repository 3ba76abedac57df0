import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeliveryId, SubscriptionId } from '../../model/ids.ts';
import type { BatchMember, BatchQuery, BatchRange } from '../history.ts';
import { readEvent, rowOf, rowsOf } from './rows.ts';
import { ATTEMPTS_PER_DELIVERY } from './schema.ts';
import type { UntriedDeliveries } from './untried.ts';

/** How far from a batch deliveries of its subscription are looked for. */
const REACH = 10_000;

/** Ids without a row of which it is found out whether they were never tried. */
const MOST_UNTRIED = 100;

/** In SQL, the number of the attempt that began and took so long, of those with the keys that follow. */
const NUMBER = `SELECT a.key % ${ATTEMPTS_PER_DELIVERY} FROM attempt a
  WHERE a.started_at = ?2 AND a.duration_ms = ?3 AND a.key`;

const OWN = `BETWEEN d.id * ${ATTEMPTS_PER_DELIVERY} AND (d.id + 1) * ${ATTEMPTS_PER_DELIVERY} - 1`;

/** See attemptKey. */
const SHARED = `= d.delivered_with * ${ATTEMPTS_PER_DELIVERY} + min(d.attempts, ${ATTEMPTS_PER_DELIVERY - 1})`;

/** What went in one request: no row says so, but such deliveries lie near each other, and their attempt is the same. */
export class Batches {
  readonly #untried: UntriedDeliveries;
  readonly #key: StatementSync;
  readonly #members: StatementSync;
  readonly #below: StatementSync;
  readonly #above: StatementSync;
  readonly #rows: StatementSync;

  constructor(db: DatabaseSync, untried: UntriedDeliveries) {
    this.#untried = untried;
    this.#key = db.prepare('SELECT key FROM subscription WHERE id = ?');
    this.#members = db.prepare(
      `SELECT m.id, m.number, e.key, e.type, e.occurred_at, e.call_id, e.data FROM (
         SELECT d.id, d.event, coalesce((${NUMBER} ${OWN}), (${NUMBER} ${SHARED})) AS number
           FROM delivery d NOT INDEXED WHERE d.subscription = ?1 AND d.id > ?4 AND d.id <= ?5) m
         CROSS JOIN event e ON e.key = m.event WHERE m.number IS NOT NULL ORDER BY m.id`,
    );
    this.#below = db.prepare(
      `SELECT id FROM delivery NOT INDEXED WHERE subscription = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT 1`,
    );
    this.#above = db.prepare(
      `SELECT id FROM delivery NOT INDEXED WHERE subscription = ? AND id > ? AND id <= ? ORDER BY id LIMIT 1`,
    );
    this.#rows = db.prepare('SELECT id FROM delivery WHERE id > ? AND id <= ? ORDER BY id');
  }

  members({ subscriptionId, startedAt, durationMs, after, upTo }: BatchQuery): readonly BatchMember[] {
    const subscription = this.#keyOf(subscriptionId);
    const rows = rowsOf(this.#members, subscription, startedAt, durationMs, after, upTo);
    return Array.from(rows, (fields) => ({
      id: fields.number() as DeliveryId,
      number: fields.number(),
      event: readEvent(fields),
    }));
  }

  /** Between the subscription's deliveries on either side of it, which did not go along. */
  mayLack({ subscriptionId, first, last }: BatchRange): boolean {
    const subscription = this.#keyOf(subscriptionId);
    const lowest = Math.max(1, first - REACH);
    const below = rowOf(this.#below, subscription, first, lowest)?.number() ?? lowest - 1;
    const above = rowOf(this.#above, subscription, last, last + REACH)?.number() ?? last;
    let untried = 0;
    let expected = below + 1;
    for (const fields of rowsOf(this.#rows, below, above)) {
      const id = fields.number();
      for (; expected < id; expected += 1) {
        if (this.#untried.find(expected as DeliveryId) === undefined) return true;
        untried += 1;
        if (untried > MOST_UNTRIED) return false;
      }
      expected = id + 1;
    }
    return false;
  }

  /** Also of one that has been removed. */
  #keyOf(id: SubscriptionId): number {
    return rowOf(this.#key, id)?.number() ?? 0;
  }
}
