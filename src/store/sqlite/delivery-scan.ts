import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeliveryState } from '../../model/delivery.ts';
import { acceptedAt, firstPositionAt } from '../../model/event.ts';
import type { CallId, DeliveryId, EventPosition, SubscriptionId } from '../../model/ids.ts';
import { micro } from '../../util/clock.ts';
import type { FieldReader } from '../../util/fields.ts';
import { mapped, merged } from '../../util/merged.ts';
import type { DeliveryQuery, DeliveryRecord } from '../history.ts';
import { deliveriesOf } from './recipients.ts';
import { rowOf, rowsOf } from './rows.ts';
import { eventIdOf, STATE_NUMBERS, stateOf } from './schema.ts';
import { acceptsAll, typeCondition } from './type-condition.ts';
import type { Untried, UntriedDeliveries, UpToHere } from './untried.ts';
import type { Sought } from './zone-contents.ts';
import type { Zones } from './zones.ts';

/** Of `delivery d`, `event e` and `subscription s`, for {@link readRow}. */
export const COLUMNS =
  'd.id, s.id, d.state, d.at, d.attempts, d.created_at, d.event, e.type, e.call_id, d.delivered_with';
export const JOINS =
  'CROSS JOIN event e ON e.key = d.event CROSS JOIN subscription s ON s.key = d.subscription';

export interface DeliveryRow extends Omit<DeliveryRecord, 'history'> {
  /** Another delivery, under which the last attempt is kept. */
  readonly deliveredWith?: DeliveryId | undefined;
}

/** Ids behind the first up to the second one. */
interface Range {
  readonly after: number;
  readonly upTo: number;
}

/** Where rows of deliveries are found: an index and what it wants said of them. */
interface Way {
  readonly index: string;
  readonly where: string;
  readonly values: readonly number[];
  /** Whether all that it finds has the state that is asked for. */
  readonly isExact: boolean;
}

/** Finds deliveries, the newest first. */
export class DeliveryScan {
  readonly #db: DatabaseSync;
  readonly #untried: UntriedDeliveries;
  readonly #zones: Zones;
  readonly #typeAndCall: StatementSync;
  readonly #subscriptionKey: StatementSync;

  constructor(db: DatabaseSync, untried: UntriedDeliveries, zones: Zones) {
    this.#db = db;
    this.#untried = untried;
    this.#zones = zones;
    this.#typeAndCall = db.prepare('SELECT type, call_id FROM event WHERE key = ?');
    this.#subscriptionKey = db.prepare('SELECT key FROM subscription WHERE id = ?');
  }

