import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { readAttempt } from '../../model/attempt-fields.ts';
import type { Attempt } from '../../model/delivery.ts';
import type { CallId, DeliveryId, PbxName, SubscriptionId } from '../../model/ids.ts';
import type { Memo } from '../../model/memo.ts';
import { micro } from '../../util/clock.ts';
import { FieldReader } from '../../util/fields.ts';
import type {
  DeliveryQuery,
  DeliveryRecord,
  DueDelivery,
  DuePage,
  DueQuery,
  OldestPending,
  StoreState,
} from '../store.ts';
import { ATTEMPTS_PER_DELIVERY, attemptRange, eventIdOf, STATE_NUMBERS, stateOf } from './schema.ts';
import type { SubscriptionTable } from './subscription-table.ts';

export class Reader {
  readonly #db: DatabaseSync;
  readonly #subscriptions: SubscriptionTable;
  readonly #due: StatementSync;
  readonly #attempts: StatementSync;

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable) {
    this.#db = db;
    this.#subscriptions = subscriptions;
    this.#due = db.prepare(
      `SELECT d.id, d.at, d.attempts, e.key, e.type, e.occurred_at, e.call_id, e.body
         FROM delivery d INDEXED BY delivery_pending JOIN event e ON e.key = d.event
         WHERE d.subscription = ? AND d.state = 0 AND (d.at, d.id) > (?, ?)
         ORDER BY d.at, d.id LIMIT ?`,
    );
    this.#due.setReturnArrays(true);
    this.#attempts = db.prepare(
      `SELECT key % ${ATTEMPTS_PER_DELIVERY}, started_at, duration_ms, status, headers, body, error_code, error
         FROM attempt WHERE key BETWEEN ? AND ? ORDER BY key`,
    );
    this.#attempts.setReturnArrays(true);
  }

  state(): StoreState {
    const row = this.#db.prepare('SELECT last_event_ms, last_delivery FROM progress').get();
    return {
      lastEventMs: Number(row?.['last_event_ms'] ?? 0),
      lastDeliveryId: Number(row?.['last_delivery'] ?? 0) as DeliveryId,
    };
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

  oldestPending(): readonly OldestPending[] {
    return this.#db
      .prepare(
        `SELECT id, created_at FROM (
           SELECT s.id, (SELECT d.created_at FROM delivery d INDEXED BY delivery_pending
                           WHERE d.subscription = s.key AND d.state = 0 ORDER BY d.at, d.id LIMIT 1) AS created_at
             FROM subscription s WHERE s.removed = 0)
           WHERE created_at IS NOT NULL`,
      )
      .all()
      .map(({ id, created_at }) => ({
        subscriptionId: String(id) as SubscriptionId,
        createdAt: micro(Number(created_at)),
      }));
  }

  deliveries({ subscriptionId, state, before, limit }: DeliveryQuery): readonly DeliveryRecord[] {
    const filters: string[] = [];
    const values: (string | number)[] = [];
    const filter = (condition: string, value: string | number | undefined): void => {
      if (value !== undefined) {
        filters.push(condition);
        values.push(value);
      }
    };
    filter('s.id = ?', subscriptionId);
    filter('d.state = ?', state && STATE_NUMBERS[state]);
    filter('d.id < ?', before);
    const statement = this.#db.prepare(
      `SELECT d.id, s.id, d.state, d.at, d.attempts, d.created_at, d.event, e.type
         FROM delivery d JOIN subscription s ON s.key = d.subscription JOIN event e ON e.key = d.event
         ${filters.length > 0 ? `WHERE ${filters.join(' AND ')}` : ''}
         ORDER BY d.id DESC LIMIT ?`,
    );
    statement.setReturnArrays(true);
    const records: DeliveryRecord[] = [];
    for (const row of statement.iterate(...values, limit)) {
      records.push(this.#record(row));
    }
    return records;
  }

  #record(row: unknown): DeliveryRecord {
    const fields = fieldsOf(row);
    const id = fields.number() as DeliveryId;
    const subscriptionId = fields.text() as SubscriptionId;
    const state = stateOf(fields.number());
    const at = micro(fields.number());
    const attempts = fields.number();
    const createdAt = micro(fields.number());
    const key = fields.number();
    const eventType = fields.text();
    return {
      id,
      subscriptionId,
      state,
      attempts,
      createdAt,
      eventId: eventIdOf(key, eventType),
      eventType,
      dueAt: state === 'pending' ? at : undefined,
      endedAt: state === 'pending' ? undefined : at,
      history: this.#history(id),
    };
  }

  #history(delivery: DeliveryId): readonly Attempt[] {
    return Array.from(this.#attempts.iterate(...attemptRange(delivery)), (row) => readAttempt(fieldsOf(row)));
  }
}

function dueDelivery(subscriptionId: SubscriptionId, row: unknown): DueDelivery {
  const fields = fieldsOf(row);
  const id = fields.number() as DeliveryId;
  const dueAt = micro(fields.number());
  const attempts = fields.number();
  const key = fields.number();
  const type = fields.text();
  const event = {
    id: eventIdOf(key, type),
    type,
    occurredAt: micro(fields.number()),
    callId: fields.optionalText() as CallId | undefined,
    body: fields.text(),
  };
  return { id, subscriptionId, event, attempts, dueAt };
}

/** A row of a statement that returns arrays, which node:sqlite types as objects. */
function fieldsOf(row: unknown): FieldReader {
  if (!Array.isArray(row)) {
    throw new TypeError('expected a row as an array');
  }
  return new FieldReader(row);
}
