import type { EnvelopeParts } from '../model/event.ts';
import { MASK, type RequestShape } from '../model/request-shape.ts';
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

const SIGNATURES: ReadonlySet<string> = new Set([BODY_SIGNATURE_HEADER, SIGNATURE_HEADER]);

export interface PreviewedAttempt {
  /** In the order in which they go; one, unless it is a batch. */
  readonly events: readonly [EnvelopeParts, ...EnvelopeParts[]];
  readonly number: number;
  readonly at: Micros;
}

/**
 * The request of one attempt, made as senders make it but without anything that is secret: no secret and no value of a
 * header gets this far, also where a template takes one into the body.
 */
export function previewOf(
  shape: RequestShape,
  { events, number, at }: PreviewedAttempt,
  expressions: Expressions,
): RequestPreview {
  const { url, headers, isSigned } = shape;
  const content = contentOf(shape, headers);
  const made = {
    headers: new RequestHeaders({ headers, secrets: isSigned ? [MASK] : [], content }),
    content,
  };
  const request = requestOf(made, { events, attempt: number, at }, expressions);
  if (!('reason' in request)) {
    return { method: 'POST', url, headers: shown(request.headers), body: request.body.toString() };
  }
  const [event] = events;
  return {
    method: 'POST',
    url,
    headers: shown(made.headers.of({ event, attempt: number }, '', at)),
    body: `No body could be made: ${request.reason}`,
  };
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
