import type { Micros } from '../util/clock.ts';
import { HmacKey } from '../util/hmac.ts';

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
  readonly body: HmacKey;
  readonly standard: HmacKey;
}

export function signingKeys(secret: string): SigningKeys {
  const body = new HmacKey(Buffer.from(secret));
  return secret.startsWith(PREFIX)
    ? { body, standard: new HmacKey(Buffer.from(secret.slice(PREFIX.length), 'base64')) }
    : { body, standard: body };
}

/** Value of `X-Webhook-Signature`. */
export function signBody(keys: SigningKeys, body: string | Uint8Array): string {
  return `sha256=${keys.body.digest('', body, 'hex')}`;
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
  return `v1,${keys.standard.digest(`${id}.${timestamp}.`, body, 'base64')}`;
}

/** `webhook-id` of an event: its id without dots, which the signed text keeps for itself. */
export function webhookIdOf(eventId: string): string {
  return eventId.replaceAll('.', '_');
}
