import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Micros } from '../util/clock.ts';

/**
 * Two signatures for every attempt:
 * (a) `X-Webhook-Signature: sha256=<hex>`, HMAC-SHA256 of the raw body, keyed with the secret's UTF-8 bytes;
 * (b) Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
 *     `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64>` over `id.timestamp.body`, keyed with the
 *     decoded bytes of a `whsec_…` secret, else with the secret's UTF-8 bytes.
 */
export const BODY_SIGNATURE_HEADER = 'X-Webhook-Signature';
export const ID_HEADER = 'webhook-id';
export const TIMESTAMP_HEADER = 'webhook-timestamp';
export const SIGNATURE_HEADER = 'webhook-signature';

const PREFIX = 'whsec_';

/** The keys that one secret stands for. */
export interface SigningKeys {
  readonly body: KeyObject;
  readonly standard: KeyObject;
}

export function signingKeys(secret: string): SigningKeys {
  const body = createSecretKey(secret, 'utf8');
  return secret.startsWith(PREFIX)
    ? { body, standard: createSecretKey(secret.slice(PREFIX.length), 'base64') }
    : { body, standard: body };
}

/** Value of `X-Webhook-Signature`. */
export function signBody(keys: SigningKeys, body: string | Uint8Array): string {
  return `sha256=${createHmac('sha256', keys.body).update(body).digest('hex')}`;
}

/** `webhook-timestamp` of an attempt: Unix seconds. */
export function timestampOf(at: Micros): string {
  return String(Math.floor(at / 1_000_000));
}

/** One entry of `webhook-signature`. */
export function signStandard(
  keys: SigningKeys,
  id: string,
  timestamp: string,
  body: string | Uint8Array,
): string {
  const hmac = createHmac('sha256', keys.standard).update(`${id}.${timestamp}.`).update(body);
  return `v1,${hmac.digest('base64')}`;
}

/** `webhook-id` of an event: its id without dots, which the signed text keeps for itself. */
export function webhookIdOf(eventId: string): string {
  return eventId.replaceAll('.', '_');
}
