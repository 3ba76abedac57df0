/** For receivers: the package's entry `pbx-webhooks/verify`, which loads nothing of the PBX's side. */
import { timingSafeEqual } from 'node:crypto';
import {
  BODY_SIGNATURE_HEADER,
  ID_HEADER,
  SIGNATURE_HEADER,
  type SigningKeys,
  signBody,
  signingKeys,
  signStandard,
  TIMESTAMP_HEADER,
} from './delivery/signature.ts';
import type { WebhookEvent } from './model/webhook-event.ts';
import { CodedError, reasonOf } from './util/error.ts';

export type { EventDataOf as EventData, EventType } from './model/event-types.ts';
export type { WebhookBatch, WebhookCloudEvent, WebhookEvent } from './model/webhook-event.ts';

export type VerificationErrorCode =
  /** No secret, or an empty one: whoever knows that could sign. The receiver's mistake, not the sender's. */
  | 'secret_invalid'
  /** The body is no raw text or bytes: something before has parsed it, or not read it. The receiver's mistake too. */
  | 'body_not_raw'
  /** `toleranceSeconds` is no number of seconds. The receiver's mistake too. */
  | 'tolerance_invalid'
  | 'signature_missing'
  | 'signature_mismatch'
  /** `requireTimestamp`, and the signature that came has no time in it. */
  | 'timestamp_missing'
  | 'timestamp_invalid'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'body_invalid';

/** The request is not what the holder of the secret sent, or not now: answer 401 and do nothing with it. */
export class VerificationError extends CodedError<VerificationErrorCode> {}

/** Headers as Node, Express, Hono or fetch give them; the case of names does not matter. */
export type RequestHeaders =
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** How far `webhook-timestamp` may be from now, either way, in seconds. Default 300. */
  readonly toleranceSeconds?: number | undefined;
  /** Refuse a webhook whose signature has no time in it, only an `X-Webhook-Signature`. Default false. */
  readonly requireTimestamp?: boolean | undefined;
  /** Unix seconds of now. Default: the clock's. */
  readonly now?: number | undefined;
}

/**
 * For receivers: checks a webhook and returns its body parsed.
 *
 * `body` has to be the raw bytes (or their text) as they came: parsing and writing JSON again changes them.
 * `secret`: the subscription's, or several while one is being rotated.
 *
 * Takes either signature: Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`) when it is
 * there, which also refuses what is older than `toleranceSeconds`. A request without the `webhook-*` headers is
 * checked by its `X-Webhook-Signature` alone, which has no time in it: whoever once saw such a request can send it
 * again for ever, also one of ours with those headers taken off. `requireTimestamp` refuses it. Remember
 * `event_id` where doing something twice would hurt: delivery is at least once.
 *
 * The result is what the holder of the secret sent: a {@link WebhookEvent}, or what else your subscription makes of it:
 * `verify<WebhookBatch>(…)`, `verify<WebhookCloudEvent>(…)`, `verify<MyBody>(…)`. Its shape is not checked, and a newer
 * sender may know more types and keys than this version.
 *
 * Throws a {@link VerificationError} whose `code` and message tell what is wrong.
 */
export function verify<Body = WebhookEvent>(
  body: string | Uint8Array,
  headers: RequestHeaders,
  secret: string | readonly string[],
  options?: VerifyOptions,
): Body {
  verifySignature(body, headers, secret, options);
  return parsed(body);
}

/** As {@link verify}, for a body that is not JSON (`template: ntfy`, a `transform` that makes text): it is left alone. */
export function verifySignature(
  body: string | Uint8Array,
  headers: RequestHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = 300, requireTimestamp = false, now = Date.now() / 1000 }: VerifyOptions = {},
): void {
  const keys = keysOf(secret);
  requireRaw(body);
  requireTolerance(toleranceSeconds);
  const get = readerOf(headers);
  const standard = get(SIGNATURE_HEADER);
  const simple = get(BODY_SIGNATURE_HEADER);
  let genuine = false;
  if (standard !== undefined) {
    const id = get(ID_HEADER) ?? missing(ID_HEADER);
    const timestamp = get(TIMESTAMP_HEADER) ?? missing(TIMESTAMP_HEADER);
    const given = standard.split(' ');
    genuine = keys.some((key) => {
      // Made once for all that are given, of which a forger may send thousands.
      const expected = signStandard(key, id, timestamp, body);
      return given.some((one) => isSame(one, expected));
    });
    requireRecent(timestamp, toleranceSeconds, now);
  } else if (simple !== undefined) {
    if (requireTimestamp) {
      throw new VerificationError(
        'timestamp_missing',
        `The request has no ${SIGNATURE_HEADER}, and ${BODY_SIGNATURE_HEADER} has no time in it: it may be a replay`,
      );
    }
    genuine = keys.some((key) => isSame(simple, signBody(key, body)));
  } else {
    missing(`${SIGNATURE_HEADER} and ${BODY_SIGNATURE_HEADER}`);
  }
  if (!genuine) {
    throw new VerificationError(
      'signature_mismatch',
      'No signature matches: the secret is another, or the body is not the raw one that came',
    );
  }
}

