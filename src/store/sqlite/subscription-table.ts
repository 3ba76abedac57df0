import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SubscriptionId } from '../../model/ids.ts';
import type { Subscription, SubscriptionStats } from '../../model/subscription.ts';
import { micro } from '../../util/clock.ts';
import type { FieldReader } from '../../util/fields.ts';
import { rowsOf } from './rows.ts';

/** A subscription as it is stored, for {@link recordOf}. */
export interface StoredSubscription {
  /** JSON, all of it. */
  readonly definition: string;
  readonly stats: SubscriptionStats;
}

/** How many waiting deliveries of a removed subscription go at a time, so that writing is never held up for long. */
const PURGE_STEP = 2_000;

/** Subscriptions and their row numbers, which stand for them in the other tables. */
export class SubscriptionTable {
  readonly #db: DatabaseSync;
  readonly #keys = new Map<SubscriptionId, number>();
  readonly #ids = new Map<number, SubscriptionId>();
  /** Removed ones that may still have deliveries waiting. */
  readonly #toPurge = new Set<number>();
  readonly #purge: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    for (const { key, id, removed } of db.prepare('SELECT key, id, removed FROM subscription').iterate()) {
      if (removed === 1) {
        this.#toPurge.add(Number(key));
      } else {
        this.#know(String(id) as SubscriptionId, Number(key));
      }
    }
    this.#purge = db.prepare(
      `DELETE FROM delivery WHERE id IN (
         SELECT id FROM delivery INDEXED BY delivery_pending WHERE subscription = ? AND state = 0 LIMIT ${PURGE_STEP})`,
    );
  }

  /** Undefined once it has been removed. */
  keyOf(id: SubscriptionId): number | undefined {
    return this.#keys.get(id);
  }

  /** Undefined once it has been removed. */
  idOf(key: number): SubscriptionId | undefined {
    return this.#ids.get(key);
  }

  /** @param untried how many deliveries of a subscription have no row yet. */
  all(untried: (key: number) => number): readonly StoredSubscription[] {
    const statement = this.#db.prepare(
      `SELECT key, definition, success_count, failure_count, expired_count, failed_attempts, last_sent,
         (SELECT count(*) FROM delivery d INDEXED BY delivery_pending WHERE d.subscription = s.key AND d.state = 0)
       FROM subscription s WHERE removed = 0 ORDER BY key`,
    );
    return Array.from(rowsOf(statement), (fields) => {
      const key = fields.number();
      return { definition: fields.text(), stats: statsOf(fields, untried(key)) };
    });
  }

  #know(id: SubscriptionId, key: number): void {
    this.#keys.set(id, key);
    this.#ids.set(key, id);
  }

  /** Deliveries that have their rows already. */
  waitingFor(key: number): number {
    const counted = this.#db
      .prepare(
        'SELECT count(*) AS n FROM delivery INDEXED BY delivery_pending WHERE subscription = ? AND state = 0',
      )
      .get(key);
    return Number(counted?.['n'] ?? 0);
  }

  save(subscription: Subscription): void {
    const statement = this.#db.prepare(
      `INSERT INTO subscription (id, url, definition) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET url = excluded.url, definition = excluded.definition`,
    );
    this.#erasing(() => statement.run(subscription.id, subscription.url, JSON.stringify(subscription)));
    const key = this.#db.prepare('SELECT key FROM subscription WHERE id = ?').get(subscription.id)?.['key'];
    this.#know(subscription.id, Number(key));
  }

  /**
   * Its secret and headers are overwritten; they leave the write-ahead log, and what waits for it the database, with
   * {@link purge}.
   */
  remove(id: SubscriptionId): void {
    const key = this.#keys.get(id);
    if (key === undefined) {
      return;
    }
    const statement = this.#db.prepare(
      `UPDATE subscription SET removed = 1, definition = '{}' WHERE key = ?`,
    );
    this.#erasing(() => statement.run(key));
    this.#keys.delete(id);
    this.#ids.delete(key);
    this.#toPurge.add(key);
  }

  /** Deletes some of what waits for removed subscriptions; false when nothing is left to do. */
  purge(): boolean {
    const [key] = this.#toPurge;
    if (key === undefined) {
      return false;
    }
    if (this.#purge.run(key).changes === 0) {
      this.#toPurge.delete(key);
      if (this.#toPurge.size === 0) {
        this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      }
    }
    return this.#toPurge.size > 0;
  }

  /** What `write` replaces is overwritten with zeros: it may be a secret. Events don't pay for that. */
  #erasing(write: () => void): void {
    this.#db.exec('PRAGMA secure_delete = ON');
    try {
      write();
    } finally {
      this.#db.exec('PRAGMA secure_delete = OFF');
    }
  }
}

function statsOf(fields: FieldReader, untried: number): SubscriptionStats {
  const successCount = fields.number();
  const failureCount = fields.number();
  const expiredCount = fields.number();
  const failedAttempts = fields.number();
  const lastSent = fields.optionalNumber();
  return {
    successCount,
    failureCount,
    expiredCount,
    failedAttempts,
    lastSent: lastSent === undefined ? undefined : micro(lastSent),
    backlog: fields.number() + untried,
  };
}
