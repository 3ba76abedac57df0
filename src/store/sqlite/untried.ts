import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { acceptedAt } from '../../model/event.ts';
import { type DeliveryId, EVENTS_PER_MS, type EventPosition, type SubscriptionId } from '../../model/ids.ts';
import type { Micros } from '../../util/clock.ts';
import type { FieldReader } from '../../util/fields.ts';
import type { QueuePosition } from '../store.ts';
import { DELIVERY_ID, HAS_UNTRIED, IS_UNTRIED, recipientsIn, SLOT, slotOf, without } from './recipients.ts';
import { rowOf, rowsOf } from './rows.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import type { TriedPlaces } from './tried-places.ts';

/** A delivery of which nothing has become yet. */
export interface Untried {
  readonly id: DeliveryId;
  readonly event: EventPosition;
  readonly subscription: number;
  readonly subscriptionId: SubscriptionId;
}

/** See {@link acceptedAt}. */
const ACCEPTED_AT = `f.event / ${EVENTS_PER_MS} * 1000`;

/** Deliveries without a row: an event's row in `fan_out` stands for those of its recipients that were not tried. */
export class UntriedDeliveries {
  readonly #subscriptions: SubscriptionTable;
  readonly #places: TriedPlaces;
  readonly #next: StatementSync;
  readonly #first: StatementSync;
  readonly #newest: StatementSync;
  readonly #newestOfAny: StatementSync;
  readonly #count: StatementSync;
  readonly #fanOut: StatementSync;
  readonly #closest: StatementSync;
  readonly #hasRow: StatementSync;
  readonly #update: StatementSync;
  readonly #insert: StatementSync;

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable, places: TriedPlaces) {
    this.#subscriptions = subscriptions;
    this.#places = places;
    this.#next = db.prepare(
      `SELECT ${DELIVERY_ID}, e.key, e.type, e.occurred_at, e.call_id, e.data FROM fan_out f CROSS JOIN event e ON e.key = f.event
         WHERE f.event > ?2 AND (${ACCEPTED_AT}, ${DELIVERY_ID}) > (?3, ?4) AND ${IS_UNTRIED} ORDER BY f.event`,
    );
    this.#first = db.prepare(
      `SELECT f.event, ${DELIVERY_ID} FROM fan_out f WHERE f.event > ?2 AND ${IS_UNTRIED} AND ${DELIVERY_ID} <= ?3
         ORDER BY f.event LIMIT ?4`,
    );
    this.#newest = db.prepare(
      `SELECT f.event, ${DELIVERY_ID} FROM fan_out f WHERE f.event > ?2 AND f.event < ?3 AND ${IS_UNTRIED} ORDER BY f.event DESC`,
    );
    this.#newestOfAny = db.prepare(
      `SELECT f.event, f.first_delivery, f.recipients FROM fan_out f
         WHERE f.event > ? AND f.event < ? AND ${HAS_UNTRIED} ORDER BY f.event DESC`,
    );
    this.#count = db.prepare(`SELECT count(*) FROM fan_out f WHERE f.event > ?2 AND ${IS_UNTRIED}`);
    this.#fanOut = db.prepare('SELECT first_delivery, recipients FROM fan_out WHERE event = ?');
    this.#closest = db.prepare(
      'SELECT event, first_delivery FROM fan_out WHERE event <= ? ORDER BY event DESC LIMIT 1',
    );
    this.#hasRow = db.prepare('SELECT 1 FROM delivery WHERE id = ?');
    this.#update = db.prepare('UPDATE fan_out SET recipients = ? WHERE event = ?');
    this.#insert = db.prepare(
      `INSERT INTO delivery (id, event, subscription, state, at, attempts, created_at) VALUES (?, ?, ?, ?, ?, 0, ?)`,
    );
  }

  /** Those of one subscription behind `after`, the oldest first: their ids, then the columns of their events. */
  next(subscription: number, after: QueuePosition): Generator<FieldReader> {
    const from = Math.max(this.#places.of(subscription), firstAcceptedAt(after) - 1);
    return rowsOf(this.#next, slotOf(subscription), from, after.dueAt, after.id);
  }

  /** When the event of the oldest one was accepted. */
  oldest(subscription: number): Micros | undefined {
    const [first] = this.first(subscription, Number.MAX_SAFE_INTEGER as DeliveryId, 1);
    return first && acceptedAt(first.event);
  }

  /** Of those of one subscription with ids up to `upTo` the first ones. */
  first(subscription: number, upTo: DeliveryId, limit: number): readonly Untried[] {
    const subscriptionId = this.#subscriptions.idOf(subscription);
    if (subscriptionId === undefined) return [];
    const rows = rowsOf(this.#first, slotOf(subscription), this.#places.of(subscription), upTo, limit);
    return Array.from(rows, (fields) => ({
      event: fields.number() as EventPosition,
      id: fields.number() as DeliveryId,
      subscription,
      subscriptionId,
    }));
  }

  count(subscription: number): number {
    const counted = rowOf(this.#count, slotOf(subscription), this.#places.of(subscription));
    return counted?.number() ?? 0;
  }

  /** Newest first; `below` the event, of one subscription or of all. */
  *newest(below: number, subscription: number | undefined): Generator<Untried> {
    if (subscription === undefined) {
      const from = this.#places.lowest();
      for (const fields of rowsOf(this.#newestOfAny, from, below)) {
        yield* this.#untriedIn(fields.number() as EventPosition, fields).toReversed();
      }
      return;
    }
    const subscriptionId = this.#subscriptions.idOf(subscription);
    if (subscriptionId === undefined) return;
    const from = this.#places.of(subscription);
    for (const fields of rowsOf(this.#newest, slotOf(subscription), from, below)) {
      const event = fields.number() as EventPosition;
      yield { event, id: fields.number() as DeliveryId, subscription, subscriptionId };
    }
  }

  /** By their ids. */
  of(event: EventPosition): readonly Untried[] {
    const fields = rowOf(this.#fanOut, event);
    return fields === undefined ? [] : this.#untriedIn(event, fields);
  }

  has(event: EventPosition, subscription: number): boolean {
    return this.of(event).some((untried) => untried.subscription === subscription);
  }

  find(id: DeliveryId): Untried | undefined {
    const event = this.#eventOf(id);
    return event === undefined ? undefined : this.of(event).find((untried) => untried.id === id);
  }

  /** Gives it its row. */
  enter({ id, event, subscription }: Untried, state: number, at: number): void {
    this.#insert.run(id, event, subscription, state, at, acceptedAt(event));
  }

  /** The row of a delivery is about to go while its event stays: it must not be taken for an untried one. */
  forget(event: EventPosition, id: DeliveryId): void {
    const fields = rowOf(this.#fanOut, event);
    if (fields === undefined) return;
    const place = id - fields.number();
    const recipients = fields.text();
    if (place >= 0 && place < recipients.length / SLOT) this.#update.run(without(recipients, place), event);
  }

  #untriedIn(event: EventPosition, fields: FieldReader): Untried[] {
    const first = fields.number();
    const untried: Untried[] = [];
    for (const [place, subscription] of recipientsIn(fields.text())) {
      const id = (first + place) as DeliveryId;
      const subscriptionId = this.#subscriptions.idOf(subscription);
      if (subscriptionId !== undefined && this.#hasRow.get(id) === undefined) {
        untried.push({ id, event, subscription, subscriptionId });
      }
    }
    return untried;
  }

  /** Positions and ids go up together, so that no index on ids is needed. */
  #eventOf(id: DeliveryId): EventPosition | undefined {
    let low = this.#places.lowest();
    let high = Number.MAX_SAFE_INTEGER;
    let found: EventPosition | undefined;
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      const fields = rowOf(this.#closest, middle);
      const event = fields?.number();
      if (event === undefined || event <= low || fields === undefined) {
        low = middle;
      } else if (fields.number() <= id) {
        low = middle;
        found = event as EventPosition;
      } else {
        high = event - 1;
      }
    }
    return found;
  }
}

/** The first position that an event accepted at this time or later can have. */
function firstAcceptedAt({ dueAt }: QueuePosition): number {
  return Math.max(0, Math.ceil(dueAt / 1000)) * EVENTS_PER_MS;
}
