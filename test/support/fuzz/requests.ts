/** Requests that are nearly right: those of the API's table, with one thing or several wrong. */
import fc from 'fast-check';
import { OPERATION_LIST } from '../../../scripts/api-docs/document.ts';
import { SAMPLES } from '../../../scripts/api-docs/samples.ts';
import type { AnyRequest } from '../../../src/api/client/request.ts';
import type { OperationKey } from '../../../src/api/operations/operations.ts';
import { type Draft, type Edit, edited, isObject } from './draft.ts';
import { SPOILERS } from './spoilers.ts';

/** Stand in a request for what there is when it is sent. */
export const PLACES = {
  subscription: 'sub_IS_KNOWN',
  delivery: '4444444444',
  event: 'event.IS_KNOWN-1',
} as const;

export interface FuzzRequest {
  /** What it was before it was spoilt. */
  readonly key: OperationKey;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | undefined;
  /** Of its bytes, which make none of it, or several. */
  readonly edits: readonly Edit[];
  /** Which things are wrong with it. */
  readonly spoilt: readonly string[];
}

/** @param places where subscriptions may lead: the only URLs that there are. */
export function fuzzRequests(places: readonly string[]): fc.Arbitrary<FuzzRequest> {
  return fc.gen().map((gen) => {
    const [key] = gen(fc.constantFrom, ...OPERATION_LIST);
    const draft = draftOf(key, gen(fc.constantFrom, ...places));
    const spoilt = gen(fc.array, fc.constantFrom(...Object.keys(SPOILERS)), { maxLength: 3 }) as string[];
    for (const name of spoilt) SPOILERS[name]?.(draft, gen);
    return finished(draft, spoilt);
  });
}

/** The operation's sample, on what is there. */
function draftOf(key: OperationKey, url: string): Draft {
  const { query = {}, headers = {}, body }: AnyRequest = SAMPLES[key].request;
  const [method = '', template = ''] = key.split(' ');
  const isDelivery = template.startsWith('/deliveries/');
  const place = isDelivery ? PLACES.delivery : PLACES.subscription;
  const filled = template.replace('{id}', place).replace('{event_id}', PLACES.event);
  return {
    key,
    method,
    path: `/api/webhooks${filled}`,
    query: Object.entries(query).map(([name, value]) => [name, String(name === 'url' ? url : value)]),
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    body: isObject(body) && 'url' in body ? { ...body, url } : body,
    edits: [],
  };
}

function finished(draft: Draft, spoilt: readonly string[]): FuzzRequest {
  const text =
    draft.bytes ?? (draft.body === undefined ? undefined : Buffer.from(JSON.stringify(draft.body) ?? ''));
  const search = draft.query.map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`,
  );
  const has = (name: string) => draft.headers.some(([other]) => other.toLowerCase() === name);
  return {
    key: draft.key,
    method: draft.method,
    target: draft.path + (search.length === 0 ? '' : `?${search.join('&')}`),
    headers: [
      ...(has('host') ? [] : [['Host', 'localhost'] as const]),
      ...(text === undefined || has('content-type') ? [] : [['Content-Type', 'application/json'] as const]),
      ...(text === undefined || has('content-length') || has('transfer-encoding')
        ? []
        : [['Content-Length', String(text.length)] as const]),
      ['Connection', 'close'],
      ...draft.headers,
    ],
    body: text,
    edits: draft.edits,
    spoilt,
  };
}

/** Whether it is surely one request, which ends where it says. */
export function isWhole({ edits, headers, body }: FuzzRequest): boolean {
  const framing = headers.filter(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const isFramed = framing.every(
    ([name, value]) => /^content-length$/i.test(name) && Number(value) === (body?.length ?? 0),
  );
  return edits.length === 0 && framing.length <= 1 && isFramed;
}

/** As it goes over the wire. */
export function bytesOf(request: FuzzRequest, known: Readonly<Record<keyof typeof PLACES, string>>): Buffer {
  const target = request.target
    .replaceAll(PLACES.subscription, known.subscription)
    .replaceAll(PLACES.delivery, known.delivery)
    .replaceAll(PLACES.event, known.event);
  const lines = [
    `${request.method} ${target} HTTP/1.1`,
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return edited(Buffer.concat([head, request.body ?? Buffer.alloc(0)]), request.edits);
}
