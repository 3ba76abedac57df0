import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeliveryId, EventId, SubscriptionId } from '../../model/ids.ts';
import { FieldReader } from '../../util/fields.ts';
import type { StoreError } from '../store.ts';
import { storeErrorOf } from './failure.ts';
import { attemptKey, eventKey, eventMs, STATE_NUMBERS } from './schema.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import type { Refusal, WriteUnit } from './wire.ts';

/** What the settlements of one transaction add to a subscription's counters. */
interface Tally {
  successes: number;
  failures: number;
  expired: number;
  failedAttempts: number;
  lastSent: number | null;
}

/** Writes units in transactions: all that came together in one, unless something in it fails. */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #subscriptions: SubscriptionTable;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #insertEvent: StatementSync;
  readonly #insertDelivery: StatementSync;
  readonly #saveMemo: StatementSync;
  readonly #deleteMemo: StatementSync;
  readonly #updateDelivery: StatementSync;
  readonly #endDelivery: StatementSync;
  readonly #insertAttempt: StatementSync;
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
    this.#insertEvent = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?)');
    this.#insertDelivery = db.prepare('INSERT INTO delivery VALUES (?, ?, ?, 0, ?, 0, ?, NULL)');
    this.#saveMemo = db.prepare('INSERT OR REPLACE INTO memo VALUES (?, ?, ?)');
    this.#deleteMemo = db.prepare('DELETE FROM memo WHERE pbx = ? AND key = ?');
    // A delivery that is no longer pending keeps what it ended as: one result may be reported twice.
    this.#updateDelivery = db.prepare(
      'UPDATE delivery SET state = ?, at = ?, attempts = ? WHERE id = ? AND state = 0',
    );
    this.#endDelivery = db.prepare('UPDATE delivery SET state = ?, at = ? WHERE id = ? AND state = 0');
    this.#insertAttempt = db.prepare('INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#updateProgress = db.prepare(
      'UPDATE progress SET last_event_ms = max(last_event_ms, ?), last_delivery = max(last_delivery, ?)',
    );
    this.#updateCounters = db.prepare(
      `UPDATE subscription SET success_count = success_count + ?, failure_count = failure_count + ?,
         expired_count = expired_count + ?, failed_attempts = failed_attempts + ?, last_sent = coalesce(?, last_sent) WHERE key = ?`,
    );
  }

  /** Keeps every unit that can be kept and tells the others. */
  write(units: readonly WriteUnit[]): readonly Refusal[] {
    return this.#write(units.map((unit, index) => ({ unit, index })));
  }

  #write(units: readonly { readonly unit: WriteUnit; readonly index: number }[]): readonly Refusal[] {
    const error = this.#transaction(() => {
      for (const { unit } of units) {
        if (unit.kind === 'publish') {
          this.#publish(new FieldReader(unit.fields));
          if (unit.ended !== undefined) this.#settle(new FieldReader(unit.ended));
        } else {
          this.#settle(new FieldReader(unit.fields));
        }
      }
      this.#updateSums();
    });
    if (error === undefined) {
      return [];
    }
    const publishes = units.filter(({ unit }) => unit.kind === 'publish');
    const settles = units.filter(({ unit }) => unit.kind === 'settle');
    if (publishes.length > 0 && settles.length > 0) {
      // On a full disk settling may still find room where a new event does not.
      return [...this.#write(settles), ...this.#write(publishes)];
    }
    if (error.code === 'store_failed' && units.length > 1) {
      const half = Math.ceil(units.length / 2);
      return [...this.#write(units.slice(0, half)), ...this.#write(units.slice(half))];
    }
    return units.map(({ index }) => ({ unit: index, code: error.code, message: error.message }));
  }

  #transaction(work: () => void): StoreError | undefined {
    this.#tallies.clear();
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

  #publish(unit: FieldReader): void {
    for (let left = unit.number(); left > 0; left -= 1) {
      this.#remember(unit.text(), unit.text(), unit.optionalText());
    }
    while (unit.more) {
      this.#insert(unit);
    }
  }

  #remember(pbx: string, key: string, state: string | undefined): void {
    if (state === undefined) {
      this.#deleteMemo.run(pbx, key);
    } else {
      this.#saveMemo.run(pbx, key, state);
    }
  }

  #insert(unit: FieldReader): void {
    const id = unit.text() as EventId;
    const type = unit.text();
    const key = eventKey(id, type);
    this.#insertEvent.run(key, type, unit.number(), unit.optionalText() ?? null, unit.text());
    this.#newestEventMs = Math.max(this.#newestEventMs, eventMs(key));
    for (let left = unit.number(); left > 0; left -= 1) {
      const delivery = unit.number();
      const subscription = this.#subscriptions.keyOf(unit.text() as SubscriptionId);
      const dueAt = unit.number();
      this.#newestDelivery = Math.max(this.#newestDelivery, delivery);
      if (subscription !== undefined) {
        this.#insertDelivery.run(delivery, key, subscription, dueAt, dueAt);
      }
    }
  }

  #settle(unit: FieldReader): void {
    while (unit.more) {
      const delivery = unit.number() as DeliveryId;
      const subscription = this.#subscriptions.keyOf(unit.text() as SubscriptionId);
      const state = unit.number();
      const at = unit.number();
      const number = unit.number();
      const attempted = number > 0;
      const { changes } = attempted
        ? this.#updateDelivery.run(state, at, number, delivery)
        : this.#endDelivery.run(state, at, delivery);
      const row = [unit.number(), unit.number(), unit.optionalNumber() ?? null] as const;
      const texts = [unit.optionalText(), unit.optionalText(), unit.optionalText(), unit.optionalText()];
      if (changes === 0) {
        continue;
      }
      if (attempted) {
        this.#insertAttempt.run(attemptKey(delivery, number), ...row, ...texts.map((text) => text ?? null));
      }
      if (subscription !== undefined) {
        this.#count(subscription, state, at, attempted);
      }
    }
  }

  #count(subscription: number, state: number, at: number, attempted: boolean): void {
    let tally = this.#tallies.get(subscription);
    if (tally === undefined) {
      tally = { successes: 0, failures: 0, expired: 0, failedAttempts: 0, lastSent: null };
      this.#tallies.set(subscription, tally);
    }
    if (state === STATE_NUMBERS.delivered) {
      tally.successes += 1;
      tally.lastSent = Math.max(tally.lastSent ?? 0, at);
    } else {
      tally.failedAttempts += attempted ? 1 : 0;
      tally.failures += state === STATE_NUMBERS.pending ? 0 : 1;
      tally.expired += state === STATE_NUMBERS.expired ? 1 : 0;
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
