import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EventPosition } from '../../model/ids.ts';
import type { FieldReader } from '../../util/fields.ts';
import { SLOT } from './recipients.ts';
import { rowOf, rowsOf } from './rows.ts';
import { type Sought, seeking, ZoneContents } from './zone-contents.ts';

/** A zone is closed at the first event after which it has so many events, or ids of deliveries. */
const EVENTS = 256;
const DELIVERIES = 4_096;

/**
 * Events that follow each other, and the deliveries made meanwhile: theirs, and replays of older events. Each range
 * begins behind its first number and ends with its last.
 */
export interface Zone {
  readonly afterEvent: number;
  readonly lastEvent: number;
  readonly afterDelivery: number;
  readonly lastDelivery: number;
  /** Whether it may hold what is sought; never false where it does. */
  readonly isWorthALook: boolean;
}

/** Only zones that begin before this event and this delivery. */
export interface ZoneLimits {
  readonly event?: number | undefined;
  readonly delivery?: number | undefined;
}

/**
 * A coarse index that costs a row for some hundred events: of each zone which types it has, and who gets them. Lists
 * pass over the zones that hold nothing for them. The newest is gathered in memory until it is closed.
 */
export class Zones {
  readonly #db: DatabaseSync;
  readonly #close: StatementSync;
  #contents = new ZoneContents();
  #afterEvent = 0;
  #afterDelivery = 0;
  #lastEvent = 0;
  #lastDelivery = 0;
  #events = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#close = db.prepare(
      `INSERT INTO zone (after_event, last_event, after_delivery, last_delivery, contents) VALUES (?, ?, ?, ?, ?)`,
    );
    this.reload();
  }

  /** Within the transaction that writes the event. */
  add(event: EventPosition, type: string, firstDelivery: number, recipients: string): void {
    this.#gather(event, type, firstDelivery, recipients);
    this.#closeIfFull();
  }

  /** Within the transaction that writes the new delivery of an older event. */
  addReplay(type: string, subscription: number, delivery: number): void {
    this.#gatherReplay(type, subscription, delivery);
    this.#closeIfFull();
  }

  /** After a transaction was rolled back: what is open is what the disk says. */
  reload(): void {
    const newest = rowOf(
      this.#db.prepare('SELECT last_event, last_delivery FROM zone ORDER BY key DESC LIMIT 1'),
    );
    this.#open(newest?.number() ?? 0, newest?.number() ?? 0);
    // Neither has more rows than a zone.
    const events = this.#db.prepare(
      `SELECT e.key, e.type, f.first_delivery, f.recipients FROM event e LEFT JOIN fan_out f ON f.event = e.key
         WHERE e.key > ? ORDER BY e.key`,
    );
    for (const fields of rowsOf(events, this.#afterEvent)) {
      const event = fields.number() as EventPosition;
      this.#gather(event, fields.text(), fields.optionalNumber() ?? 0, fields.optionalText() ?? '');
    }
    const deliveries = this.#db.prepare(
      `SELECT e.type, d.subscription, d.id FROM delivery d CROSS JOIN event e ON e.key = d.event
         WHERE d.id > ? ORDER BY d.id`,
    );
    for (const fields of rowsOf(deliveries, this.#afterDelivery)) {
      this.#gatherReplay(fields.text(), fields.number(), fields.number());
    }
  }

  /** The newest first. Of none that lies beyond the limits: how far a list has come never goes back. */
  *newest(sought: Sought, limits: ZoneLimits = {}): Generator<Zone> {
    const { event = Number.MAX_SAFE_INTEGER, delivery = Number.MAX_SAFE_INTEGER } = limits;
    const mayHold = seeking(sought);
    if (this.#afterEvent < event && this.#afterDelivery < delivery) {
      yield {
        afterEvent: this.#afterEvent,
        lastEvent: Number.MAX_SAFE_INTEGER,
        afterDelivery: this.#afterDelivery,
        lastDelivery: Number.MAX_SAFE_INTEGER,
        isWorthALook: true,
      };
    }
    const closed = this.#db.prepare(
      `SELECT after_event, last_event, after_delivery, last_delivery, contents FROM zone
         WHERE after_event < ? AND after_delivery < ? ORDER BY key DESC`,
    );
    for (const fields of rowsOf(closed, event, delivery)) yield readZone(fields, mayHold);
  }

  /** Forgets those that end within this range of events and of which nothing is left. */
  prune(after: number, upTo: number): void {
    this.#db
      .prepare(
        `DELETE FROM zone WHERE last_event > ? AND last_event <= ?
           AND NOT EXISTS (SELECT 1 FROM event e WHERE e.key > zone.after_event AND e.key <= zone.last_event)
           AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id > zone.after_delivery AND d.id <= zone.last_delivery)`,
      )
      .run(after, upTo);
  }

  #gather(event: EventPosition, type: string, firstDelivery: number, recipients: string): void {
    this.#contents.add(type, recipients);
    this.#events += 1;
    this.#lastEvent = event;
    const lastDelivery = firstDelivery + recipients.length / SLOT - 1;
    this.#lastDelivery = Math.max(this.#lastDelivery, lastDelivery);
  }

  #gatherReplay(type: string, subscription: number, delivery: number): void {
    this.#contents.addOne(type, subscription);
    this.#lastDelivery = Math.max(this.#lastDelivery, delivery);
  }

  #closeIfFull(): void {
    if (this.#events < EVENTS && this.#lastDelivery - this.#afterDelivery < DELIVERIES) return;
    this.#close.run(
      this.#afterEvent,
      this.#lastEvent,
      this.#afterDelivery,
      this.#lastDelivery,
      String(this.#contents),
    );
    this.#open(this.#lastEvent, this.#lastDelivery);
  }

  #open(afterEvent: number, afterDelivery: number): void {
    this.#contents = new ZoneContents();
    this.#events = 0;
    this.#afterEvent = this.#lastEvent = afterEvent;
    this.#afterDelivery = this.#lastDelivery = afterDelivery;
  }
}

function readZone(fields: FieldReader, mayHold: (contents: string) => boolean): Zone {
  return {
    afterEvent: fields.number(),
    lastEvent: fields.number(),
    afterDelivery: fields.number(),
    lastDelivery: fields.number(),
    isWorthALook: mayHold(fields.text()),
  };
}
