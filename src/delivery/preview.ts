import type { EnvelopeParts } from '../model/event.ts';
import type { Subscription } from '../model/subscription.ts';
import type { Micros } from '../util/clock.ts';
import type { Expressions } from '../util/expression/expressions.ts';
import { contentOf } from './body.ts';
import { requestOf } from './sender/request.ts';
import { RequestHeaders } from './sender/request-headers.ts';
import { BODY_SIGNATURE_HEADER, SIGNATURE_HEADER } from './signature.ts';

/** What is sent for an event, for a person to see. */
export interface RequestPreview {
  readonly method: 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where none can be made, why. */
  readonly body: string;
}

/** In the place of signatures and of whatever a header of the subscription's own holds. */
export const MASK = '•••';

const SIGNATURES: ReadonlySet<string> = new Set([BODY_SIGNATURE_HEADER, SIGNATURE_HEADER]);

export interface PreviewedAttempt {
  readonly event: EnvelopeParts;
  readonly number: number;
  readonly at: Micros;
}

/**
 * The request of one attempt, made as senders make it but without anything that is secret: no secret and no value of a
 * header gets this far, also where a template takes one into the body. Of a batch, as if the event went alone.
 */
export function previewOf(
  { url, headers, secret, options }: Subscription,
  { event, number, at }: PreviewedAttempt,
  expressions: Expressions,
): RequestPreview {
  const masked = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value && MASK]));
  const content = contentOf(options, masked);
  const secrets = secret === undefined ? [] : [MASK];
  const shape = { headers: new RequestHeaders({ headers: masked, secrets, content }), content };
  const parts = { events: [event], attempt: number, unixSeconds: Math.floor(at / 1_000_000) };
  const request = requestOf(shape, parts, expressions);
  const made =
    'reason' in request
      ? {
          headers: shape.headers.of({ event, attempt: number }, Buffer.of(), parts.unixSeconds),
          body: `No body could be made: ${request.reason}`,
        }
      : request;
  return { method: 'POST', url, headers: shown(made.headers), body: made.body.toString() };
}

/** @param headers names and values in turn. */
function shown(headers: readonly string[]): Readonly<Record<string, string>> {
  const entries: (readonly [string, string])[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2);
    entries.push([name, SIGNATURES.has(name) ? MASK : value]);
  }
  return Object.fromEntries(entries);
}
