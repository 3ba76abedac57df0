/**
 * What a subscription may be, whoever asks for it: the config file and the API validate with these schemas, so
 * that both refuse the same things in the same words. No message repeats a secret or a header's value.
 */
import { z } from 'zod';
import { EVENT_TYPES, isEventType } from '../model/event-types.ts';
import { PAGERDUTY_KEY_HEADER } from '../model/subscription.ts';
import {
  bodyConflict,
  MAX_EXPRESSION_LENGTH,
  optionFields,
  type SubscriptionOptions,
} from '../model/subscription-options.ts';
import { expressionProblem } from '../util/expression/syntax.ts';
import { nearNames } from '../util/near.ts';

export const MAX_URL_LENGTH = 2_048;
export const MAX_HEADERS = 100;
const MAX_HEADER_VALUE_LENGTH = 8_192;
const MAX_SECRET_LENGTH = 1_024;
const MAX_DESCRIPTION_LENGTH = 500;
const MAX_EVENTS = 200;

export type ParsedUrl =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly message: string };

/**
 * The one spelling of a subscription's URL, as WHATWG URL writes it: lower-case host, no default port, the path's
 * unsafe characters percent-encoded. Two spellings of one URL are one subscription.
 */
export function parseSubscriptionUrl(text: string): ParsedUrl {
  if (text.length > MAX_URL_LENGTH) {
    return refuse(`is ${text.length} characters long; at most ${MAX_URL_LENGTH} are allowed`);
  }
  const url = URL.parse(text);
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || url === null) {
    return refuse('must be an absolute http or https URL without spaces, such as https://example.com/hook');
  }
  if (url.username !== '' || url.password !== '') {
    return refuse(
      'must not hold credentials; send them in `headers` instead, such as "Authorization": "Basic …"',
    );
  }
  if (url.hash !== '') {
    return refuse('must not end in a #fragment, which is never sent to a server; write a literal # as %23');
  }
  if (url.href.length > MAX_URL_LENGTH) {
    return refuse(
      `is ${url.href.length} characters long once encoded; at most ${MAX_URL_LENGTH} are allowed`,
    );
  }
  return { ok: true, url: url.href };
}

