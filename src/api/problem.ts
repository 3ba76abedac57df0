import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { CodedError, reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';

/** Every `code` that an answer of the API can bear, and its status. */
const STATUS_OF = {
  invalid_json: 400,
  invalid_request: 400,
  not_supported_yet: 400,
  malformed_request: 400,
  refused_address: 400,
  config_invalid: 400,
  event_invalid: 400,
  request_aborted: 400,
  too_many_headers: 400,
  headers_too_large: 400,
  url_too_long: 400,
  unauthorized: 401,
  loopback_only: 403,
  host_refused: 403,
  proxy_refused: 403,
  origin_refused: 403,
  not_found: 404,
  subscription_unknown: 404,
  delivery_unknown: 404,
  attempt_unknown: 404,
  request_unknown: 404,
  event_unknown: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  subscription_exists: 409,
  delivery_succeeded: 409,
  delivery_not_dead: 409,
  idempotency_conflict: 409,
  no_config_file: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_streams: 429,
  internal_error: 500,
  not_ready: 503,
  engine_stopped: 503,
  store_closed: 503,
  store_corrupt: 503,
  store_failed: 503,
  store_full: 503,
  store_locked: 503,
  store_newer: 503,
  store_unwritable: 503,
} as const satisfies Record<string, ContentfulStatusCode>;

export type ProblemCode = keyof typeof STATUS_OF;

export const PROBLEM_CODES = Object.keys(STATUS_OF).filter(isProblemCode);

export interface ProblemDetail {
  /** Where in the request: `events.0`, `headers.X-Id`; empty for the whole of it. */
  readonly path: string;
  readonly message: string;
  /** Of a configuration file: its place there, what belongs there and what stands there instead. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
}

/** A refusal on its way to the client. */
export class Problem extends CodedError<ProblemCode> {
  readonly details: readonly ProblemDetail[];

  constructor(code: ProblemCode, message: string, details: readonly ProblemDetail[] = []) {
    super(code, message);
    this.details = details;
  }
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(STATUS_OF, code);
}

export function statusOf(code: ProblemCode): ContentfulStatusCode {
  return STATUS_OF[code];
}

/** The body of every answer that is no success. */
export function problemBody(code: ProblemCode, message: string, details: readonly ProblemDetail[] = []) {
  return { error: message, code, details };
}

/** What a handler threw, as it is answered; what nobody expected is logged and told as nothing but a 500. */
export function answerTo(error: Error, { req }: Context, logger: Logger) {
  if (error instanceof CodedError && isProblemCode(error.code)) {
    const details = error instanceof Problem ? error.details : [];
    return { status: statusOf(error.code), body: problemBody(error.code, error.message, details) };
  }
  logger.error(`API: ${req.method} ${req.path} failed: ${reasonOf(error)}`);
  return {
    status: 500,
    body: problemBody('internal_error', 'The request failed; the log says why'),
  } as const;
}
