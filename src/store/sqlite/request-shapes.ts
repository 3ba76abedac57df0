import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { acceptedAt } from '../../model/event.ts';
import type { EventPosition, SubscriptionId } from '../../model/ids.ts';
import { type Micros, microsFromMs } from '../../util/clock.ts';
import type { Progress } from './progress.ts';
import { rowOf } from './rows.ts';
import { inTransaction } from './step.ts';
import type { SubscriptionTable } from './subscription-table.ts';

/** Of one subscription the newest ones are kept, however often it is changed. */
const MOST = 1_000;

/** By how much clocks of threads may differ, in microseconds. */
const LEEWAY = 60_000_000;

/** A shape as it is stored. */
export interface StoredShape {
  readonly subscriptionId: SubscriptionId;
  readonly since: Micros;
  /** JSON. */
  readonly shape: string;
}

/** How the requests of each subscription were made, from when on: what an attempt sent follows from its start. */
export class RequestShapes {
  readonly #db: DatabaseSync;
  readonly #subscriptions: SubscriptionTable;
  readonly #progress: Progress;
  readonly #forget: StatementSync;
  readonly #newest: StatementSync;
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;
  readonly #at: StatementSync;

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable, progress: Progress) {
    this.#progress = progress;
    this.#db = db;
    this.#subscriptions = subscriptions;
    this.#forget = db.prepare('DELETE FROM request_shape WHERE subscription = ? AND since >= ?');
    this.#newest = db.prepare(
      'SELECT shape FROM request_shape WHERE subscription = ? ORDER BY since DESC LIMIT 1',
    );
    this.#insert = db.prepare('INSERT INTO request_shape VALUES (?, ?, ?)');
    this.#trim = db.prepare(
      `DELETE FROM request_shape WHERE subscription = ?1 AND since < (SELECT since FROM request_shape
         WHERE subscription = ?1 ORDER BY since DESC LIMIT 1 OFFSET ${MOST - 1})`,
    );
    this.#at = db.prepare(
      `SELECT shape FROM request_shape WHERE subscription = (SELECT key FROM subscription WHERE id = ?)
         AND since <= ? AND shape IS NOT NULL ORDER BY since DESC LIMIT 1`,
    );
  }

  /** Those that differ from the newest ones of their subscriptions. */
  keep(shapes: readonly StoredShape[]): void {
    inTransaction(this.#db, () => {
      for (const { subscriptionId, since, shape } of shapes) {
        const key = this.#subscriptions.keyOf(subscriptionId);
        if (key !== undefined) this.#keep(key, since, shape);
      }
    });
  }

  #keep(subscription: number, since: Micros, shape: string): void {
    // Later ones there are only where the clock was put back: what is sent from now on must not be taken for theirs.
    this.#forget.run(subscription, since);
    const newest = rowOf(this.#newest, subscription);
    if (newest?.text() === shape) return;
    // Nothing was sent before the first one.
    this.#insert.run(subscription, newest === undefined ? 0 : since, shape);
    this.#trim.run(subscription);
  }

  /** JSON; undefined where none is kept of that time. */
  at(id: SubscriptionId, time: Micros): string | undefined {
    return rowOf(this.#at, id, time)?.text();
  }

  /** Forgets those that were over before the oldest event that is kept was accepted. */
  prune(): void {
    const first = rowOf(this.#db.prepare('SELECT min(key) FROM event'))?.optionalNumber();
    const before =
      first === undefined ? Number.MAX_SAFE_INTEGER : acceptedAt(first as EventPosition) - LEEWAY;
    inTransaction(this.#db, () => {
      this.#endRemoved();
      this.#db
        .prepare(
          `DELETE FROM request_shape AS old WHERE (shape IS NULL AND since <= ?1) OR EXISTS (
             SELECT 1 FROM request_shape later WHERE later.subscription = old.subscription
               AND later.since > old.since AND later.since <= ?1)`,
        )
        .run(before);
    });
  }

  /** Of a removed subscription the last one is over as well: no later event than the newest is sent there. */
  #endRemoved(): void {
    this.#db
      .prepare(
        `INSERT INTO request_shape
           SELECT s.key, max(max(r.since) + 1, ?), NULL FROM subscription s JOIN request_shape r ON r.subscription = s.key
             WHERE s.removed = 1 GROUP BY s.key HAVING count(r.shape) = count(*)`,
      )
      .run(microsFromMs(this.#progress.state().lastEventMs));
  }
}
