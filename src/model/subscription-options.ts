/**
 * How a subscription wants its events, as the config file, the API and the store write it. What is left out has the
 * default that its description names.
 */
import { z } from 'zod';

export const TEMPLATE_NAMES = [
  'slack',
  'teams',
  'discord',
  'hubspot',
  'zapier',
  'pagerduty',
  'ntfy',
  'generic-crm',
] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

const DAY = 86_400;
const MAX_ENTRIES = 200;
export const MAX_EXPRESSION_LENGTH = 10_000;

const names = z.array(z.string().min(1).max(200)).min(1).max(MAX_ENTRIES);
const expression = z.string().min(1).max(MAX_EXPRESSION_LENGTH);
const file = z.string().min(1).max(4_096);
const seconds = z.number().min(0).max(DAY);

const filterSchema = z
  .strictObject({
    extensions: names
      .optional()
      .describe('Extensions or numbers, of any party; a trailing * stands for any end.'),
    direction: z
      .array(z.enum(['internal', 'inbound', 'outbound']))
      .min(1)
      .optional()
      .describe('Directions of the call.'),
    queues: names.optional().describe('Names of queues.'),
    where: expression.optional().describe('JSONata over the event; only where it gives true.'),
  })
  .describe('Which events of the wanted types: all that is named must hold. Default: every one.');

const retrySchema = z
  .strictObject({
    preset: z
      .literal('persistent')
      .optional()
      .describe(
        '5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: for a receiver that may be down for days.',
      ),
    schedule: z
      .array(seconds)
      .min(1)
      .max(100)
      .optional()
      .describe('Seconds from each failed attempt to the next; one attempt more than there are delays.'),
    attempts: z.int().min(1).max(1_000).optional().describe('Attempts in all. Default: max_retries.'),
    delay: seconds.optional().describe('Seconds to the second attempt. Default: retry_delay.'),
    backoff: z.enum(['fixed', 'exponential']).optional().describe('How the delay grows. Default: fixed.'),
    factor: z.number().min(1).max(10).optional().describe('By which the delay grows each time. Default: 2.'),
    max_delay: seconds.optional().describe('Seconds; no delay is longer. Default: 86,400.'),
    jitter: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('By which part a delay may be longer, never shorter. Default: 0.'),
  })
  .refine(({ preset, schedule, jitter: _jitter, ...policy }) => {
    const ways = [preset, schedule, Object.values(policy).find((value) => value !== undefined)];
    return ways.filter((way) => way !== undefined).length <= 1;
  }, 'names its attempts twice: give `preset`, or `schedule`, or `attempts`, `delay` and the like')
  .describe('When a failed attempt is made again. Default: max_retries and retry_delay of the file.');

