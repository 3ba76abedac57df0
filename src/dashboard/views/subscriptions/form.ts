/**
 * A subscription as a form holds it: every field a text or a choice. What it makes of the API's body and back is here,
 * so that an edit sends nothing but what was changed.
 */
import type { Subscription, SubscriptionBody, SubscriptionPatch } from '../../types.ts';

export type Direction = 'internal' | 'inbound' | 'outbound';
export type RetryMode = 'default' | 'persistent' | 'fixed' | 'exponential' | 'schedule';
type Template = NonNullable<Subscription['template']>;
/** What makes the body. */
export type BodyKind = 'pbx' | 'cloudevents' | 'transform' | Template;
/** What becomes of the secret. */
export type Signing = 'new' | 'own' | 'none' | 'keep';

export interface HeaderRow {
  readonly name: string;
  readonly value: string;
}

export interface Form {
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly signing: Signing;
  readonly secret: string;
  readonly extensions: string;
  readonly queues: string;
  readonly directions: readonly Direction[];
  readonly where: string;
  /** Undefined: those that it has stay, whose values are never shown. */
  readonly headers: readonly HeaderRow[] | undefined;
  readonly retry: RetryMode;
  readonly attempts: string;
  readonly delay: string;
  readonly factor: string;
  readonly maxDelay: string;
  readonly schedule: string;
  readonly jitter: string;
  readonly timeout: string;
  readonly maxAge: string;
  readonly ordering: 'call' | 'none';
  readonly concurrency: string;
  readonly rateLimit: string;
  readonly batch: boolean;
  readonly maxEvents: string;
  readonly maxWait: string;
  readonly body: BodyKind;
  readonly transform: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly serverName: string;
}

export const NEW_FORM: Form = {
  url: '',
  description: '',
  events: ['*'],
  signing: 'new',
  secret: '',
  extensions: '',
  queues: '',
  directions: [],
  where: '',
  headers: [],
  retry: 'default',
  attempts: '',
  delay: '',
  factor: '',
  maxDelay: '',
  schedule: '',
  jitter: '',
  timeout: '',
  maxAge: '',
  ordering: 'call',
  concurrency: '',
  rateLimit: '',
  batch: false,
  maxEvents: '',
  maxWait: '',
  body: 'pbx',
  transform: '',
  ca: '',
  cert: '',
  key: '',
  serverName: '',
};

export function formOf(subscription: Subscription): Form {
  const { filter, retry, batch, tls, format, template, transform } = subscription;
  return {
    ...NEW_FORM,
    url: subscription.url,
    description: subscription.description ?? '',
    events: subscription.events,
    signing: subscription.signed ? 'keep' : 'none',
    extensions: filter?.extensions?.join(', ') ?? '',
    queues: filter?.queues?.join(', ') ?? '',
    directions: filter?.direction ?? [],
    where: filter?.where ?? '',
    headers: subscription.header_names.length > 0 ? undefined : [],
    retry: retryModeOf(retry),
    attempts: written(retry?.attempts),
    delay: written(retry?.delay),
    factor: written(retry?.factor),
    maxDelay: written(retry?.max_delay),
    schedule: retry?.schedule?.join(', ') ?? '',
    jitter: written(retry?.jitter),
    timeout: written(subscription.timeout),
    maxAge: written(subscription.max_age),
    ordering: subscription.ordering ?? 'call',
    concurrency: written(subscription.concurrency),
    rateLimit: written(subscription.rate_limit),
    batch: batch !== undefined,
    maxEvents: written(batch?.max_events),
    maxWait: written(batch?.max_wait),
    body: transform === undefined ? (template ?? format ?? 'pbx') : 'transform',
    transform: transform ?? '',
    ca: tls?.ca ?? '',
    cert: tls?.cert ?? '',
    key: tls?.key ?? '',
    serverName: tls?.server_name ?? '',
  };
}

function retryModeOf(retry: Subscription['retry']): RetryMode {
  if (retry === undefined) return 'default';
  if (retry.preset !== undefined) return 'persistent';
  if (retry.schedule !== undefined) return 'schedule';
  return retry.backoff ?? 'fixed';
}

function written(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}

/** What `POST /api/webhooks` takes. */
export function bodyOf(form: Form): SubscriptionBody {
  return {
    url: form.url.trim(),
    events: [...form.events],
    description: textOf(form.description),
    ...(form.signing === 'own' && { secret: form.secret }),
    ...(form.headers !== undefined && form.headers.length > 0 && { headers: headersOf(form.headers) }),
    filter: filterOf(form),
    retry: retryOf(form),
    timeout: numberOf(form.timeout),
    max_age: numberOf(form.maxAge),
    ordering: form.ordering === 'call' ? undefined : form.ordering,
    concurrency: numberOf(form.concurrency),
    rate_limit: numberOf(form.rateLimit),
    batch: form.batch
      ? { max_events: numberOf(form.maxEvents), max_wait: numberOf(form.maxWait) }
      : undefined,
    ...shapeOf(form),
    tls: tlsOf(form),
  };
}

