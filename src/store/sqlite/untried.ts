import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { acceptedAt, firstPositionAt } from '../../model/event.ts';
import { type DeliveryId, EVENTS_PER_MS, type EventPosition, type SubscriptionId } from '../../model/ids.ts';
import type { Micros } from '../../util/clock.ts';
import type { FieldReader } from '../../util/fields.ts';
import type { QueuePosition } from '../store.ts';
import { DELIVERY_ID, HAS_UNTRIED, IS_UNTRIED, recipientsIn, slotOf } from './recipients.ts';
import { rowOf, rowsOf } from './rows.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import type { TriedPlaces } from './tried-places.ts';
import { acceptsAll, typeCondition } from './type-condition.ts';
import type { Zones } from './zones.ts';

/** A delivery of which nothing has become yet. */
export interface Untried {
  readonly id: DeliveryId;
  readonly event: EventPosition;
  readonly subscription: number;
  readonly subscriptionId: SubscriptionId;
}

/** Further ones have ids below this one. */
export interface UpToHere {
  readonly id: DeliveryId;
  readonly event?: undefined;
}

export interface NewestQuery {
  readonly subscription: number | undefined;
  /** Patterns. */
  readonly types: readonly string[] | undefined;
  /** Only ids below. */
  readonly before: DeliveryId;
  /** Only of events at this position or behind it, and before the other one. */
  readonly from: number;
  readonly below: number;
}

/** See {@link acceptedAt}. */
const ACCEPTED_AT = `f.event / ${EVENTS_PER_MS} * 1000`;

/** Events behind the first up to the second one. */
interface EventRange {
  readonly after: number;
  readonly upTo: number;
}

