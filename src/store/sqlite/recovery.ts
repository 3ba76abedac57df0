import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { acceptedAt } from '../../model/event.ts';
import type { DeliveryId, EventPosition, SubscriptionId } from '../../model/ids.ts';
import type { Micros } from '../../util/clock.ts';
import type { FieldReader } from '../../util/fields.ts';
import { compilePatterns } from '../../util/patterns.ts';
import type { DeadStep, Redelivery, RetryResult, SkipStep, StepResult } from '../upkeep.ts';
import type { DeletedDeliveries } from './deleted-deliveries.ts';
import type { Progress } from './progress.ts';
import { rowOf, rowsOf } from './rows.ts';
import { attemptRange, STATE_NUMBERS } from './schema.ts';
import { inTransaction, Pace, stepBudget } from './step.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import type { TriedPlaces } from './tried-places.ts';
import type { Untried, UntriedDeliveries } from './untried.ts';
import type { Zones } from './zones.ts';

/** How long a step may look for what it changes, in milliseconds; changing takes the rest. */
const READ_MS = 5;

interface RedeliveryTimes {
  readonly dueAt: Micros;
  /** Ids go up with it: lists find by it where a time begins. */
  readonly madeAt: Micros;
}

/** Changes to deliveries that are neither new nor being attempted. */
export class RecoverySteps {
  readonly #db: DatabaseSync;
  readonly #subscriptions: SubscriptionTable;
  readonly #untried: UntriedDeliveries;
  readonly #places: TriedPlaces;
  readonly #deleted: DeletedDeliveries;
  readonly #zones: Zones;
  readonly #progress: Progress;
  readonly #pace = new Pace();
  readonly #revive: StatementSync;
  readonly #hasten: StatementSync;
  readonly #enter: StatementSync;
  readonly #eventOf: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteAttempts: StatementSync;
  readonly #redeliver: StatementSync;
  readonly #typeOf: StatementSync;
  readonly #skip: StatementSync;

