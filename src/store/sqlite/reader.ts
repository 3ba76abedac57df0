import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CallId, DeliveryId, PbxName, SubscriptionId } from '../../model/ids.ts';
import type { Memo } from '../../model/memo.ts';
import { micro } from '../../util/clock.ts';
import type { DueDelivery, DuePage, DueQuery, OldestPending, Retrying, StoreState } from '../store.ts';
import { fieldsOf, readEvent } from './rows.ts';
import type { SubscriptionTable } from './subscription-table.ts';

export class Reader {
  readonly #db: DatabaseSync;
  readonly #subscriptions: SubscriptionTable;
  readonly #due: StatementSync;

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable) {
    this.#db = db;
    this.#subscriptions = subscriptions;
    this.#due = db.prepare(
      `SELECT d.id, d.at, d.attempts, d.asked_after, e.key, e.type, e.occurred_at, e.call_id, e.body
         FROM delivery d INDEXED BY delivery_pending JOIN event e ON e.key = d.event
         WHERE d.subscription = ? AND d.state = 0 AND (d.at, d.id) > (?, ?)
         ORDER BY d.at, d.id LIMIT ?`,
    );
    this.#due.setReturnArrays(true);
  }

  state(): StoreState {
    const row = this.#db.prepare('SELECT last_event_ms, last_delivery FROM progress').get();
    return {
      lastEventMs: Number(row?.['last_event_ms'] ?? 0),
      lastDeliveryId: Number(row?.['last_delivery'] ?? 0) as DeliveryId,
    };
  }

  /** One that someone asked for joins the queue as a new one does, until an attempt of it fails. */
  retrying(subscriptionId: SubscriptionId): readonly Retrying[] {
    return this.#db
      .prepare(
        `SELECT d.id, e.call_id FROM delivery d INDEXED BY delivery_retrying JOIN event e ON e.key = d.event
           WHERE d.subscription = ? AND d.state = 0 AND d.attempts > 0 AND d.attempts > coalesce(d.asked_after, 0)
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

  due({ subscriptionId, after, by, limit, maxBodies }: DueQuery): DuePage {
    const key = this.#subscriptions.keyOf(subscriptionId);
    const deliveries: DueDelivery[] = [];
    if (key === undefined) {
      return { deliveries };
    }
    let bodies = 0;
    // One more than asked for: it tells when the next one is due.
    for (const row of this.#due.iterate(key, after.dueAt, after.id, limit + 1)) {
      const delivery = dueDelivery(subscriptionId, row);
      if (delivery.dueAt > by || deliveries.length === limit || bodies >= maxBodies) {
        return { deliveries, nextDueAt: delivery.dueAt };
      }
      bodies += delivery.event.body.length;
      deliveries.push(delivery);
    }
    return { deliveries };
  }

  /**
   * The first in the queue is the oldest that was never tried (but for one, expired or not, that someone asked for: it
   * has gone to the end). One that was tried may stand anywhere, but ids follow time: the first is the oldest of those.
   */
  oldestPending(): readonly OldestPending[] {
    return this.#db
      .prepare(
        `SELECT id, created_at FROM (
           SELECT s.id, (
             SELECT min(created_at) FROM (
               SELECT * FROM (SELECT d.created_at FROM delivery d INDEXED BY delivery_pending
                 WHERE d.subscription = s.key AND d.state = 0 ORDER BY d.at, d.id LIMIT 1)
               UNION ALL
               SELECT * FROM (SELECT d.created_at FROM delivery d INDEXED BY delivery_retrying
                 WHERE d.subscription = s.key AND d.state = 0 AND d.attempts > 0 ORDER BY d.id LIMIT 1))
           ) AS created_at FROM subscription s WHERE s.removed = 0)
           WHERE created_at IS NOT NULL`,
      )
      .all()
      .map(({ id, created_at }) => ({
        subscriptionId: String(id) as SubscriptionId,
        createdAt: micro(Number(created_at)),
      }));
  }
}

function dueDelivery(subscriptionId: SubscriptionId, row: unknown): DueDelivery {
  const fields = fieldsOf(row);
  const id = fields.number() as DeliveryId;
  const dueAt = micro(fields.number());
  const attempts = fields.number();
  const askedAfter = fields.optionalNumber();
  return { id, subscriptionId, event: readEvent(fields).event, attempts, askedAfter, dueAt };
}
