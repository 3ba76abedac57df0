import type { z } from 'zod';
import { type Operation, refusesUnknown } from '../../src/api/operations/operation.ts';
import type { OperationKey } from '../../src/api/operations/operations.ts';
import { PROBES } from '../../src/api/path.ts';
import type { ProblemCode } from '../../src/api/problem.ts';

/** What each code means, and what to do. */
export const PROBLEM_MEANINGS: Readonly<Record<ProblemCode, string>> = {
  invalid_json: 'The body is not JSON in UTF-8.',
  invalid_request: 'A field or a query value breaks a rule: `details` names each one.',
  not_supported_yet: 'A key that is documented, but that this version can’t do.',
  malformed_request: 'No HTTP request, or its target is no URL.',
  refused_address: 'Events may not be sent there: `details` names the setting that would allow it.',
  event_invalid: 'The event can’t be accepted: its type, or data that is no JSON or nests too deep.',
  config_invalid: 'The config file has errors: `details` names each one. The one before stays in force.',
  request_aborted: 'The connection ended before the body was complete.',
  too_many_headers: 'More than 100 headers.',
  headers_too_large: 'Request line and headers are larger than 16 KiB.',
  url_too_long: 'The path, or a query value, is longer than 2,048 characters.',
  unauthorized: 'The token is missing or wrong: `Authorization: Bearer <token>`.',
  loopback_only: 'Without a configured token only this machine is answered.',
  host_refused: 'Without a configured token only the names of this machine are answered to.',
  proxy_refused: 'Without a configured token nothing is answered through a proxy.',
  origin_refused: 'A web page of another origin asked.',
  not_found: 'There is no such path.',
  subscription_unknown: 'There is no such subscription.',
  delivery_unknown: 'There is no such delivery, or it was removed for its age.',
  attempt_unknown: 'The delivery has no such attempt.',
  request_unknown: 'How the subscription was set then is not kept any more.',
  event_unknown: 'There is no such event, or it was removed for its age.',
  method_not_allowed: 'The path takes other methods: `Allow` names them.',
  request_timeout: 'The request did not arrive in time.',
  subscription_exists: 'Another subscription has this URL.',
  delivery_succeeded: 'It was delivered: a replay sends it again.',
  delivery_not_dead: 'Only a dead letter can be deleted.',
  idempotency_conflict: 'The same `Idempotency-Key` came with another body within 24 h.',
  no_config_file: 'It runs without a config file, such as in a host that passes the configuration.',
  body_too_large: 'The body is larger than 256 KiB.',
  unsupported_media_type: 'The body must be `application/json` in UTF-8, not compressed.',
  too_many_streams: 'A hundred streams are open: close one.',
  internal_error: 'A bug: the log says more.',
  not_ready: 'A part does not work now: `details` names it for whoever bears the token.',
  engine_stopped: 'It is about to end.',
  store_closed: 'It is about to end.',
  store_corrupt: 'The database is damaged: restore a backup.',
  store_failed: 'The database failed: the log says how.',
  store_full: 'The disk is full.',
  store_locked: 'Another process holds the database.',
  store_newer: 'A newer version wrote the database.',
  store_unwritable: 'The database can’t be written: look at its rights.',
};

/** Before an operation is looked at. */
const ANY = [
  'malformed_request',
  'too_many_headers',
  'headers_too_large',
  'url_too_long',
  'loopback_only',
  'host_refused',
  'proxy_refused',
  'origin_refused',
  'request_timeout',
  'internal_error',
] as const satisfies readonly ProblemCode[];

const STORE = [
  'engine_stopped',
  'store_closed',
  'store_corrupt',
  'store_failed',
  'store_full',
  'store_locked',
  'store_newer',
  'store_unwritable',
] as const satisfies readonly ProblemCode[];

const BODY = [
  'invalid_json',
  'invalid_request',
  'not_supported_yet',
  'request_aborted',
  'body_too_large',
  'unsupported_media_type',
] as const satisfies readonly ProblemCode[];

/** Every code that an operation may answer with. */
export function problemsOf(key: OperationKey, operation: Operation): ReadonlySet<ProblemCode> {
  const isProbe = PROBES.some((probe) => key === `GET ${probe}`);
  const isChecked = hasFields(operation.headers) || refusesUnknown(operation.query);
  return new Set([
    ...operation.problems,
    ...(takesBody(operation) ? BODY : []),
    ...(isChecked ? (['invalid_request'] as const) : []),
    ...(isProbe ? [] : ['unauthorized' as const]),
    ...ANY,
    ...(operation.tag === 'Operation' ? [] : STORE),
  ]);
}

/** Codes that tell more than that the API could not be asked. */
export function tellingProblems(key: OperationKey, operation: Operation): readonly ProblemCode[] {
  const unsaid = new Set<ProblemCode>([
    ...ANY,
    ...STORE,
    'unauthorized',
    'request_aborted',
    'not_supported_yet',
    // What nothing is asked of refuses whatever is given.
    ...([operation.query, operation.headers].some(hasFields) || takesBody(operation)
      ? []
      : ['invalid_request' as const]),
  ]);
  return [...problemsOf(key, operation)].filter((code) => !unsaid.has(code));
}

export function hasFields({ shape }: z.ZodObject): boolean {
  return Object.keys(shape).length > 0;
}

export function takesBody({ body }: Operation): boolean {
  return body.def.type !== 'undefined';
}
