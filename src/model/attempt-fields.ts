import { micro } from '../util/clock.ts';
import type { Field, FieldReader } from '../util/fields.ts';
import { ATTEMPT_ERROR_CODES, type Attempt, type AttemptErrorCode, type AttemptOutcome } from './delivery.ts';

/**
 * An attempt as eight flat fields, in the order of the store's columns:
 * number, start, duration, status, headers, body, error code, error.
 */
export function pushAttempt(fields: Field[], { number, startedAt, durationMs, outcome }: Attempt): void {
  const { response } = outcome;
  fields.push(number, startedAt, durationMs);
  if (response === undefined) {
    fields.push(null, null, null);
  } else {
    fields.push(response.status, response.headers, response.body);
  }
  if (outcome.kind === 'error') {
    fields.push(outcome.code, outcome.message);
  } else {
    fields.push(null, null);
  }
}

export function readAttempt(fields: FieldReader): Attempt {
  return {
    number: fields.number(),
    startedAt: micro(fields.number()),
    durationMs: fields.number(),
    outcome: readOutcome(fields),
  };
}

function readOutcome(fields: FieldReader): AttemptOutcome {
  const status = fields.optionalNumber();
  const headers = fields.optionalText() ?? '{}';
  const body = fields.optionalText() ?? '';
  const code = fields.optionalText();
  const message = fields.optionalText() ?? '';
  const response = status === undefined ? undefined : { status, headers, body };
  return response !== undefined && code === undefined
    ? { kind: 'response', response }
    : { kind: 'error', code: errorCodeOf(code), message, response };
}

function errorCodeOf(text: string | undefined): AttemptErrorCode {
  const code = ATTEMPT_ERROR_CODES.find((known) => known === text);
  if (code === undefined) {
    throw new RangeError(`expected a code of a failed attempt, got ${text}`);
  }
  return code;
}