/** Deliveries without a row: an event's row in `fan_out` stands for those of its recipients that were not tried. */
export class UntriedDeliveries {
  readonly #db: DatabaseSync;
  readonly #zones: Zones;
  readonly #subscriptions: SubscriptionTable;
  readonly #places: TriedPlaces;
  readonly #next: StatementSync;
  readonly #first: StatementSync;
  readonly #count: StatementSync;
  readonly #one: StatementSync;
  readonly #fanOut: StatementSync;
  readonly #upTo: StatementSync;
  readonly #rows: StatementSync;

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable, places: TriedPlaces, zones: Zones) {
    this.#db = db;
    this.#subscriptions = subscriptions;
    this.#places = places;
    this.#zones = zones;
    this.#next = db.prepare(
      `SELECT ${DELIVERY_ID}, e.key, e.type, e.occurred_at, e.call_id, e.data FROM fan_out f CROSS JOIN event e ON e.key = f.event
         WHERE f.event > ?2 AND (${ACCEPTED_AT}, ${DELIVERY_ID}) > (?3, ?4) AND ${IS_UNTRIED} ORDER BY f.event`,
    );
    this.#first = db.prepare(
      `SELECT f.event, ${DELIVERY_ID} FROM fan_out f WHERE f.event > ?2 AND ${IS_UNTRIED} AND ${DELIVERY_ID} <= ?3
         ORDER BY f.event LIMIT ?4`,
    );
    this.#count = db.prepare(`SELECT count(*) FROM fan_out f WHERE f.event > ?2 AND ${IS_UNTRIED}`);
    this.#one = db.prepare(`SELECT 1 FROM fan_out f WHERE f.event = ?2 AND ${IS_UNTRIED}`);
    this.#fanOut = db.prepare('SELECT first_delivery, recipients FROM fan_out WHERE event = ?');
    this.#upTo = db.prepare(
      'SELECT event, first_delivery FROM fan_out WHERE event <= ? ORDER BY event DESC LIMIT 1',
    );
    this.#rows = db.prepare('SELECT id FROM delivery WHERE id BETWEEN ? AND ?');
  }

  /** Those of one subscription behind `after`, the oldest first: their ids, then the columns of their events. */
  next(subscription: number, after: QueuePosition): Generator<FieldReader> {
    const from = Math.max(this.#places.of(subscription), firstPositionAt(after.dueAt) - 1);
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

  /** The newest first. Says from time to time how far it has come: there may be few of them among many others. */
  *newest({ subscription, types, before, from, below }: NewestQuery): Generator<Untried | UpToHere> {
    const last = before === Number.MAX_SAFE_INTEGER ? before : this.#eventOf((before - 1) as DeliveryId);
    if (last === undefined) return;
    const range = { after: from - 1, upTo: Math.min(below - 1, last) };
    for (const { sought, after, upTo } of this.#parts(subscription, types, range)) {
      for (const zone of this.#zones.newest(sought, { event: upTo })) {
        const low = Math.max(zone.afterEvent, after);
        const high = Math.min(zone.lastEvent, upTo);
        if (zone.isWorthALook && low < high) {
          for (const untried of this.#newestBetween(low, high, subscription, types)) {
            if (untried.id < before) yield untried;
          }
        }
        if (zone.afterEvent <= after) break;
        yield { id: (zone.afterDelivery + 1) as DeliveryId };
      }
    }
  }

  /** The newest events first; among older ones only those that lag behind have any. */
  #parts(
    subscription: number | undefined,
    types: readonly string[] | undefined,
    { after, upTo }: EventRange,
  ) {
    if (subscription !== undefined) {
      const place = Math.max(after, this.#places.of(subscription));
      return [{ sought: { types, subscriptions: [subscription] }, after: place, upTo }];
    }
    const { common, lagging } = this.#places;
    return [
      { sought: { types }, after: Math.max(after, common), upTo },
      {
        sought: { types, subscriptions: lagging },
        after: Math.max(after, this.#places.lowest()),
        upTo: Math.min(upTo, common),
      },
    ];
  }

  /** By their ids. */
  of(event: EventPosition): readonly Untried[] {
    const fields = rowOf(this.#fanOut, event);
    return fields === undefined ? [] : this.#untriedIn(event, fields);
  }

  has(event: EventPosition, subscription: number): boolean {
    return rowOf(this.#one, slotOf(subscription), event) !== undefined;
  }

  find(id: DeliveryId): Untried | undefined {
    const event = this.#eventOf(id);
    return event === undefined ? undefined : this.of(event).find((untried) => untried.id === id);
  }

  *#newestBetween(
    low: number,
    high: number,
    subscription: number | undefined,
    types: readonly string[] | undefined,
  ): Generator<Untried> {
    const isWanted = typeCondition(types);
    const events = `fan_out f ${acceptsAll(types) ? '' : 'CROSS JOIN event e ON e.key = f.event'}`;
    if (subscription === undefined) {
      const statement = this.#db.prepare(
        `SELECT f.event, f.first_delivery, f.recipients FROM ${events}
           WHERE f.event > ? AND f.event <= ? ${isWanted.sql} AND ${HAS_UNTRIED} ORDER BY f.event DESC`,
      );
      for (const fields of rowsOf(statement, low, high, ...isWanted.values)) {
        yield* this.#untriedIn(fields.number() as EventPosition, fields).toReversed();
      }
      return;
    }
    const subscriptionId = this.#subscriptions.idOf(subscription);
    if (subscriptionId === undefined) return;
    const statement = this.#db.prepare(
      `SELECT f.event, ${DELIVERY_ID} FROM ${events}
         WHERE f.event > ?2 AND f.event <= ?3 AND ${IS_UNTRIED} ${isWanted.sql} ORDER BY f.event DESC`,
    );
    for (const fields of rowsOf(statement, slotOf(subscription), low, high, ...isWanted.values)) {
      const event = fields.number() as EventPosition;
      yield { event, id: fields.number() as DeliveryId, subscription, subscriptionId };
    }
  }

  #untriedIn(event: EventPosition, fields: FieldReader): Untried[] {
    const first = fields.number();
    const recipients = Array.from(recipientsIn(fields.text()));
    const last = first + (recipients.at(-1)?.[0] ?? 0);
    const tried = new Set(Array.from(rowsOf(this.#rows, first, last), (row) => row.number()));
    const untried: Untried[] = [];
    for (const [place, subscription] of recipients) {
      const id = (first + place) as DeliveryId;
      const subscriptionId = this.#subscriptions.idOf(subscription);
      if (subscriptionId !== undefined && !tried.has(id)) {
        untried.push({ id, event, subscription, subscriptionId });
      }
    }
    return untried;
  }

  /**
   * The event that a delivery with this id can be of: positions and ids go up together, so that no index on ids is
   * needed.
   */
  #eventOf(id: DeliveryId): EventPosition | undefined {
    let low = this.#places.lowest();
    let high = Number.MAX_SAFE_INTEGER;
    let found: EventPosition | undefined;
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      const fields = rowOf(this.#upTo, middle);
      const event = fields?.number() ?? 0;
      if (fields === undefined || event <= low) {
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