const tlsSchema = z
  .strictObject({
    ca: file.optional().describe('Authorities to trust instead of the system’s: a PEM file.'),
    cert: file.optional().describe('Our own certificate: a PEM file. Needs `key`.'),
    key: file.optional().describe('Its private key: a PEM file. Needs `cert`.'),
    server_name: z.string().min(1).max(255).optional().describe('Name that the certificate must bear.'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'needs `cert` and `key` together')
  .describe('TLS beside the system’s rules; with `cert` and `key` mutual TLS. Paths of files.');

/** Keys of a subscription beside its URL, events, secret, headers and description. */
export const optionFields = {
  filter: filterSchema.optional(),
  retry: retrySchema.optional(),
  timeout: z
    .number()
    .positive()
    .max(3_600)
    .optional()
    .describe('Seconds for one attempt. Default: that of the file.'),
  max_age: z
    .number()
    .positive()
    .max(30 * DAY)
    .optional()
    .describe('Seconds; an event older than this is not sent any more and ends as expired. Default: never.'),
  ordering: z
    .enum(['call', 'none'])
    .optional()
    .describe('call: events of one call arrive in order. none: as fast as possible. Default: call.'),
  concurrency: z.int().min(1).max(1_000).optional().describe('Attempts in flight. Default: 16.'),
  rate_limit: z.number().positive().max(100_000).optional().describe('Attempts a second. Default: no limit.'),
  batch: z
    .strictObject({
      max_events: z.int().min(1).max(1_000).optional().describe('Events in one request. Default: 100.'),
      max_wait: z
        .number()
        .min(0)
        .max(60)
        .optional()
        .describe('Seconds that the first one waits for more. Default: 1.'),
    })
    .optional()
    .describe('Many events in one request. Default: one.'),
  format: z
    .enum(['pbx', 'cloudevents'])
    .optional()
    .describe('pbx: the guide’s four keys. cloudevents: CloudEvents 1.0, structured. Default: pbx.'),
  template: z
    .enum(TEMPLATE_NAMES)
    .optional()
    .describe('Body for a service that wants its own. Default: none.'),
  transform: expression.optional().describe('JSONata over the event; its result is the body. Default: none.'),
  tls: tlsSchema.optional(),
};

export const optionsSchema = z.strictObject(optionFields);
export type SubscriptionOptions = z.output<typeof optionsSchema>;
export type SubscriptionFilter = NonNullable<SubscriptionOptions['filter']>;
export type RetryOption = NonNullable<SubscriptionOptions['retry']>;
export type TlsOption = NonNullable<SubscriptionOptions['tls']>;

/** Bodies are made in one way: two of these together would contradict each other. */
export function bodyConflict(
  options: SubscriptionOptions,
): readonly [key: keyof SubscriptionOptions, message: string] | undefined {
  const { template, transform, format, batch } = options;
  if (template !== undefined && transform !== undefined) {
    return ['transform', 'and `template` both make the body: leave one out'];
  }
  if ((template ?? transform) !== undefined && format === 'cloudevents') {
    return [
      'format',
      'is the envelope of events: leave it out where `template` or `transform` makes the body',
    ];
  }
  if (template !== undefined && batch !== undefined) {
    return ['batch', 'can’t be sent to a service that takes one message a request: leave it out'];
  }
  return undefined;
}

/** As a patch gives them: null sets one back to its default. */
export const optionPatchFields = {
  filter: optionFields.filter.nullable(),
  retry: optionFields.retry.nullable(),
  timeout: optionFields.timeout.nullable(),
  max_age: optionFields.max_age.nullable(),
  ordering: optionFields.ordering.nullable(),
  concurrency: optionFields.concurrency.nullable(),
  rate_limit: optionFields.rate_limit.nullable(),
  batch: optionFields.batch.nullable(),
  format: optionFields.format.nullable(),
  template: optionFields.template.nullable(),
  transform: optionFields.transform.nullable(),
  tls: optionFields.tls.nullable(),
} satisfies Record<keyof SubscriptionOptions, z.ZodType>;

export type SubscriptionOptionsPatch = {
  readonly [Key in keyof SubscriptionOptions]: SubscriptionOptions[Key] | null;
};

/** Every option of `before`, but for those that `patch` names; without `before`, those that it names. */
export function patchedOptions(
  before: SubscriptionOptions,
  patch: SubscriptionOptionsPatch,
): SubscriptionOptions {
  const { filter, retry, timeout, max_age, ordering, concurrency } = patch;
  const { rate_limit, batch, format, template, transform, tls } = patch;
  return {
    filter: chosen(filter, before.filter),
    retry: chosen(retry, before.retry),
    timeout: chosen(timeout, before.timeout),
    max_age: chosen(max_age, before.max_age),
    ordering: chosen(ordering, before.ordering),
    concurrency: chosen(concurrency, before.concurrency),
    rate_limit: chosen(rate_limit, before.rate_limit),
    batch: chosen(batch, before.batch),
    format: chosen(format, before.format),
    template: chosen(template, before.template),
    transform: chosen(transform, before.transform),
    tls: chosen(tls, before.tls),
  };
}

function chosen<Value>(patch: Value | null | undefined, before: Value | undefined): Value | undefined {
  return patch === null ? undefined : (patch ?? before);
}