/** What `PATCH` takes: nothing but what was changed; null for what was taken away. */
export function patchOf(subscription: Subscription, form: Form): SubscriptionPatch {
  const before = bodyOf(formOf(subscription));
  const after = bodyOf(form);
  return {
    ...(before.url !== after.url && { url: after.url }),
    ...(isChanged(before.events, after.events) && { events: after.events }),
    ...(form.signing === 'own' && { secret: form.secret }),
    ...(form.signing === 'none' && subscription.signed && { secret: null }),
    ...(form.headers !== undefined &&
      (subscription.header_names.length > 0 || form.headers.length > 0) && {
        headers: headersOf(form.headers),
      }),
    description: changed(before.description, after.description),
    filter: changed(before.filter, after.filter),
    retry: changed(before.retry, after.retry),
    timeout: changed(before.timeout, after.timeout),
    max_age: changed(before.max_age, after.max_age),
    ordering: changed(before.ordering, after.ordering),
    concurrency: changed(before.concurrency, after.concurrency),
    rate_limit: changed(before.rate_limit, after.rate_limit),
    batch: changed(before.batch, after.batch),
    format: changed(before.format, after.format),
    template: changed(before.template, after.template),
    transform: changed(before.transform, after.transform),
    tls: changed(before.tls, after.tls),
  };
}

/** Undefined leaves it as it is. */
function changed<Value>(before: Value, after: Value): Value | null | undefined {
  return isChanged(before, after) ? (after ?? null) : undefined;
}

function isChanged(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

/** Undefined where nothing is filtered. */
export function filterOf({ extensions, queues, directions, where }: Form): SubscriptionBody['filter'] {
  const filter = {
    ...(listOf(extensions).length > 0 && { extensions: listOf(extensions) }),
    ...(directions.length > 0 && { direction: [...directions] }),
    ...(listOf(queues).length > 0 && { queues: listOf(queues) }),
    ...(where.trim() !== '' && { where: where.trim() }),
  };
  return Object.keys(filter).length === 0 ? undefined : filter;
}

function retryOf(form: Form): SubscriptionBody['retry'] {
  const jitter = numberOf(form.jitter);
  switch (form.retry) {
    case 'default':
      return undefined;
    case 'persistent':
      return { preset: 'persistent', jitter };
    case 'schedule':
      return { schedule: listOf(form.schedule).map((part) => numberOf(part) ?? Number.NaN), jitter };
    case 'fixed':
      return { backoff: 'fixed', attempts: numberOf(form.attempts), delay: numberOf(form.delay), jitter };
    case 'exponential':
      return {
        backoff: 'exponential',
        attempts: numberOf(form.attempts),
        delay: numberOf(form.delay),
        factor: numberOf(form.factor),
        max_delay: numberOf(form.maxDelay),
        jitter,
      };
    default:
      return form.retry satisfies never;
  }
}

function shapeOf({ body, transform }: Form): Pick<SubscriptionBody, 'format' | 'template' | 'transform'> {
  switch (body) {
    case 'pbx':
      return {};
    case 'cloudevents':
      return { format: body };
    case 'transform':
      return { transform };
    default:
      return { template: body };
  }
}

function tlsOf({ ca, cert, key, serverName }: Form): SubscriptionBody['tls'] {
  const tls = {
    ca: textOf(ca),
    cert: textOf(cert),
    key: textOf(key),
    server_name: textOf(serverName),
  };
  return Object.values(tls).every((value) => value === undefined) ? undefined : tls;
}

function headersOf(rows: readonly HeaderRow[]): Record<string, string> {
  return Object.fromEntries(
    rows.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  );
}

function textOf(text: string): string | undefined {
  return text.trim() === '' ? undefined : text.trim();
}

/**
 * NaN for what is no number: {@link numberProblems} tells, before it is sent. A comma is one of decimals, but before three
 * digits, where it may be one of thousands.
 */
function numberOf(text: string): number | undefined {
  if (text.trim() === '') return undefined;
  const number = Number(text.trim().replace(/,(?!\d{3}$)/, '.'));
  return Number.isFinite(number) ? number : Number.NaN;
}

function listOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Numbers that are none, by the path that the API has for them: all that it does not see for itself. */
export function numberProblems(form: Form): ReadonlyMap<string, string> {
  const wrong = numbersIn(bodyOf(form)).filter(([, value]) => Number.isNaN(value));
  return new Map(
    wrong.map(([path]) => [
      path,
      path === 'retry.schedule'
        ? 'must be numbers of seconds, such as 5, 300, 1800'
        : 'must be a number, such as 2.5 or 86400',
    ]),
  );
}

/** Every number of a body by where it stands; those of a list under the list. */
function numbersIn(value: unknown, path: readonly string[] = []): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path.join('.'), value]];
  if (Array.isArray(value)) return value.flatMap((one) => numbersIn(one, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => numbersIn(one, [...path, key]));
}
