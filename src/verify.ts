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

export type VerificationErrorCode =
  /** No secret, or an empty one: whoever knows that could sign. The receiver's mistake, not the sender's. */
  | 'secret_invalid'
  | 'signature_missing'
  | 'signature_mismatch'
  /** `requireTimestamp`, and the signature that came has no time in it. */
  | 'timestamp_missing'
  | 'timestamp_invalid'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'body_invalid';

/** The request is not what the holder of the secret sent, or not now: answer 400 and do nothing with it. */
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
 * The result is what the holder of the secret sent: a {@link WebhookEvent}, or what else your subscription makes of it
 * (`verify<MyBody>(…)`). Its shape is not checked, and a newer sender may know more types and keys than this version.
 *
 * Throws a {@link VerificationError} whose `code` and message tell what is wrong.
 */
export function verify<Body = WebhookEvent>(
  body: string | Uint8Array,
  headers: RequestHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = 300, requireTimestamp = false, now = Date.now() / 1000 }: VerifyOptions = {},
): Body {
  const keys = keysOf(secret);
  const get = readerOf(headers);
  const standard = get(SIGNATURE_HEADER);
  const simple = get(BODY_SIGNATURE_HEADER);
  let genuine = false;
  if (standard !== undefined) {
    const id = get(ID_HEADER) ?? missing(ID_HEADER);
    const timestamp = get(TIMESTAMP_HEADER) ?? missing(TIMESTAMP_HEADER);
    const given = standard.split(' ');
    genuine = keys.some((key) => given.some((one) => isSame(one, signStandard(key, id, timestamp, body))));
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
  return parsed(body);
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
    return keys.standard.symmetricKeySize ? keys : refuseSecret('there is no base64 key after its prefix');
  });
}

function refuseSecret(reason: string): never {
  throw new VerificationError(
    'secret_invalid',
    `The secret can't verify anything: ${reason}. Pass the subscription's own secret; is its environment variable set?`,
  );
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
