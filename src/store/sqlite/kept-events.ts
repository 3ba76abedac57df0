import type { DatabaseSync } from 'node:sqlite';
import { firstPositionAt, type PublishedEvent } from '../../model/event.ts';
import type { EventPosition } from '../../model/ids.ts';
import type { Micros } from '../../util/clock.ts';
import type { FieldReader } from '../../util/fields.ts';
import { compilePatterns } from '../../util/patterns.ts';
import type { EventPage, EventQuery, ReplayQuery } from '../history.ts';
import { deliveriesOf } from './recipients.ts';
import { readEvent, rowsOf } from './rows.ts';
import { STATE_NUMBERS } from './schema.ts';
import { ROWS_PER_LOOK, stepBudget } from './step.ts';
import type { SubscriptionTable } from './subscription-table.ts';
import { acceptsAll, typeCondition } from './type-condition.ts';
import type { UntriedDeliveries } from './untried.ts';
import type { Sought } from './zone-contents.ts';
import type { Zones } from './zones.ts';

const COLUMNS = 'key, type, occurred_at, call_id, data';

/** A page is full once its data has this many characters. */
const MAX_CHARACTERS = 2_000_000;

/** Further ones lie before this one. */
interface UpToHere {
  readonly next: EventPosition;
}

/** Lists of events. */
export class KeptEvents {
  readonly #db: DatabaseSync;
  readonly #subscriptions: SubscriptionTable;
  readonly #untried: UntriedDeliveries;
  readonly #zones: Zones;

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable, untried: UntriedDeliveries, zones: Zones) {
    this.#db = db;
    this.#zones = zones;
    this.#subscriptions = subscriptions;
    this.#untried = untried;
  }

  list({ types, callId, since, until, before, limit }: EventQuery): EventPage {
    const after = (since === undefined ? 0 : firstPositionAt(since)) - 1;
    const upTo = Math.min(before ?? Number.MAX_SAFE_INTEGER, keyLimit(until)) - 1;
    const [index, only, values] =
      callId === undefined ? ['', '', []] : ['INDEXED BY event_call', 'AND call_id = ?', [callId]];
    const isWanted = typeCondition(types);
    const statement = this.#db.prepare(
      `SELECT ${COLUMNS} FROM event ${index} WHERE key > ? AND key <= ? ${only} ${isWanted.sql} ORDER BY key DESC`,
    );
    const rows = (low: number, high: number) => rowsOf(statement, low, high, ...values, ...isWanted.values);
    const isDense = acceptsAll(types) || callId !== undefined;
    return this.#page(isDense ? rows(after, upTo) : this.#byZone({ types }, after, upTo, rows), limit);
  }

  /** Passes over the zones that hold nothing of what is sought, and says after each how far it has come. */
  *#byZone(
    sought: Sought,
    after: number,
    upTo: number,
    rows: (after: number, upTo: number) => Generator<FieldReader>,
  ): Generator<FieldReader | UpToHere> {
    for (const zone of this.#zones.newest(sought, { event: upTo })) {
      const low = Math.max(zone.afterEvent, after);
      const high = Math.min(zone.lastEvent, upTo);
      if (zone.isWorthALook && low < high) yield* rows(low, high);
      if (zone.afterEvent <= after) return;
      yield { next: (low + 1) as EventPosition };
    }
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
      `SELECT state FROM delivery WHERE id IN (${deliveriesOf('?1')}) AND subscription = ?2`,
    );
    const fits = (key: EventPosition): boolean => {
      const found = Array.from(rowsOf(states, key, subscription), (fields) => fields.number());
      const waits = found.includes(STATE_NUMBERS.pending) || this.#untried.has(key, subscription);
      return !waits && (state === undefined || found.includes(STATE_NUMBERS[state]));
    };
    return this.#page(rowsOf(statement, from, keyLimit(until)), limit, types, fits);
  }

  #page(
    rows: Iterable<FieldReader | UpToHere>,
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
    for (const row of rows) {
      if ('next' in row) {
        if (spent(ROWS_PER_LOOK)) return { events, next: row.next };
        continue;
      }
      const event = readEvent(row);
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
