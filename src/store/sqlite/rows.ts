import type { StatementSync } from 'node:sqlite';
import type { PublishedEvent } from '../../model/event.ts';
import type { CallId, EventPosition } from '../../model/ids.ts';
import { micro } from '../../util/clock.ts';
import { FieldReader } from '../../util/fields.ts';
import { eventIdOf } from './schema.ts';

/** A row of a statement that returns arrays, which node:sqlite types as objects. */
export function fieldsOf(row: unknown): FieldReader {
  if (!Array.isArray(row)) {
    throw new TypeError('expected a row as an array');
  }
  return new FieldReader(row);
}

/** The rows of a statement that returns arrays, one by one: whoever stops early leaves the rest unread. */
export function* rowsOf(statement: StatementSync, ...values: (string | number)[]): Generator<FieldReader> {
  statement.setReturnArrays(true);
  for (const row of statement.iterate(...values)) {
    yield fieldsOf(row);
  }
}

/** The first row, if there is one. */
export function rowOf(statement: StatementSync, ...values: (string | number)[]): FieldReader | undefined {
  statement.setReturnArrays(true);
  const row = statement.get(...values);
  return row === undefined ? undefined : fieldsOf(row);
}

/** Columns `key, type, occurred_at, call_id, data`. */
export function readEvent(fields: FieldReader): PublishedEvent {
  const position = fields.number() as EventPosition;
  const type = fields.text();
  return {
    id: eventIdOf(position, type),
    position,
    type,
    occurredAt: micro(fields.number()),
    callId: fields.optionalText() as CallId | undefined,
    data: fields.text(),
  };
}
