import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { acceptedAt } from '../../model/event.ts';
import type { DeliveryId, EventPosition, SubscriptionId } from '../../model/ids.ts';
import type { FieldReader } from '../../util/fields.ts';
import type { StoreError } from '../store.ts';
import { type AttemptColumns, AttemptRows } from './attempt-rows.ts';
import type { DeletedDeliveries } from './deleted-deliveries.ts';
import { DeliveryResults, SomeCameLate } from './delivery-results.ts';
import { storeErrorOf } from './failure.ts';
import { packRecipients } from './recipients.ts';
import { RowInserter } from './row-inserter.ts';
import { attemptKey, STATE_NUMBERS } from './schema.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import type { TriedPlaces } from './tried-places.ts';
import type { Refusal } from './wire.ts';
import { type PackedBatch, unitsOf, type WriteUnit } from './write-batch.ts';
import type { Zones } from './zones.ts';

/** What the settlements of one transaction add to a subscription's counters. */
interface Tally {
  successes: number;
  failures: number;
  expired: number;
  failedAttempts: number;
  lastSent: number | null;
}

/** What became of some deliveries of one subscription, all in the same way. */
interface Outcome {
  readonly subscription: number;
  readonly state: number;
  readonly at: number;
  /** Of the attempt; 0 without one. */
  readonly number: number;
  readonly attempt: AttemptColumns;
  /** The delivery under which the attempt is kept for all; null: each has its own. */
  readonly keptWith: number | null;
  readonly ids: readonly number[];
}