function refuse(message: string): ParsedUrl {
  return { ok: false, message };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** Undefined when `pattern` is good, else what is wrong with it and what to write. */
function eventPatternProblem(pattern: string): string | undefined {
  if (pattern === '*' || isEventType(pattern)) {
    return undefined;
  }
  const star = pattern.indexOf('*');
  if (star >= 0 && star < pattern.length - 1) {
    return `${quoted(pattern)}: a * may only stand at the end, such as "call.*"`;
  }
  if (star < 0) {
    return `${quoted(pattern)} is not an event type; ${alternatives(pattern)}`;
  }
  const prefix = pattern.slice(0, -1);
  return EVENT_TYPES.some((type) => type.startsWith(prefix))
    ? undefined
    : `${quoted(pattern)} matches no event type; ${alternatives(pattern)}`;
}

const FAMILIES = [...new Set(EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`))];

function alternatives(pattern: string): string {
  const near = nearNames(pattern, [...EVENT_TYPES, ...FAMILIES]);
  return near.length > 0
    ? `did you mean ${near.join(' or ')}?`
    : `use an exact type such as "call.started", "*" for all, or one of ${FAMILIES.join(', ')}`;
}

/** RFC 9110, 5.6.2: what a field name may be made of. */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
/** RFC 9110, 5.5: no CR, LF or NUL, which would end the header; beyond Latin-1 there is no way to send it. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that a subscription can't set, and why. */
const RESERVED_HEADERS: ReadonlyMap<string, string> = new Map([
  ...['x-webhook-signature', 'webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => [name, 'it is made anew for each attempt from `secret`'] as const,
  ),
  ...['host', 'content-length', 'transfer-encoding', 'connection'].map(
    (name) => [name, 'the HTTP connection sets it'] as const,
  ),
  ...['keep-alive', 'upgrade', 'expect', 'te', 'trailer', 'proxy-connection'].map(
    (name) => [name, 'it speaks of one connection, not of the request'] as const,
  ),
]);

function headerProblem(name: string, value: string): string | undefined {
  const reserved = RESERVED_HEADERS.get(name.toLowerCase());
  if (reserved !== undefined) {
    return `the header ${name} can't be set: ${reserved}; remove it`;
  }
  if (!HEADER_NAME.test(name)) {
    return `${quoted(name)} is not a header name: use letters, digits and -`;
  }
  if (/[\r\n\0]/.test(value)) {
    return `the value of ${name} holds a CR, LF or NUL; a header is one line, remove it`;
  }
  if (!HEADER_VALUE.test(value)) {
    return `the value of ${name} holds a character that HTTP can't send in a header; percent-encode it`;
  }
  return value.length > MAX_HEADER_VALUE_LENGTH
    ? `the value of ${name} is ${value.length} characters long; at most ${MAX_HEADER_VALUE_LENGTH} are allowed`
    : undefined;
}

export const urlSchema = z
  .string()
  .transform((text, context) => {
    const parsed = parseSubscriptionUrl(text);
    if (parsed.ok) {
      return parsed.url;
    }
    context.addIssue({ code: 'custom', message: parsed.message });
    return z.NEVER;
  })
  .describe('Where events are POSTed: an absolute http or https URL of at most 2,048 characters. Unique.');

export const eventsSchema = z
  .array(z.string())
  .min(1, 'is empty; name event types, or "*" for all')
  .superRefine((events, context) => {
    if (events.length > MAX_EVENTS) {
      const message = `holds ${events.length} entries; at most ${MAX_EVENTS}: use a prefix such as "call.*"`;
      context.addIssue({ code: 'custom', message });
      return;
    }
    events.forEach((pattern, index) => {
      const message = eventPatternProblem(pattern);
      if (message !== undefined) {
        context.addIssue({ code: 'custom', message, path: [index] });
      }
    });
  })
  .overwrite((events) => [...new Set(events)])
  .describe('Which events: exact types, "*" for all, or a prefix with a trailing * such as "call.*".');

/** Standard Webhooks: the key's bytes in base64; the stock verifiers refuse anything else after `whsec_`. */
const WHSEC = /^whsec_(?=.)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const secretSchema = z
  .string()
  .min(1, 'is empty; leave the key out to send without a signature')
  .max(MAX_SECRET_LENGTH, `is longer than ${MAX_SECRET_LENGTH} characters`)
  .refine((secret) => !/\p{Cc}/u.test(secret), 'holds a control character such as a line break; remove it')
  .refine(
    (secret) => !secret.startsWith('whsec_') || WHSEC.test(secret),
    'starts with whsec_, so the rest must be padded base64 (Standard Webhooks); begin plain text otherwise',
  )
  .describe(
    'Signs every attempt: plain text, or whsec_ and base64 (Standard Webhooks). Never shown again. One that it replaces signs as well for 24 h.',
  );

export const headersSchema = z
  .record(z.string(), z.string())
  .superRefine((headers, context) => {
    const names = Object.keys(headers);
    if (names.length > MAX_HEADERS) {
      context.addIssue({
        code: 'custom',
        message: `holds ${names.length} headers; at most ${MAX_HEADERS} are allowed`,
      });
      return;
    }
    const seen = new Set<string>();
    for (const [name, value] of Object.entries(headers)) {
      const twice = seen.has(name.toLowerCase())
        ? `the header ${name} stands there twice; keep one`
        : undefined;
      const message = twice ?? headerProblem(name, value);
      seen.add(name.toLowerCase());
      if (message !== undefined) {
        context.addIssue({ code: 'custom', message, path: [name] });
      }
    }
  })
  .describe('Sent with every attempt, beside our own. At most 100; values are never shown again.');

export const descriptionSchema = z
  .string()
  .max(MAX_DESCRIPTION_LENGTH, `is longer than ${MAX_DESCRIPTION_LENGTH} characters`)
  .describe('A note for people.');

export const enabledSchema = z.boolean().describe('Whether events are sent to it.');

/** One subscription, as the config file and `POST /api/webhooks` give it. */
export const subscriptionSchema = z
  .strictObject({
    url: urlSchema,
    events: eventsSchema.default(['*']),
    enabled: enabledSchema.default(true),
    secret: secretSchema.optional(),
    headers: headersSchema.default({}),
    description: descriptionSchema.optional(),
    ...optionFields,
  })
  .superRefine(refuseOptions, { when: ({ value }) => typeof value === 'object' && value !== null });

/** What is wrong with options together, or with what they hold; told also where a key has an error of its own. */
export function refuseOptions(options: SubscribedOptions, context: z.core.$RefinementCtx): void {
  for (const { path, message } of optionProblems(options)) {
    context.addIssue({ code: 'custom', message, path: [...path] });
  }
}

/** Whatever of a subscription its options have to go with. */
export type SubscribedOptions = SubscriptionOptions & {
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

export interface OptionProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Everything that a schema can't say of one key alone. */
export function optionProblems(options: SubscribedOptions): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const conflict = bodyConflict(options);
  if (conflict !== undefined) {
    problems.push({ path: [conflict[0]], message: conflict[1] });
  }
  for (const [path, source] of expressionsOf(options)) {
    const message = expressionProblem(source);
    if (message !== undefined) problems.push({ path, message });
  }
  if (options.template === 'pagerduty' && !hasHeader(options.headers, PAGERDUTY_KEY_HEADER)) {
    const message = `pagerduty needs the integration key of its service in \`headers\`, as ${PAGERDUTY_KEY_HEADER}`;
    problems.push({ path: ['template'], message });
  }
  return problems;
}

/** Where a key has an error of its own it may be anything. */
function expressionsOf({ filter, transform }: SubscriptionOptions) {
  const where: unknown = filter?.where;
  const sources: readonly (readonly [readonly string[], unknown])[] = [
    [['filter', 'where'], where],
    [['transform'], transform],
  ];
  return sources.flatMap(([path, source]) =>
    typeof source === 'string' && source.length > 0 && source.length <= MAX_EXPRESSION_LENGTH
      ? [[path, source] as const]
      : [],
  );
}

function hasHeader(headers: unknown, name: string): boolean {
  return (
    typeof headers === 'object' &&
    headers !== null &&
    Object.entries(headers).some(([key, value]) => key.toLowerCase() === name.toLowerCase() && value !== '')
  );
}

/** The config file's list: no URL twice. Told also where an entry has an error of its own: all come at once. */
export const subscriptionListSchema = z.array(subscriptionSchema).superRefine(
  (subscriptions, context) => {
    const first = new Map<string, number>();
    for (const [index, subscription] of subscriptions.entries()) {
      const url: unknown = subscription?.url;
      if (typeof url !== 'string') {
        continue;
      }
      const earlier = first.get(url);
      if (earlier === undefined) {
        first.set(url, index);
      } else {
        const message = `is the URL of entry ${earlier + 1} as well; a URL may stand there once, with all its events`;
        context.addIssue({ code: 'custom', message, path: [index, 'url'] });
      }
    }
  },
  { when: ({ value }) => Array.isArray(value) },
);
