import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { readAttempt } from '../../model/attempt-fields.ts';
import type { Attempt, DeliveryState } from '../../model/delivery.ts';
import { acceptedAt, firstPositionAt } from '../../model/event.ts';
import type { CallId, DeliveryId, EventId, EventPosition, SubscriptionId } from '../../model/ids.ts';
import { micro } from '../../util/clock.ts';
import type { FieldReader } from '../../util/fields.ts';
import { mapped, merged } from '../../util/merged.ts';
import { compilePatterns } from '../../util/patterns.ts';
import type { DeliveryDetail, DeliveryPage, DeliveryQuery, DeliveryRecord, EventDetail } from '../history.ts';
import { readEvent, rowOf, rowsOf } from './rows.ts';
import { attemptKey, attemptRange, eventIdOf, possibleKeys, STATE_NUMBERS, stateOf } from './schema.ts';
import { stepBudget } from './step.ts';
import type { Untried, UntriedDeliveries, UpToHere } from './untried.ts';

const COLUMNS =
  'd.id, s.id, d.state, d.at, d.attempts, d.created_at, d.event, e.type, e.call_id, d.delivered_with';
const JOINS = 'CROSS JOIN subscription s ON s.key = d.subscription CROSS JOIN event e ON e.key = d.event';

/** A page is full once its attempts have this many characters: bodies of 16 KiB each add up. */
const MAX_ATTEMPT_TEXT = 2_000_000;

/** Up to as many waiting deliveries are sorted; of more than these, the newest are found quickly without. */
const FEW = 2_000;

/** Lists of deliveries, newest first. */
export class History {
  readonly #db: DatabaseSync;
  readonly #untried: UntriedDeliveries;
  readonly #attempts: StatementSync;
  readonly #subscriptionKey: StatementSync;
  readonly #typeAndCall: StatementSync;

