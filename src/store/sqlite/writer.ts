import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeliveryId, EventId } from '../../model/ids.ts';
import type { FieldReader } from '../../util/fields.ts';
import type { StoreError } from '../store.ts';
import { AttemptRows } from './attempt-rows.ts';
import { DeliveryEndings } from './delivery-endings.ts';
import { storeErrorOf } from './failure.ts';
import { RowInserter } from './row-inserter.ts';
import { attemptKey, eventKey, eventMs, STATE_NUMBERS } from './schema.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import type { Refusal } from './wire.ts';
import { type PackedBatch, unitsOf, type WriteUnit } from './write-batch.ts';

/** What the settlements of one transaction add to a subscription's counters. */
interface Tally {
  successes: number;
  failures: number;
  expired: number;
  failedAttempts: number;
  lastSent: number | null;
}

/** Of each subscription that a batch names its row; undefined once it has been removed. */
type SubscriptionKeys = readonly (number | undefined)[];

/**
 * Writes units in transactions: all that came together in one, unless something in it fails; then all of it is rolled
 * back. That is why statements may say `OR FAIL`, which keeps SQLite from noting how to undo each by itself.
 */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #subscriptions: SubscriptionTable;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #events: RowInserter;
  readonly #deliveries: RowInserter;
  readonly #attempts: AttemptRows;
  readonly #endings: DeliveryEndings;
  readonly #saveMemo: StatementSync;
  readonly #deleteMemo: StatementSync;
  readonly #updateProgress: StatementSync;
  readonly #updateCounters: StatementSync;
  readonly #tallies = new Map<number, Tally>();
  #newestEventMs = 0;
  #newestDelivery = 0;

  constructor(db: DatabaseSync, path: string, subscriptions: SubscriptionTable) {
    this.#db = db;
    this.#path = path;
    this.#subscriptions = subscriptions;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#events = new RowInserter(db, 'INSERT OR FAIL INTO event', '(?, ?, ?, ?, ?)');
    this.#deliveries = new RowInserter(db, 'INSERT OR FAIL INTO delivery', '(?, ?, ?, 0, ?, 0, ?, NULL)');
    this.#attempts = new AttemptRows(db);
    this.#endings = new DeliveryEndings(db);
    this.#saveMemo = db.prepare('INSERT OR REPLACE INTO memo VALUES (?, ?, ?)');
    this.#deleteMemo = db.prepare('DELETE FROM memo WHERE pbx = ? AND key = ?');
    this.#updateProgress = db.prepare(
      'UPDATE progress SET last_event_ms = max(last_event_ms, ?), last_delivery = max(last_delivery, ?)',
    );
    this.#updateCounters = db.prepare(
      `UPDATE subscription SET success_count = success_count + ?, failure_count = failure_count + ?,
         expired_count = expired_count + ?, failed_attempts = failed_attempts + ?, last_sent = coalesce(?, last_sent) WHERE key = ?`,
    );
  }

  /** Keeps every unit that can be kept and tells the others. */
  write(batch: PackedBatch): readonly Refusal[] {
    const keys = batch.subscriptions.map((id) => this.#subscriptions.keyOf(id));
    return this.#write(unitsOf(batch), keys);
  }

  #write(units: readonly WriteUnit[], keys: SubscriptionKeys): readonly Refusal[] {
    const error = this.#transaction(() => this.#keep(units, keys));
    if (error === undefined) {
      return [];
    }
    const publishes = units.filter(({ publishes }) => publishes);
    const settles = units.filter(({ publishes }) => !publishes);
    if (publishes.length > 0 && settles.length > 0) {
      // On a full disk settling may still find room where a new event does not.
      return [...this.#write(settles, keys), ...this.#write(publishes, keys)];
    }
    if (error.code === 'store_failed' && units.length > 1) {
      const half = Math.ceil(units.length / 2);
      return [...this.#write(units.slice(0, half), keys), ...this.#write(units.slice(half), keys)];
    }
    return units.map(({ index }) => ({ unit: index, code: error.code, message: error.message }));
  }

  #transaction(work: () => void): StoreError | undefined {
    this.#tallies.clear();
    for (const rows of [this.#events, this.#deliveries, this.#attempts]) rows.clear();
    try {
      this.#begin.run();
      work();
      this.#commit.run();
      return undefined;
    } catch (error) {
      if (this.#db.isTransaction) {
        this.#db.exec('ROLLBACK');
      }
      return storeErrorOf(error, this.#path);
    }
  }

  /** A delivery may be published and end in the same unit, so that all rows are there before the first one ends. */
  #keep(units: readonly WriteUnit[], keys: SubscriptionKeys): void {
    const readers = units.map((unit) => unit.fields());
    for (const unit of readers) {
      for (let left = unit.number(); left > 0; left -= 1) {
        this.#remember(unit.text(), unit.text(), unit.optionalText());
      }
      for (let left = unit.number(); left > 0; left -= 1) {
        this.#insert(unit, keys);
      }
    }
    this.#events.flush();
    this.#deliveries.flush();
    for (const unit of readers) {
      while (unit.more) {
        this.#settle(unit, keys);
      }
    }
    this.#attempts.flush();
    this.#updateSums();
  }

  #remember(pbx: string, key: string, state: string | undefined): void {
    if (state === undefined) {
      this.#deleteMemo.run(pbx, key);
    } else {
      this.#saveMemo.run(pbx, key, state);
    }
  }

  #insert(unit: FieldReader, keys: SubscriptionKeys): void {
    const id = unit.text() as EventId;
    const type = unit.text();
    const key = eventKey(id, type);
    this.#events.add(key, type, unit.number(), unit.optionalText() ?? null, unit.text());
    this.#newestEventMs = Math.max(this.#newestEventMs, eventMs(key));
    for (let left = unit.number(); left > 0; left -= 1) {
      const delivery = unit.number();
      const subscription = keys[unit.number()];
      const dueAt = unit.number();
      this.#newestDelivery = Math.max(this.#newestDelivery, delivery);
      if (subscription !== undefined) {
        this.#deliveries.add(delivery, key, subscription, dueAt, dueAt);
      }
    }
  }

  /** Deliveries that ended in the same way. */
  #settle(unit: FieldReader, keys: SubscriptionKeys): void {
    const subscription = keys[unit.number()];
    const state = unit.number();
    const at = unit.number();
    const number = unit.number();
    const row = [
      unit.number(),
      unit.number(),
      unit.optionalNumber() ?? null,
      unit.optionalText() ?? null,
      unit.optionalText() ?? null,
      unit.optionalText() ?? null,
      unit.optionalText() ?? null,
    ] as const;
    const attempted = number > 0;
    const ids = Array.from({ length: unit.number() }, () => unit.number() as DeliveryId);
    const { changed, ended } = this.#endings.end(ids, state, at, attempted ? number : null);
    if (attempted) {
      const keys = ended.map((id) => attemptKey(id, number));
      this.#attempts.add(keys, row);
    }
    if (subscription !== undefined && changed > 0) {
      this.#count(subscription, changed, state, at, attempted);
    }
  }

  #count(subscription: number, deliveries: number, state: number, at: number, attempted: boolean): void {
    let tally = this.#tallies.get(subscription);
    if (tally === undefined) {
      tally = { successes: 0, failures: 0, expired: 0, failedAttempts: 0, lastSent: null };
      this.#tallies.set(subscription, tally);
    }
    if (state === STATE_NUMBERS.delivered) {
      tally.successes += deliveries;
      tally.lastSent = Math.max(tally.lastSent ?? 0, at);
    } else {
      tally.failedAttempts += attempted ? deliveries : 0;
      tally.failures += state === STATE_NUMBERS.pending ? 0 : deliveries;
      tally.expired += state === STATE_NUMBERS.expired ? deliveries : 0;
    }
  }

  #updateSums(): void {
    if (this.#newestEventMs > 0) {
      this.#updateProgress.run(this.#newestEventMs, this.#newestDelivery);
    }
    for (const [key, { successes, failures, expired, failedAttempts, lastSent }] of this.#tallies) {
      this.#updateCounters.run(successes, failures, expired, failedAttempts, lastSent, key);
    }
  }
}