export interface SignOptions {
  /** Of the message; default `msg_test`. */
  readonly id?: string | undefined;
  /** Unix seconds. Default: the clock's. */
  readonly timestamp?: number | undefined;
}

/**
 * The headers that a request with this body bears, so that you can test your receiver without a sender. With several
 * secrets, as during a rotation, the first one is the newest.
 */
export function sign(
  body: string | Uint8Array,
  secret: string | readonly string[],
  { id = 'msg_test', timestamp = Math.floor(Date.now() / 1000) }: SignOptions = {},
): Record<string, string> {
  const keys = keysOf(secret);
  requireRaw(body);
  const at = String(timestamp);
  const [newest] = keys;
  return {
    ...(newest && { [BODY_SIGNATURE_HEADER]: signBody(newest, body) }),
    [ID_HEADER]: id,
    [TIMESTAMP_HEADER]: at,
    [SIGNATURE_HEADER]: keys.map((key) => signStandard(key, id, at, body)).join(' '),
  };
}

/** Takes anything: a secret often comes from an environment variable that is not set. */
function keysOf(secret: unknown): readonly SigningKeys[] {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 0) refuseSecret('the list of secrets is empty');
  return secrets.map((one) => {
    if (typeof one !== 'string')
      return refuseSecret(`expected a text, got ${one === null ? 'null' : typeof one}`);
    if (one === '') return refuseSecret('it is empty');
    const keys = signingKeys(one);
    return keys.standard.isEmpty ? refuseSecret('there is no base64 key after its prefix') : keys;
  });
}

function refuseSecret(reason: string): never {
  throw new VerificationError(
    'secret_invalid',
    `The secret can't verify anything: ${reason}. Pass the subscription's own secret; is its environment variable set?`,
  );
}

/** Takes anything: a framework may have parsed it already, or not read it at all. */
function requireRaw(body: unknown): void {
  if (typeof body === 'string' || body instanceof Uint8Array) return;
  throw new VerificationError(
    'body_not_raw',
    `The body has to be the raw text or bytes that came, got ${body === null ? 'null' : typeof body}: ` +
      'take it before anything parses it, in Express by express.raw({ type: () => true })',
  );
}

/** Every comparison with NaN is false, so that nothing would be too old. */
function requireTolerance(seconds: number): void {
  if (seconds >= 0) return;
  throw new VerificationError('tolerance_invalid', `toleranceSeconds has to be 0 or more, got ${seconds}`);
}

function readerOf(headers: RequestHeaders): (name: string) => string | undefined {
  const entries = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const values = new Map(entries.map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = values.get(name.toLowerCase());
    return typeof value === 'string' || value === undefined ? value : value[0];
  };
}

function missing(name: string): never {
  throw new VerificationError('signature_missing', `The request has no ${name}; is a secret set for it?`);
}

/** In constant time, so that a forger learns nothing from how long it took. */
function isSame(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function requireRecent(timestamp: string, toleranceSeconds: number, now: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new VerificationError('timestamp_invalid', `${TIMESTAMP_HEADER} has to be Unix seconds`);
  }
  const age = now - Number(timestamp);
  if (age > toleranceSeconds) {
    const message = `${TIMESTAMP_HEADER} is ${Math.round(age)} s old, more than ${toleranceSeconds} s: a replay, or a wrong clock`;
    throw new VerificationError('timestamp_too_old', message);
  }
  if (age < -toleranceSeconds) {
    const message = `${TIMESTAMP_HEADER} is ${Math.round(-age)} s ahead, more than ${toleranceSeconds} s: a clock is wrong`;
    throw new VerificationError('timestamp_too_new', message);
  }
}

function parsed<Body>(body: string | Uint8Array): Body {
  try {
    return JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString());
  } catch (error) {
    const message = `The body is genuine, but not JSON: ${reasonOf(error)}`;
    throw new VerificationError('body_invalid', message, { cause: error });
  }
}
