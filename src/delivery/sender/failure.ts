import type { AttemptErrorCode } from '../../model/delivery.ts';
import { CodedError, errorOf, reasonOf } from '../../util/error.ts';
import { UnsendableRequestError } from './http/request-head.ts';
import { UnreadableResponseError } from './http/response-head.ts';

export interface AttemptFailure {
  readonly code: AttemptErrorCode;
  readonly message: string;
}

/** What the lookup of a connection ends with when a name leads where nothing may be sent. */
export class RefusedAddressError extends CodedError<'refused_address'> {}

type Known = readonly [code: AttemptErrorCode, says: string];

/** What Node calls what can go wrong (errno), in words for a log. */
const KNOWN: Readonly<Record<string, Known>> = {
  ETIMEDOUT: ['timeout', 'Connection timeout'],
  ECONNREFUSED: ['connect', 'Connection refused'],
  EHOSTUNREACH: ['connect', 'Host unreachable'],
  ENETUNREACH: ['connect', 'Network unreachable'],
  ENOTFOUND: ['connect', 'Host name not found'],
  ENODATA: ['connect', 'Host name has no address'],
  EAI_AGAIN: ['connect', 'Host name could not be looked up'],
  ETIMEOUT: ['connect', 'Host name could not be looked up in time'],
  ESERVFAIL: ['connect', 'Host name could not be looked up'],
  EREFUSED: ['connect', 'Host name could not be looked up'],
  EMFILE: ['exhausted', 'Too many open files in this process'],
  ENFILE: ['exhausted', 'Too many open files on this machine'],
  ECONNRESET: ['network', 'Connection reset by the receiver'],
  EPIPE: ['network', 'Connection closed by the receiver'],
};

const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/;

/** What an error on the way to a response means to whoever reads the log. */
export function failureOf(thrown: unknown): AttemptFailure {
  const error = rootOf(errorOf(thrown));
  if (error instanceof RefusedAddressError) {
    return { code: 'refused_address', message: error.message };
  }
  if (error instanceof UnreadableResponseError) {
    return { code: 'invalid', message: `Response is not HTTP/1.1: ${error.message}` };
  }
  if (error instanceof UnsendableRequestError) {
    return { code: 'invalid', message: `Request could not be made: ${error.message}` };
  }
  const name = codeOf(error);
  const known = KNOWN[name];
  if (known !== undefined) {
    return { code: known[0], message: withDetail(known[1], error) };
  }
  if (TLS.test(name)) {
    return { code: 'tls', message: `TLS: ${reasonOf(error)}` };
  }
  return { code: 'network', message: reasonOf(error) };
}

/** Of a name with several addresses Node tells all their errors; the last one stands for them. */
function rootOf(error: Error): Error {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return errorOf(error.errors.at(-1));
  }
  return error;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function withDetail(says: string, error: Error): string {
  if ('address' in error && 'port' in error) {
    return `${says} (${error.address}:${error.port})`;
  }
  if ('hostname' in error) {
    return `${says} (${error.hostname})`;
  }
  return says;
}
