import type { DatabaseSync } from 'node:sqlite';
import { firstPositionAt, type PublishedEvent } from '../../model/event.ts';
import type { EventPosition } from '../../model/ids.ts';
import type { Micros } from '../../util/clock.ts';
import { compilePatterns } from '../../util/patterns.ts';
import type { EventPage, EventQuery, ReplayQuery } from '../history.ts';
import { readEvent, rowsOf } from './rows.ts';
import { STATE_NUMBERS } from './schema.ts';
import { stepBudget } from './step.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import type { UntriedDeliveries } from './untried.ts';

const COLUMNS = 'key, type, occurred_at, call_id, data';

/** A page is full once its data has this many characters. */
const MAX_CHARACTERS = 2_000_000;

/** Lists of events. */
export class KeptEvents {
  readonly #db: DatabaseSync;
  readonly #subscriptions: SubscriptionTable;
  readonly #untried: UntriedDeliveries;

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable, untried: UntriedDeliveries) {
    this.#db = db;
    this.#subscriptions = subscriptions;
    this.#untried = untried;
  }

  list({ types, callId, since, until, before, limit }: EventQuery): EventPage {
    const from = since === undefined ? 0 : firstPositionAt(since);
    const below = Math.min(before ?? Number.MAX_SAFE_INTEGER, keyLimit(until));
    const [index, only, values] =
      callId === undefined ? ['', '', []] : ['INDEXED BY event_call', 'AND call_id = ?', [callId]];
    const statement = this.#db.prepare(
      `SELECT ${COLUMNS} FROM event ${index} WHERE key >= ? AND key < ? ${only} ORDER BY key DESC`,
    );
    return this.#page(rowsOf(statement, from, below, ...values), limit, types);
  }

  replayable({ subscriptionId, types, since, until, state, after, limit }: ReplayQuery): EventPage {
    const subscription = this.#subscriptions.keyOf(subscriptionId);
    if (subscription === undefined) {
      return { events: [] };
    }
    const from = Math.max(
      since === undefined ? 0 : firstPositionAt(since),
      after === undefined ? 0 : after + 1,
    );
    const statement = this.#db.prepare(
      `SELECT ${COLUMNS} FROM event WHERE key >= ? AND key < ? ORDER BY key`,
    );
    const states = this.#db.prepare(
      'SELECT state FROM delivery INDEXED BY delivery_of_event WHERE event = ? AND subscription = ?',
    );
    const fits = (key: EventPosition): boolean => {
      const found = Array.from(rowsOf(states, key, subscription), (fields) => fields.number());
      const waits = found.includes(STATE_NUMBERS.pending) || this.#untried.has(key, subscription);
      return !waits && (state === undefined || found.includes(STATE_NUMBERS[state]));
    };
    return this.#page(rowsOf(statement, from, keyLimit(until)), limit, types, fits);
  }

  #page(
    rows: ReturnType<typeof rowsOf>,
    limit: number,
    types: readonly string[] = ['*'],
    fits: (key: EventPosition) => boolean = () => true,
  ): EventPage {
    const events: PublishedEvent[] = [];
    if (limit <= 0) {
      return { events };
    }
    const wants = compilePatterns(types);
    const spent = stepBudget();
    let characters = 0;
    for (const fields of rows) {
      const event = readEvent(fields);
      if (wants(event.type) && fits(event.position)) {
        events.push(event);
        characters += event.data.length;
      }
      if (events.length >= limit || characters >= MAX_CHARACTERS || spent()) {
        return { events, next: event.position };
      }
    }
    return { events };
  }
}

function keyLimit(until: Micros | undefined): number {
  return until === undefined ? Number.MAX_SAFE_INTEGER : firstPositionAt(until);
}