  constructor(
    db: DatabaseSync,
    subscriptions: SubscriptionTable,
    untried: UntriedDeliveries,
    places: TriedPlaces,
    deleted: DeletedDeliveries,
    zones: Zones,
    progress: Progress,
  ) {
    this.#progress = progress;
    this.#deleted = deleted;
    this.#zones = zones;
    this.#db = db;
    this.#subscriptions = subscriptions;
    this.#untried = untried;
    this.#places = places;
    this.#revive = db.prepare('UPDATE delivery SET state = 0, at = ?, asked_after = attempts WHERE id = ?');
    this.#hasten = db.prepare('UPDATE delivery SET at = ? WHERE id = ?');
    this.#enter = db.prepare(
      'INSERT INTO delivery (id, event, subscription, state, at, attempts, created_at) VALUES (?, ?, ?, ?, ?, 0, ?)',
    );
    this.#eventOf = db.prepare('SELECT event FROM delivery WHERE id = ?');
    this.#delete = db.prepare('DELETE FROM delivery WHERE id = ?');
    this.#deleteAttempts = db.prepare('DELETE FROM attempt WHERE key BETWEEN ? AND ?');
    this.#redeliver = db.prepare(
      `INSERT INTO delivery (id, event, subscription, state, at, attempts, created_at, asked_after, apart)
         VALUES (?, ?, ?, 0, ?, 0, ?, 0, 1)`,
    );
    this.#typeOf = db.prepare('SELECT type FROM event WHERE key = ?');
    this.#skip = db.prepare(
      `UPDATE delivery SET state = ${STATE_NUMBERS.expired}, at = ? WHERE id IN (
         SELECT id FROM delivery INDEXED BY delivery_pending WHERE subscription = ? AND state = 0
           AND id <= ? LIMIT ?)`,
    );
  }

  retry(id: DeliveryId, dueAt: Micros): RetryResult {
    const statement = this.#db.prepare(
      'SELECT d.state, s.id FROM delivery d JOIN subscription s ON s.key = d.subscription WHERE d.id = ?',
    );
    const fields = rowOf(statement, id);
    if (fields === undefined) {
      return this.#enterRetried(id, dueAt);
    }
    const state = fields.number();
    const subscriptionId = fields.text() as SubscriptionId;
    if (state === STATE_NUMBERS.delivered) {
      return { kind: 'delivered' };
    }
    if (this.#subscriptions.keyOf(subscriptionId) === undefined) {
      return { kind: 'removed' };
    }
    const waited = state === STATE_NUMBERS.pending;
    (waited ? this.#hasten : this.#revive).run(dueAt, id);
    return { kind: 'retried', subscriptionId, waited };
  }

  #enterRetried(id: DeliveryId, dueAt: Micros): RetryResult {
    const untried = this.#untried.find(id);
    if (untried === undefined) {
      return { kind: 'unknown' };
    }
    const { subscriptionId } = untried;
    this.#enterRow(untried, STATE_NUMBERS.pending, dueAt);
    return { kind: 'retried', subscriptionId, waited: true };
  }

  retryDead(step: DeadStep, dueAt: Micros): StepResult {
    return this.#eachDead(step, (id, subscription) => {
      if (this.#subscriptions.keyOf(subscription) === undefined) {
        return false;
      }
      this.#revive.run(dueAt, id);
      return true;
    });
  }

  deleteDead(step: DeadStep): StepResult {
    return this.#eachDead(step, (id) => {
      const event = rowOf(this.#eventOf, id)?.number();
      if (event !== undefined) this.#deleted.fromEvent(event as EventPosition, [id]);
      this.#deleteAttempts.run(...attemptRange(id));
      this.#delete.run(id);
      return true;
    });
  }

  redeliver(
    subscriptionId: SubscriptionId,
    redeliveries: readonly Redelivery[],
    times: RedeliveryTimes,
  ): number {
    const subscription = this.#subscriptions.keyOf(subscriptionId);
    if (subscription === undefined) {
      return 0;
    }
    try {
      return inTransaction(this.#db, () => this.#redeliverAll(subscription, redeliveries, times));
    } catch (error) {
      this.#zones.reload();
      throw error;
    }
  }

  #redeliverAll(
    subscription: number,
    redeliveries: readonly Redelivery[],
    { dueAt, madeAt }: RedeliveryTimes,
  ): number {
    let made = 0;
    let newest = 0;
    for (const { id, event } of redeliveries) {
      newest = Math.max(newest, id);
      const type = rowOf(this.#typeOf, event)?.text();
      if (type === undefined) continue;
      this.#redeliver.run(id, event, subscription, dueAt, madeAt);
      this.#zones.addReplay(type, subscription, id);
      made += 1;
    }
    this.#progress.replayedUpTo(newest);
    return made;
  }

  skip({ subscriptionId, endedAt, upTo }: SkipStep): StepResult {
    const subscription = this.#subscriptions.keyOf(subscriptionId);
    if (subscription === undefined) {
      return { changed: new Map() };
    }
    return this.#pace.step((rows) => {
      let skipped = Number(this.#skip.run(endedAt, subscription, upTo, rows).changes);
      if (skipped < rows) {
        skipped += this.#skipUntried(subscription, endedAt, upTo, rows - skipped);
      }
      return {
        changed: new Map(skipped === 0 ? [] : [[subscriptionId, skipped]]),
        next: skipped < rows ? undefined : upTo,
      };
    });
  }

  #skipUntried(subscription: number, endedAt: Micros, upTo: DeliveryId, limit: number): number {
    const waiting = this.#untried.first(subscription, upTo, limit);
    inTransaction(this.#db, () => {
      for (const untried of waiting) this.#enterRow(untried, STATE_NUMBERS.expired, endedAt);
    });
    const last = waiting.at(-1);
    if (last !== undefined) this.#places.triedUpTo(subscription, last.event);
    return waiting.length;
  }

  #enterRow({ id, event, subscription }: Untried, state: number, at: Micros): void {
    this.#enter.run(id, event, subscription, state, at, acceptedAt(event));
  }

  /** Hands the dead letters of one step to `change`, which says whether it changed them. */
  #eachDead(step: DeadStep, change: (id: DeliveryId, subscription: SubscriptionId) => boolean): StepResult {
    const { types = ['*'], since = Number.MIN_SAFE_INTEGER, until = Number.MAX_SAFE_INTEGER } = step;
    const wants = compilePatterns(types);
    const changed = new Map<SubscriptionId, number>();
    let next: DeliveryId | undefined;
    const work = (rows: number) => {
      const spent = stepBudget(READ_MS);
      const chosen: (readonly [DeliveryId, SubscriptionId])[] = [];
      // Read to the end first: what is changed while it is read may come up twice.
      for (const fields of this.#dead(step)) {
        const id = fields.number() as DeliveryId;
        const createdAt = fields.number();
        const subscription = fields.text() as SubscriptionId;
        if (createdAt >= since && createdAt < until && wants(fields.text())) {
          chosen.push([id, subscription]);
        }
        if (chosen.length >= rows || spent()) {
          next = id;
          break;
        }
      }
      const tooLong = stepBudget();
      for (const [index, [id, subscription]] of chosen.entries()) {
        if (change(id, subscription)) {
          changed.set(subscription, (changed.get(subscription) ?? 0) + 1);
        }
        if (tooLong() && index < chosen.length - 1) {
          next = id;
          break;
        }
      }
    };
    this.#pace.step((rows) => inTransaction(this.#db, () => work(rows)));
    return { changed, next };
  }

  /** By their ids: id, when it was made, subscription and type of event. */
  #dead({ after, upTo, subscriptionId, ids }: DeadStep): Generator<FieldReader> {
    const [index, ofSubscription] =
      subscriptionId === undefined
        ? ['delivery_undelivered', []]
        : ['delivery_undelivered_to', ['AND d.subscription = (SELECT key FROM subscription WHERE id = ?)']];
    const ofIds = ids === undefined ? [] : ['AND d.id IN (SELECT value FROM json_each(?))'];
    const statement = this.#db.prepare(
      `SELECT d.id, d.created_at, s.id, e.type FROM delivery d INDEXED BY ${index}
         CROSS JOIN subscription s ON s.key = d.subscription CROSS JOIN event e ON e.key = d.event
         WHERE d.state <> 1 AND d.state = ${STATE_NUMBERS.dead} AND d.id > ? AND d.id <= ?
         ${[...ofSubscription, ...ofIds].join(' ')} ORDER BY d.id`,
    );
    const values = [subscriptionId, ids && JSON.stringify(ids)].filter((value) => value !== undefined);
    return rowsOf(statement, after, upTo, ...values);
  }
}
