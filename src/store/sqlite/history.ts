import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { readAttempt } from '../../model/attempt-fields.ts';
import type { Attempt } from '../../model/delivery.ts';
import type { DeliveryId, EventId, EventPosition } from '../../model/ids.ts';
import { mapped, merged } from '../../util/merged.ts';
import { compilePatterns } from '../../util/patterns.ts';
import type { DeliveryDetail, DeliveryPage, DeliveryQuery, DeliveryRecord, EventDetail } from '../history.ts';
import { COLUMNS, type DeliveryRow, DeliveryScan, isUpToHere, JOINS, readRow } from './delivery-scan.ts';
import { deliveriesOf } from './recipients.ts';
import { readEvent, rowOf, rowsOf } from './rows.ts';
import { attemptKey, attemptRange, possibleKeys } from './schema.ts';
import { ROWS_PER_LOOK, stepBudget } from './step.ts';
import type { UntriedDeliveries } from './untried.ts';
import type { Zones } from './zones.ts';

/** A page is full once its attempts have this many characters: bodies of 16 KiB each add up. */
const MAX_ATTEMPT_TEXT = 2_000_000;

/** Lists of deliveries, newest first. */
export class History {
  readonly #db: DatabaseSync;
  readonly #untried: UntriedDeliveries;
  readonly #scan: DeliveryScan;
  readonly #attempts: StatementSync;

  constructor(db: DatabaseSync, untried: UntriedDeliveries, zones: Zones) {
    this.#db = db;
    this.#untried = untried;
    this.#scan = new DeliveryScan(db, untried, zones);
    this.#attempts = db.prepare(
      `SELECT key % 1024, started_at, duration_ms, status, headers, body, error_code, error
         FROM attempt WHERE key BETWEEN ? AND ? ORDER BY key`,
    );
  }

  deliveries(query: DeliveryQuery): DeliveryPage {
    const deliveries: DeliveryRecord[] = [];
    if (query.limit <= 0) {
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
    for (const row of this.#scan.find(query)) {
      if (isUpToHere(row)) {
        if (spent(ROWS_PER_LOOK)) return { deliveries, next: row.id };
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
    const row = fields === undefined ? untried && this.#scan.untriedRow(untried) : readRow(fields);
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
      `SELECT ${COLUMNS} FROM delivery d ${JOINS} WHERE d.id IN (${deliveriesOf('?1')}) ORDER BY d.id DESC`,
    );
    const tried = mapped(rowsOf(statement, event), readRow);
    const untried = mapped(this.#untried.of(event).toReversed(), (one) => this.#scan.untriedRow(one));
    return Array.from(
      merged(tried, untried, (a, b) => a.id > b.id),
      (row) => this.#recordOf(row),
    );
  }

  #recordOf({ deliveredWith, ...row }: DeliveryRow): DeliveryRecord {
    const history = Array.from(rowsOf(this.#attempts, ...attemptRange(row.id)), readAttempt);
    if (deliveredWith !== undefined) {
      const last = attemptKey(deliveredWith, row.attempts);
      history.push(...Array.from(rowsOf(this.#attempts, last, last), readAttempt));
    }
    return { ...row, history };
  }
}

function textOf(history: readonly Attempt[]): number {
  return history.reduce(
    (sum, { outcome: { response } }) => sum + (response?.body.length ?? 0) + (response?.headers.length ?? 0),
    0,
  );
}