/** Whether a delivery takes one more result. */
function takes(results: Map<number, number>, id: number): boolean {
  const left = results.get(id) ?? 0;
  results.set(id, left - 1);
  return left > 0;
}

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
  readonly #fanOut: RowInserter;
  readonly #results: DeliveryResults;
  readonly #attempts: AttemptRows;
  readonly #keepAlone: StatementSync;
  readonly #saveMemo: StatementSync;
  readonly #deleteMemo: StatementSync;
  readonly #updateCounters: StatementSync;
  readonly #places: TriedPlaces;
  readonly #deleted: DeletedDeliveries;
  readonly #zones: Zones;
  /** What batches have named so far, by place. */
  readonly #named: SubscriptionId[] = [];
  readonly #outcomes: Outcome[] = [];
  readonly #tallies = new Map<number, Tally>();
  #settled = 0;

  constructor(
    db: DatabaseSync,
    path: string,
    subscriptions: SubscriptionTable,
    places: TriedPlaces,
    deleted: DeletedDeliveries,
    zones: Zones,
  ) {
    this.#deleted = deleted;
    this.#zones = zones;
    this.#db = db;
    this.#path = path;
    this.#subscriptions = subscriptions;
    this.#places = places;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#events = new RowInserter(db, 'INSERT OR FAIL INTO event', '(?, ?, ?, ?, ?)');
    this.#fanOut = new RowInserter(db, 'INSERT OR FAIL INTO fan_out', '(?, ?, ?)');
    this.#results = new DeliveryResults(db);
    this.#attempts = new AttemptRows(db);
    this.#keepAlone = db.prepare('UPDATE delivery SET delivered_with = NULL WHERE id = ?');
    this.#saveMemo = db.prepare('INSERT OR REPLACE INTO memo VALUES (?, ?, ?)');
    this.#deleteMemo = db.prepare('DELETE FROM memo WHERE pbx = ? AND key = ?');
    this.#updateCounters = db.prepare(
      `UPDATE subscription SET success_count = success_count + ?, failure_count = failure_count + ?,
         expired_count = expired_count + ?, failed_attempts = failed_attempts + ?, last_sent = coalesce(?, last_sent) WHERE key = ?`,
    );
  }

  /** Keeps every unit that can be kept and tells the others. */
  write(batch: PackedBatch): readonly Refusal[] {
    const [first, subscriptions] = batch;
    for (const [n, id] of subscriptions.entries()) this.#named[first + n] = id;
    return this.#write(unitsOf(batch));
  }

  #write(units: readonly WriteUnit[]): readonly Refusal[] {
    const error = this.#transaction((exact) => this.#keep(units, exact));
    if (error === undefined) {
      return [];
    }
    const publishes = units.filter(({ publishes }) => publishes);
    const settles = units.filter(({ publishes }) => !publishes);
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

  /** Nearly always all results come in time, which is quickest to write; if not, all is done anew and exactly. */
  #transaction(work: (exact: boolean) => void): StoreError | undefined {
    const problem = this.#attempt(() => work(false));
    const failure = problem instanceof SomeCameLate ? this.#attempt(() => work(true)) : problem;
    return failure === undefined ? undefined : storeErrorOf(failure, this.#path);
  }

  /** Tells what was thrown; then nothing was written. */
  #attempt(work: () => void): unknown {
    this.#tallies.clear();
    this.#outcomes.length = 0;
    this.#settled = 0;
    this.#places.begun();
    for (const rows of [this.#events, this.#fanOut, this.#results, this.#attempts]) rows.clear();
    try {
      this.#begin.run();
      work();
      this.#commit.run();
    } catch (error) {
      if (this.#db.isTransaction) {
        this.#db.exec('ROLLBACK');
      }
      this.#zones.reload();
      return error;
    }
    this.#places.kept();
    this.#places.written(this.#settled, this.#tallies.keys());
    return undefined;
  }

  /** A delivery may be published and end in the same unit, so that all rows are there before the first one ends. */
  #keep(units: readonly WriteUnit[], exact: boolean): void {
    for (const fields of units.map((unit) => unit.fields())) {
      for (let left = fields.number(); left > 0; left -= 1) {
        this.#remember(fields.text(), fields.text(), fields.optionalText());
      }
      for (let left = fields.number(); left > 0; left -= 1) {
        this.#insert(fields);
      }
      while (fields.more) {
        this.#addResults(fields);
      }
    }
    this.#events.flush();
    this.#fanOut.flush();
    this.#settle(exact);
    this.#updateSums();
  }

  #remember(pbx: string, key: string, state: string | undefined): void {
    if (state === undefined) {
      this.#deleteMemo.run(pbx, key);
    } else {
      this.#saveMemo.run(pbx, key, state);
    }
  }

  #insert(unit: FieldReader): void {
    const position = unit.number() as EventPosition;
    const type = unit.text();
    this.#events.add(position, type, unit.number(), unit.optionalText() ?? null, unit.text());
    const first = unit.number();
    const recipients: (number | undefined)[] = [];
    for (let left = unit.number(); left > 0; left -= 1) recipients.push(this.#keyAt(unit.number()));
    const packed = packRecipients(recipients);
    this.#zones.add(position, type, first, packed);
    if (recipients.length === 0) return;
    this.#fanOut.add(position, first, packed);
    this.#places.made(position, recipients.length);
  }

  /** Undefined once it has been removed. */
  #keyAt(place: number): number | undefined {
    const id = this.#named[place];
    if (id === undefined) throw new RangeError(`nobody was told which subscription ${place} is`);
    return this.#subscriptions.keyOf(id);
  }

  /** Deliveries that ended in the same way. */
  #addResults(unit: FieldReader): void {
    const subscription = this.#keyAt(unit.number());
    const state = unit.number();
    const at = unit.number();
    const number = unit.number();
    const attempt = [
      unit.number(),
      unit.number(),
      unit.optionalNumber() ?? null,
      unit.optionalText() ?? null,
      unit.optionalText() ?? null,
      unit.optionalText() ?? null,
      unit.optionalText() ?? null,
    ] as const;
    const keptWith = unit.optionalNumber() ?? null;
    const ids: number[] = [];
    for (let left = unit.number(); left > 0; left -= 1) {
      const id = unit.number();
      const event = unit.number();
      if (subscription === undefined || this.#deleted.has(id)) continue;
      ids.push(id);
      const createdAt = acceptedAt(event as EventPosition);
      const deliveredWith = id === keptWith ? null : keptWith;
      this.#results.add([id, event, subscription, state, at, number, createdAt, deliveredWith]);
    }
    if (subscription !== undefined)
      this.#outcomes.push({ subscription, state, at, number, attempt, keptWith, ids });
  }

  /** Of several results of one delivery the first ones count: once it has ended it takes no more. */
  #settle(exact: boolean): void {
    const results = this.#results.flush(exact);
    for (const { ids, number, attempt, keptWith, ...outcome } of this.#outcomes) {
      const changed = results === undefined ? ids : ids.filter((id) => takes(results, id));
      if (number > 0) {
        const keepers = this.#keepersOf(changed, keptWith);
        this.#attempts.add(
          keepers.map((id) => attemptKey(id as DeliveryId, number)),
          attempt,
        );
      }
      if (changed.length > 0) this.#count(outcome, changed.length, number > 0);
      this.#settled += changed.length;
    }
    this.#attempts.flush();
  }

  /** Under which of these deliveries their attempt is kept: under one, unless that had ended otherwise. */
  #keepersOf(ids: readonly number[], keptWith: number | null): readonly number[] {
    if (keptWith === null) return ids;
    if (ids.includes(keptWith)) return [keptWith];
    for (const id of ids) this.#keepAlone.run(id);
    return ids;
  }

  #count(
    { subscription, state, at }: Pick<Outcome, 'subscription' | 'state' | 'at'>,
    deliveries: number,
    attempted: boolean,
  ): void {
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
    this.#places.keep();
    for (const [key, { successes, failures, expired, failedAttempts, lastSent }] of this.#tallies) {
      this.#updateCounters.run(successes, failures, expired, failedAttempts, lastSent, key);
    }
  }
}
