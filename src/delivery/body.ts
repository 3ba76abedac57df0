import { hash } from 'node:crypto';
import { type EnvelopeParts, envelopeOf } from '../model/event.ts';
import type { SubscriptionOptions, TemplateName } from '../model/subscription-options.ts';
import { type Micros, msFromMicros, rfc3339Micros } from '../util/clock.ts';
import { reasonOf } from '../util/error.ts';
import type { Expressions } from '../util/expression/expressions.ts';
import { EventFields } from './templates/fields.ts';
import type { TemplateEvent } from './templates/template.ts';
import { TEMPLATES } from './templates/templates.ts';

/** How the bodies of a subscription are made. Plain data: it crosses to the sender threads. */
export interface Content {
  readonly format: 'pbx' | 'cloudevents';
  readonly template?: TemplateName | undefined;
  /** JSONata over the event, or over the batch. */
  readonly transform?: string | undefined;
  /** Whether events come in batches; then one event alone is a batch of one. */
  readonly batch: boolean;
  /** The subscription's own headers: a template may take what it needs from them. */
  readonly headers: Readonly<Record<string, string>>;
}

export type Body =
  | {
      readonly kind: 'made';
      /** The exact text that is sent, as UTF-8, and that signatures are made over. */
      readonly body: string;
      readonly contentType: string;
      /** Further headers that belong to this body. */
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  /** It can't be made, now or later, and why. */
  | { readonly kind: 'failed'; readonly reason: string };

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

type BodyOptions = Pick<SubscriptionOptions, 'format' | 'template' | 'transform'> & {
  /** There is one for batches. */
  readonly batch?: unknown;
};

/** Undefined where a body is the envelope as it is, one event each: nothing has to be made. */
export function contentOf(
  { format = 'pbx', template, transform, batch }: BodyOptions,
  headers: Readonly<Record<string, string>>,
): Content | undefined {
  return format === 'pbx' && (template ?? transform) === undefined && batch === undefined
    ? undefined
    : { format, template, transform, batch: batch !== undefined, headers };
}

/** Stays the same when the same events are sent together again. */
export function batchIdOf(events: readonly Pick<EnvelopeParts, 'id'>[]): string {
  const ids = events.map(({ id }) => `${id}\n`).join('');
  return `batch-${hash('sha256', ids).slice(0, 32)}`;
}

/**
 * The body of one request. `events` has one, unless `content.batch`. Never throws.
 *
 * @param at when the request begins, which is the time for expressions; default: now.
 */
export function bodyOf(
  content: Content,
  events: readonly EnvelopeParts[],
  expressions: Expressions,
  at?: Micros,
): Body {
  const [event] = events;
  if (event === undefined || (events.length > 1 && !content.batch)) {
    return { kind: 'failed', reason: `one event makes a body here, got ${events.length}` };
  }
  try {
    if (content.template !== undefined) return rendered(content.template, event, content);
    if (content.format === 'cloudevents') return cloudEvents(content.batch, events);
    const body = content.batch ? batchOf(events) : envelopeOf(event);
    return content.transform === undefined
      ? { kind: 'made', body, contentType: JSON_TYPE }
      : transformed(content.transform, body, expressions, at);
  } catch (error) {
    return { kind: 'failed', reason: `the body can't be made: ${reasonOf(error)}` };
  }
}

function batchOf(events: readonly EnvelopeParts[]): string {
  const head = `{"batch_id":${JSON.stringify(batchIdOf(events))},"count":${events.length},"events":[`;
  return `${head}${events.map(envelopeOf).join(',')}]}`;
}

function transformed(transform: string, input: string, expressions: Expressions, at?: Micros): Body {
  const evaluation = expressions.evaluate(transform, input, at && msFromMicros(at));
  if (evaluation.kind === 'failed') {
    return { kind: 'failed', reason: `transform could not be evaluated: ${evaluation.reason}` };
  }
  const { json } = evaluation;
  if (json === undefined) {
    return { kind: 'failed', reason: 'transform gave nothing for this event' };
  }
  return json.startsWith('"')
    ? { kind: 'made', body: String(JSON.parse(json)), contentType: TEXT_TYPE }
    : { kind: 'made', body: json, contentType: JSON_TYPE };
}

/** Its data was made by ourselves, but what is on disk may have been touched. */
function read({ id, type, occurredAt, data }: EnvelopeParts): TemplateEvent {
  const parsed: unknown = JSON.parse(data);
  if (!isObject(parsed)) {
    throw new TypeError('what is stored is no data of an event');
  }
  return { id, type, timestamp: rfc3339Micros(occurredAt), fields: new EventFields(parsed) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function rendered(name: TemplateName, event: EnvelopeParts, { headers }: Content): Body {
  const rendering = TEMPLATES[name](read(event), { headers });
  switch (rendering.kind) {
    case 'json':
      return { kind: 'made', body: JSON.stringify(rendering.value), contentType: JSON_TYPE };
    case 'text':
      return { kind: 'made', body: rendering.text, contentType: TEXT_TYPE, headers: rendering.headers };
    case 'failed':
      return rendering;
    default:
      return rendering satisfies never;
  }
}

/** CloudEvents 1.0, structured content mode, JSON event format; many as a batch. */
function cloudEvents(batch: boolean, events: readonly EnvelopeParts[]): Body {
  const made = events.map(cloudEvent);
  return batch
    ? { kind: 'made', body: JSON.stringify(made), contentType: 'application/cloudevents-batch+json' }
    : { kind: 'made', body: JSON.stringify(made[0]), contentType: 'application/cloudevents+json' };
}

function cloudEvent(event: EnvelopeParts) {
  const { id, type, timestamp, fields } = read(event);
  const pbx = fields.text('pbx');
  const subject = fields.text('call_id');
  return {
    specversion: '1.0',
    id,
    source: pbx === undefined ? '/pbx' : `/pbx/${encodeURIComponent(pbx)}`,
    type: `pbx.${type}`,
    ...(subject === undefined ? {} : { subject }),
    time: timestamp,
    datacontenttype: JSON_TYPE,
    data: fields.data,
  };
}