  /**
   * Those asked for, and others that its filters of state, type and time may not let pass; it says from time to time
   * how far it has come.
   */
  find(query: DeliveryQuery): Iterable<DeliveryRow | UpToHere> {
    const subscription = this.#keyOf(query.subscriptionId);
    if (subscription === null) {
      return [];
    }
    const { state } = query;
    const tried = this.#tried(query, subscription);
    const alsoUntried = state === undefined || state === 'pending';
    return alsoUntried ? merged(tried, this.#untriedOf(query, subscription), isNewer) : tried;
  }

  untriedRow({ id, event, subscriptionId }: Untried): DeliveryRow {
    const fields = rowOf(this.#typeAndCall, event);
    const type = fields?.text() ?? '';
    const createdAt = acceptedAt(event);
    return {
      id,
      subscriptionId,
      state: 'pending',
      attempts: 0,
      createdAt,
      eventId: eventIdOf(event, type),
      eventType: type,
      callId: fields?.optionalText() as CallId | undefined,
      dueAt: createdAt,
      endedAt: undefined,
    };
  }

  *#untriedOf(query: DeliveryQuery, subscription: number | undefined): Generator<DeliveryRow | UpToHere> {
    const { before = Number.MAX_SAFE_INTEGER as DeliveryId, since, until, callId, types } = query;
    const below = until === undefined ? Number.MAX_SAFE_INTEGER : firstPositionAt(until);
    if (callId === undefined) {
      const from = since === undefined ? 0 : firstPositionAt(since);
      for (const found of this.#untried.newest({ subscription, types, before, from, below })) {
        yield isUpToHere(found) ? found : this.untriedRow(found);
      }
      return;
    }
    for (const untried of this.#untriedOfCall(callId, below)) {
      const isWanted = subscription === undefined || untried.subscription === subscription;
      if (untried.id < before && isWanted) yield this.untriedRow(untried);
    }
  }

  *#untriedOfCall(callId: CallId, below: number): Generator<Untried> {
    const events = this.#db.prepare(
      'SELECT key FROM event INDEXED BY event_call WHERE call_id = ? AND key < ? ORDER BY key DESC',
    );
    for (const fields of rowsOf(events, callId, below)) {
      yield* this.#untried.of(fields.number() as EventPosition).toReversed();
    }
  }

  #tried(query: DeliveryQuery, subscription: number | undefined): Generator<DeliveryRow | UpToHere> {
    const { before = Number.MAX_SAFE_INTEGER, since, until, callId, state, types } = query;
    const within = {
      after: since === undefined ? 0 : this.#firstMadeAt(since) - 1,
      upTo: Math.min(before, until === undefined ? before : this.#firstMadeAt(until)) - 1,
    };
    if (callId !== undefined) {
      return mapped(this.#ofCall(callId, within, subscription), readRow);
    }
    const ways = waysOf(subscription, state);
    const rows = this.#rowsOf(ways, types);
    const subscriptions = subscription === undefined ? undefined : [subscription];
    return ways.every(({ isExact }) => isExact) && acceptsAll(types)
      ? rows(within)
      : this.#byZone({ types, subscriptions }, within, rows);
  }

  /** By all of these ways together. */
  #rowsOf(ways: readonly Way[], types: readonly string[] | undefined) {
    const isWanted = typeCondition(types);
    const statements = ways.map(({ index, where, values }) => {
      const statement = this.#db.prepare(
        `SELECT ${COLUMNS} FROM delivery d ${index} ${JOINS}
           WHERE ${where} d.id > ? AND d.id <= ? ${isWanted.sql} ORDER BY d.id DESC`,
      );
      return ({ after, upTo }: Range) =>
        mapped(rowsOf(statement, ...values, after, upTo, ...isWanted.values), readRow);
    });
    return (range: Range): Generator<DeliveryRow | UpToHere> =>
      statements
        .map((rows): Generator<DeliveryRow | UpToHere> => rows(range))
        .reduce((one, other) => merged(one, other, isNewer));
  }

  /** Passes over the zones that hold nothing of what is sought. */
  *#byZone(
    sought: Sought,
    within: Range,
    rows: (range: Range) => Iterable<DeliveryRow | UpToHere>,
  ): Generator<DeliveryRow | UpToHere> {
    for (const zone of this.#zones.newest(sought, { delivery: within.upTo })) {
      const after = Math.max(zone.afterDelivery, within.after);
      const upTo = Math.min(zone.lastDelivery, within.upTo);
      if (zone.isWorthALook && after < upTo) yield* rows({ after, upTo });
      if (zone.afterDelivery <= within.after) return;
      yield { id: (after + 1) as DeliveryId };
    }
  }

  #ofCall(callId: CallId, { after, upTo }: Range, subscription: number | undefined): Generator<FieldReader> {
    const [only, values] = subscription === undefined ? ['', []] : ['AND d.subscription = ?', [subscription]];
    const statement = this.#db.prepare(
      `SELECT ${COLUMNS} FROM event e INDEXED BY event_call
         CROSS JOIN delivery d ON d.id IN (${deliveriesOf('e.key')})
         CROSS JOIN subscription s ON s.key = d.subscription
         WHERE e.call_id = ? AND d.id > ? AND d.id <= ? ${only} ORDER BY d.id DESC`,
    );
    return rowsOf(statement, callId, after, upTo, ...values);
  }

  /** Null for one that there never was. */
  #keyOf(id: SubscriptionId | undefined): number | null | undefined {
    return id === undefined ? undefined : (rowOf(this.#subscriptionKey, id)?.number() ?? null);
  }

  /** Ids go up with time, so that no index on time is needed to find where one begins. */
  #firstMadeAt(time: number): number {
    const probe = this.#db.prepare('SELECT id, created_at FROM delivery WHERE id >= ? ORDER BY id LIMIT 1');
    const bounds = rowOf(
      this.#db.prepare(
        // Apart from each other, each is one look at the end of the table; together they read all of it.
        'SELECT ifnull((SELECT min(id) FROM delivery), 0), ifnull((SELECT max(id) FROM delivery), 0) + 1',
      ),
    );
    let low = bounds?.number() ?? 0;
    let high = bounds?.number() ?? 0;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const fields = rowOf(probe, middle);
      const id = fields?.number() ?? high;
      if (fields === undefined || fields.number() >= time) {
        high = middle;
      } else {
        low = id + 1;
      }
    }
    return low;
  }
}

/**
 * Nearly all are delivered, and in no index: these are read in their own order. SQLite takes a partial index only where
 * the statement says its condition in the same words.
 */
function waysOf(subscription: number | undefined, state: DeliveryState | undefined): readonly Way[] {
  const [only, values] = subscription === undefined ? ['', []] : ['d.subscription = ? AND', [subscription]];
  if (state === undefined && subscription === undefined) {
    return [{ index: 'NOT INDEXED', where: '', values, isExact: true }];
  }
  if (state === undefined || state === 'delivered') {
    const ofState = state === undefined ? '' : `d.state = ${STATE_NUMBERS.delivered} AND`;
    return [{ index: 'NOT INDEXED', where: `${only} ${ofState}`, values, isExact: false }];
  }
  const index = subscription === undefined ? 'delivery_undelivered' : 'delivery_undelivered_to';
  return [
    {
      index: `INDEXED BY ${index}`,
      where: `${only} d.state <> 1 AND d.state = ${STATE_NUMBERS[state]} AND`,
      values,
      isExact: true,
    },
  ];
}

/** By their ids; of the same one, a row comes before what says how far the other list has come. */
function isNewer(a: DeliveryRow | UpToHere, b: DeliveryRow | UpToHere): boolean {
  return a.id > b.id || (a.id === b.id && !isUpToHere(a));
}

export function isUpToHere(found: DeliveryRow | Untried | UpToHere): found is UpToHere {
  return !('subscriptionId' in found);
}

/** {@link COLUMNS} */
export function readRow(fields: FieldReader): DeliveryRow {
  const id = fields.number() as DeliveryId;
  const subscriptionId = fields.text() as SubscriptionId;
  const state = stateOf(fields.number());
  const at = micro(fields.number());
  const attempts = fields.number();
  const createdAt = micro(fields.number());
  const key = fields.number();
  const eventType = fields.text();
  const callId = fields.optionalText() as CallId | undefined;
  const deliveredWith = fields.optionalNumber() as DeliveryId | undefined;
  return {
    id,
    subscriptionId,
    state,
    attempts,
    createdAt,
    eventId: eventIdOf(key, eventType),
    eventType,
    callId,
    dueAt: state === 'pending' ? at : undefined,
    endedAt: state === 'pending' ? undefined : at,
    deliveredWith,
  };
}
