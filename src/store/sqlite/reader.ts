import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { acceptedAt } from '../../model/event.ts';
import type { CallId, DeliveryId, PbxName, SubscriptionId } from '../../model/ids.ts';
import type { Memo } from '../../model/memo.ts';
import { micro } from '../../util/clock.ts';
import type { FieldReader } from '../../util/fields.ts';
import { mapped, merged } from '../../util/merged.ts';
import type { DueDelivery, DuePage, DueQuery, OldestPending, QueuePosition, Retrying } from '../store.ts';
import { readEvent, rowsOf } from './rows.ts';
import { STATE_NUMBERS } from './schema.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import type { UntriedDeliveries } from './untried.ts';

export class Reader {
  readonly #db: DatabaseSync;
  readonly #subscriptions: SubscriptionTable;
  readonly #untried: UntriedDeliveries;
  readonly #due: StatementSync;

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable, untried: UntriedDeliveries) {
    this.#db = db;
    this.#subscriptions = subscriptions;
    this.#untried = untried;
    this.#due = db.prepare(
      `SELECT d.id, d.at, d.attempts, d.asked_after, e.key, e.type, e.occurred_at, e.call_id, e.data
         FROM delivery d INDEXED BY delivery_pending JOIN event e ON e.key = d.event
         WHERE d.subscription = ? AND d.state = 0 AND (d.at, d.id) > (?, ?)
         ORDER BY d.at, d.id LIMIT ?`,
    );
  }

  /** One that someone asked for joins the queue as a new one does, until an attempt of it fails. */
  retrying(subscriptionId: SubscriptionId): readonly Retrying[] {
    return this.#db
      .prepare(
        `SELECT d.id, e.call_id FROM delivery d INDEXED BY delivery_undelivered_to JOIN event e ON e.key = d.event
           WHERE d.subscription = ? AND d.state <> 1 AND d.state = 0 AND d.attempts > 0 AND d.attempts > coalesce(d.asked_after, 0)
             AND e.call_id IS NOT NULL ORDER BY d.id`,
      )
      .all(this.#subscriptions.keyOf(subscriptionId) ?? -1)
      .map(({ id, call_id }) => ({ id: Number(id) as DeliveryId, callId: String(call_id) as CallId }));
  }

  memos(): readonly Memo[] {
    return this.#db
      .prepare('SELECT pbx, key, state FROM memo ORDER BY pbx, key')
      .all()
      .map(({ pbx, key, state }) => ({
        pbx: String(pbx) as PbxName,
        key: String(key),
        state: String(state),
      }));
  }

  due({ subscriptionId, after, by, limit, maxCharacters }: DueQuery): DuePage {
    const key = this.#subscriptions.keyOf(subscriptionId);
    const deliveries: DueDelivery[] = [];
    if (key === undefined) {
      return { deliveries };
    }
    let characters = 0;
    // One more than asked for: it tells when the next one is due.
    for (const delivery of this.#waiting(subscriptionId, key, after, limit + 1)) {
      if (delivery.dueAt > by || deliveries.length === limit || characters >= maxCharacters) {
        return { deliveries, nextDueAt: delivery.dueAt };
      }
      characters += delivery.event.data.length;
      deliveries.push(delivery);
    }
    return { deliveries };
  }

  /** The older of two: the first without a row, and the first with one, by id, which follows time. */
  oldestPending(): readonly OldestPending[] {
    const oldest = this.#db.prepare(
      `SELECT s.key, s.id, (SELECT d.created_at FROM delivery d INDEXED BY delivery_undelivered_to
         WHERE d.subscription = s.key AND d.state <> 1 AND d.state = 0 ORDER BY d.id LIMIT 1)
       FROM subscription s WHERE s.removed = 0 ORDER BY s.key`,
    );
    return Array.from(rowsOf(oldest)).flatMap((fields) => {
      const untriedSince = this.#untried.oldest(fields.number());
      const subscriptionId = fields.text() as SubscriptionId;
      const since = [untriedSince, fields.optionalNumber()].filter((time) => time !== undefined);
      return since.length === 0 ? [] : [{ subscriptionId, createdAt: micro(Math.min(...since)) }];
    });
  }

  countDead(most: number): number {
    const row = this.#db
      .prepare(
        `SELECT count(*) AS dead FROM (
           SELECT 1 FROM delivery INDEXED BY delivery_undelivered WHERE state <> 1 AND state = ${STATE_NUMBERS.dead} LIMIT ?)`,
      )
      .get(most);
    return Number(row?.['dead']);
  }

  /** In the order of the queue. */
  *#waiting(
    subscriptionId: SubscriptionId,
    key: number,
    after: QueuePosition,
    limit: number,
  ): Generator<DueDelivery> {
    const tried = rowsOf(this.#due, key, after.dueAt, after.id, limit);
    const untried = this.#untried.next(key, after);
    yield* merged(
      mapped(tried, (fields) => dueDelivery(subscriptionId, fields)),
      mapped(untried, (fields) => untriedDelivery(subscriptionId, fields)),
      (a, b) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.id < b.id),
    );
  }
}

function untriedDelivery(subscriptionId: SubscriptionId, fields: FieldReader): DueDelivery {
  const id = fields.number() as DeliveryId;
  const event = readEvent(fields);
  return { id, subscriptionId, event, attempts: 0, dueAt: acceptedAt(event.position) };
}

function dueDelivery(subscriptionId: SubscriptionId, fields: FieldReader): DueDelivery {
  const id = fields.number() as DeliveryId;
  const dueAt = micro(fields.number());
  const attempts = fields.number();
  const askedAfter = fields.optionalNumber();
  return { id, subscriptionId, event: readEvent(fields), attempts, askedAfter, dueAt };
}