  constructor(db: DatabaseSync, untried: UntriedDeliveries) {
    this.#db = db;
    this.#untried = untried;
    this.#typeAndCall = db.prepare('SELECT type, call_id FROM event WHERE key = ?');
    this.#attempts = db.prepare(
      `SELECT key % 1024, started_at, duration_ms, status, headers, body, error_code, error
         FROM attempt WHERE key BETWEEN ? AND ? ORDER BY key`,
    );
    this.#subscriptionKey = db.prepare('SELECT key FROM subscription WHERE id = ?');
  }

  deliveries(query: DeliveryQuery): DeliveryPage {
    const scan = this.#scan(query);
    const deliveries: DeliveryRecord[] = [];
    if (scan === undefined || query.limit <= 0) {
      return { deliveries };
    }
    const {
      since = Number.NEGATIVE_INFINITY,
      until = Number.POSITIVE_INFINITY,
      state,
      types = ['*'],
    } = query;
    const wants = compilePatterns(types);
    const spent = stepBudget();
    let text = 0;
    for (const row of scan) {
      if (isUpToHere(row)) {
        if (spent()) return { deliveries, next: row.id };
        continue;
      }
      if (row.createdAt < since) {
        break;
      }
      if (row.createdAt < until && (state ?? row.state) === row.state && wants(row.eventType)) {
        const record = this.#recordOf(row);
        deliveries.push(record);
        text += textOf(record.history);
      }
      if (deliveries.length >= query.limit || text >= MAX_ATTEMPT_TEXT || spent()) {
        return { deliveries, next: row.id };
      }
    }
    return { deliveries };
  }

  delivery(id: DeliveryId): DeliveryDetail | undefined {
    const fields = rowOf(this.#db.prepare(`SELECT ${COLUMNS} FROM delivery d ${JOINS} WHERE d.id = ?`), id);
    const untried = fields === undefined ? this.#untried.find(id) : undefined;
    const row = fields === undefined ? untried && this.#untriedRow(untried) : readRow(fields);
    const detail = row && this.event(row.eventId);
    return row && detail && { ...this.#recordOf(row), event: detail.event };
  }

  event(id: EventId): EventDetail | undefined {
    const statement = this.#db.prepare(
      'SELECT key, type, occurred_at, call_id, data FROM event WHERE key = ?',
    );
    for (const key of possibleKeys(id)) {
      const fields = rowOf(statement, key);
      const event = fields && readEvent(fields);
      if (event?.id === id) {
        return { event, deliveries: this.#deliveriesOf(event.position) };
      }
    }
    return undefined;
  }

  #deliveriesOf(event: EventPosition): readonly DeliveryRecord[] {
    const statement = this.#db.prepare(
      `SELECT ${COLUMNS} FROM delivery d INDEXED BY delivery_of_event ${JOINS} WHERE d.event = ? ORDER BY d.id DESC`,
    );
    const tried = mapped(rowsOf(statement, event), readRow);
    const untried = mapped(this.#untried.of(event).toReversed(), (one) => this.#untriedRow(one));
    return Array.from(merged(tried, untried, isNewer), (row) => this.#recordOf(row));
  }

  /** Deliveries from the newest that can be among those asked for on; undefined where there are none. */
  #scan(query: DeliveryQuery): Iterable<Row | UpToHere> | undefined {
    const subscription = this.#keyOf(query.subscriptionId);
    if (subscription === null) {
      return undefined;
    }
    const tried = mapped(this.#scanTried(query, subscription), readRow);
    const { state } = query;
    const alsoUntried = state === undefined || state === 'pending';
    return alsoUntried ? merged(tried, this.#scanUntried(query, subscription), isNewer) : tried;
  }

  *#scanUntried(query: DeliveryQuery, subscription: number | undefined): Generator<Row | UpToHere> {
    const { before = Number.MAX_SAFE_INTEGER as DeliveryId, since, until, callId } = query;
    const below = until === undefined ? Number.MAX_SAFE_INTEGER : firstPositionAt(until);
    if (callId === undefined) {
      const from = since === undefined ? 0 : firstPositionAt(since);
      for (const found of this.#untried.newest({ subscription, before, from, below })) {
        yield isUpToHere(found) ? found : this.#untriedRow(found);
      }
      return;
    }
    for (const untried of this.#untriedOfCall(callId, below)) {
      const isWanted = subscription === undefined || untried.subscription === subscription;
      if (untried.id < before && isWanted) yield this.#untriedRow(untried);
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

  #untriedRow({ id, event, subscriptionId }: Untried): Row {
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

  #scanTried(query: DeliveryQuery, subscription: number | undefined): Generator<FieldReader> {
    const { before = Number.MAX_SAFE_INTEGER, until, callId } = query;
    const below = Math.min(before, until === undefined ? before : this.#firstMadeAt(until));
    if (callId !== undefined) {
      const only = subscription === undefined ? '' : 'AND d.subscription = ?2';
      return rowsOf(
        this.#db.prepare(
          `SELECT ${COLUMNS} FROM event e INDEXED BY event_call
             CROSS JOIN delivery d INDEXED BY delivery_of_event ON d.event = e.key
             CROSS JOIN subscription s ON s.key = d.subscription
             WHERE e.call_id = ?3 AND d.id < ?1 ${only} ORDER BY d.id DESC`,
        ),
        ...[below, subscription ?? 0, callId],
      );
    }
    const { index, where } = this.#way(subscription, query.state);
    const statement = this.#db.prepare(
      `SELECT ${COLUMNS} FROM delivery d ${index} ${JOINS} WHERE d.id < ?1 ${where} ORDER BY d.id DESC`,
    );
    return rowsOf(statement, below, ...(subscription === undefined ? [] : [subscription]));
  }

  /** SQLite takes a partial index only where the statement says its condition in the same words. */
  #way(subscription: number | undefined, state: DeliveryState | undefined) {
    const dead = `AND d.state = ${STATE_NUMBERS.dead}`;
    if (subscription === undefined) {
      return state === 'dead'
        ? { index: 'INDEXED BY delivery_any_dead', where: dead }
        : { index: '', where: '' };
    }
    const own = 'AND d.subscription = ?2';
    if (state === 'dead') {
      return { index: 'INDEXED BY delivery_dead', where: `${own} ${dead}` };
    }
    if (state === 'expired') {
      const where = `${own} AND d.state = ${STATE_NUMBERS.expired}`;
      return { index: 'INDEXED BY delivery_expired', where };
    }
    return state === 'pending' && this.#fewWait(subscription)
      ? { index: 'INDEXED BY delivery_pending', where: `${own} AND d.state = 0` }
      : { index: 'INDEXED BY delivery_of_subscription', where: own };
  }

  #fewWait(subscription: number): boolean {
    const counted = rowOf(
      this.#db.prepare(
        `SELECT count(*) FROM (SELECT 1 FROM delivery INDEXED BY delivery_pending
           WHERE subscription = ? AND state = 0 LIMIT ${FEW + 1})`,
      ),
      subscription,
    );
    return (counted?.number() ?? 0) <= FEW;
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

  #recordOf({ deliveredWith, ...row }: Row): DeliveryRecord {
    const history = Array.from(rowsOf(this.#attempts, ...attemptRange(row.id)), readAttempt);
    if (deliveredWith !== undefined) {
      const last = attemptKey(deliveredWith, row.attempts);
      history.push(...Array.from(rowsOf(this.#attempts, last, last), readAttempt));
    }
    return { ...row, history };
  }
}

interface Row extends Omit<DeliveryRecord, 'history'> {
  /** Another delivery, under which the last attempt is kept. */
  readonly deliveredWith?: DeliveryId | undefined;
}

/** Of two with the same id the second one only says how far it has come. */
function isNewer(a: { readonly id: DeliveryId }, b: { readonly id: DeliveryId }): boolean {
  return a.id >= b.id;
}

function isUpToHere(found: Row | Untried | UpToHere): found is UpToHere {
  return !('subscriptionId' in found);
}

function readRow(fields: FieldReader): Row {
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

function textOf(history: readonly Attempt[]): number {
  return history.reduce(
    (sum, { outcome: { response } }) => sum + (response?.body.length ?? 0) + (response?.headers.length ?? 0),
    0,
  );
}
