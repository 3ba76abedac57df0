/** The one set of schemas of the API: they validate, type and document it. */
import { z } from 'zod';
import { ATTEMPT_ERROR_CODES, DELIVERY_STATES } from '../model/delivery.ts';
import type { CallId } from '../model/ids.ts';
import { optionFields, optionPatchFields } from '../model/subscription-options.ts';
import {
  descriptionSchema,
  enabledSchema,
  eventsSchema,
  headersSchema,
  secretSchema,
  subscriptionSchema,
  urlSchema,
} from '../subscription/rules.ts';
import { type Micros, micro } from '../util/clock.ts';
import { MAX_PAGE } from './page.ts';

/** `POST /api/webhooks` */
export const newSubscriptionSchema = subscriptionSchema;

/** `PATCH /api/webhooks/:id`: what is absent stays; null takes a secret, a description or an option away. */
export const subscriptionPatchSchema = z.strictObject({
  url: urlSchema.optional(),
  events: eventsSchema.optional(),
  enabled: enabledSchema.optional(),
  secret: secretSchema.nullable().optional(),
  headers: headersSchema.optional(),
  description: descriptionSchema.nullable().optional(),
  ...optionPatchFields,
});

/** `POST /api/webhooks/:id/rotate-secret` */
export const rotationSchema = z.strictObject({
  overlap_seconds: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(86_400)
    .describe('For how long the secret before signs as well. Default 24 h.'),
});

const time = z.iso.datetime().describe('UTC, RFC 3339, in whole seconds.');

/** A subscription as the API shows it; the guide's keys first. Its secret and its headers' values never show. */
export const subscriptionViewSchema = z.object({
  url: z.string().describe('Where events are POSTed.'),
  events: z.array(z.string()).describe('Which events.'),
  enabled: z.boolean().describe('Whether events are sent to it.'),
  created_at: time,
  last_sent: time.nullable().describe('When a delivery last succeeded; null before the first.'),
  success_count: z.int().describe('Deliveries that succeeded.'),
  failure_count: z.int().describe('Deliveries that gave up or expired.'),
  id: z.string().describe('Its id, for the calls below `/api/webhooks/:id`; stays the same for its life.'),
  state: z.enum(['active', 'disabled']).describe('What it does now.'),
  disabled_reason: z
    .enum(['requested', 'gone', 'failing'])
    .nullable()
    .describe('Why it is disabled: someone asked, it answered 410 Gone, or it failed for days.'),
  description: z.string().nullable().describe('A note for people.'),
  origin: z
    .enum(['config', 'api'])
    .describe(
      'Where it was made. What the API changes of one of the config file lasts until the file is read again.',
    ),
  signed: z.boolean().describe('Whether attempts are signed with a secret.'),
  header_names: z.array(z.string()).describe('Names of the headers that are sent beside our own.'),
  expired_count: z.int().describe('Of `failure_count` those that were too old to be sent.'),
  failed_attempts: z
    .int()
    .describe('Single attempts that failed, also those whose delivery succeeded later.'),
  backlog: z.int().describe('Deliveries that wait or are being sent.'),
  ...optionFields,
});
export type SubscriptionView = z.output<typeof subscriptionViewSchema>;

/** A time that someone asks by; microseconds count, since events' own times have them. */
const moment = z.iso
  .datetime({
    offset: true,
    error: 'must be a time in RFC 3339, such as 2025-12-07T12:00:00Z or 2025-12-07T13:00:00+01:00',
  })
  .transform((text): Micros => {
    const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
    return micro(Date.parse(text.replace(/\.\d+/, '')) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)));
  });

/** Hosts publish types of their own, so any is let through. */
const typePattern = z
  .string()
  .regex(
    /^(?=.)[A-Za-z0-9_.-]{0,100}\*?$/,
    'must be an event type, "*" for all, or a prefix with a trailing * such as "call.*"',
  );

const callId = z
  .string()
  .min(1, 'is empty')
  .max(256, 'is longer than 256 characters')
  .transform((text) => text as CallId);

const range = {
  since: moment.optional(),
  until: moment.optional(),
};

const paging = {
  cursor: z.string().min(1, 'is empty').max(100, 'is not the next_cursor of a page').optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, `must be a number from 1 to ${MAX_PAGE}`)
    .transform(Number)
    .refine((limit) => limit <= MAX_PAGE, `must be a number from 1 to ${MAX_PAGE}`)
    .optional(),
};

/** `GET /api/webhooks/:id/deliveries`; `since` and `until` by when the delivery was made. */
export const deliveryQuerySchema = z.strictObject({
  status: z.enum(DELIVERY_STATES, `must be one of ${DELIVERY_STATES.join(', ')}`).optional(),
  type: typePattern.optional(),
  call_id: callId.optional(),
  ...range,
  ...paging,
});

/** `GET /api/webhooks/events`; `since` and `until` by when the event was accepted, which its id tells. */
export const eventQuerySchema = z.strictObject({
  type: typePattern.optional(),
  call_id: callId.optional(),
  ...range,
  ...paging,
});

const subscriptionName = z.string().min(1, 'is empty').max(2_048, 'is too long').optional();

/** `DELETE /api/webhooks/dead-letters`: without a filter, all of them. */
export const deadLetterFilterSchema = z.strictObject({
  subscription: subscriptionName.describe('Id or URL.'),
  type: typePattern.optional(),
  ...range,
});

/** `GET /api/webhooks/dead-letters` */
export const deadLetterQuerySchema = deadLetterFilterSchema.extend(paging);

const typePatterns = z.array(typePattern).min(1, 'is empty; leave it out for all').max(200).optional();

/** `POST /api/webhooks/dead-letters/retry`: without a filter, all of them. */
export const deadLetterRetrySchema = z.strictObject({
  subscription: subscriptionName.describe('Id or URL.'),
  types: typePatterns,
  ...range,
});

/** `POST /api/webhooks/:id/replay`: kept events, by when they were accepted. */
export const replaySchema = z.strictObject({
  since: moment.describe('From this time on.'),
  until: moment.optional().describe('Before this time; default: now.'),
  types: typePatterns.describe('Default: all that the subscription asks for.'),
  status: z
    .enum(['delivered', 'dead', 'expired'], 'must be one of delivered, dead, expired')
    .optional()
    .describe('Only events with a delivery to this subscription that ended so.'),
});

/** `POST /api/webhooks/:id/enable` */
export const enableSchema = z.strictObject({
  backlog: z
    .enum(['send', 'skip'], 'must be send or skip')
    .default('send')
    .describe('What becomes of the events that were kept while it was disabled.'),
});

export const noBodySchema = z.strictObject({});

const exactTime = z.iso.datetime().describe('UTC, RFC 3339, six decimals.');

/** One HTTP request of a delivery and what came of it. */
export const attemptViewSchema = z.object({
  number: z.int().describe('1, 2, 3 … within the delivery, also beyond a retry by hand.'),
  started_at: exactTime,
  duration_ms: z.number(),
  status: z.int().nullable().describe('HTTP status; null when no response came.'),
  headers: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .nullable()
    .describe('Of the response; names in lower case.'),
  body: z.string().nullable().describe('First 16 KiB of the response.'),
  error: z.string().nullable().describe('Why no complete response came; null when one did.'),
  error_code: z.enum(ATTEMPT_ERROR_CODES).nullable(),
});

/** One event to one subscription. */
export const deliveryViewSchema = z.object({
  id: z.int(),
  event_id: z.string().describe('The same on every retry and replay.'),
  event_type: z.string(),
  subscription_id: z.string(),
  status: z
    .enum(DELIVERY_STATES)
    .describe(
      'pending: waits or is being sent. delivered. dead: gave up. expired: older than max_age, or skipped by hand.',
    ),
  attempt_count: z.int(),
  created_at: exactTime,
  due_at: exactTime.nullable().describe('When the next attempt is due; null once it has ended.'),
  ended_at: exactTime.nullable(),
  attempts: z.array(attemptViewSchema),
});

/** A kept event. */
export const eventViewSchema = z.object({
  event_id: z.string(),
  event_type: z.string(),
  timestamp: exactTime,
  data: z.record(z.string(), z.unknown()),
  call_id: z.string().nullable().describe('What ties the events of one call together.'),
});

/** The body of every answer that is no success. */
export const problemSchema = z.object({
  error: z.string().describe('One sentence: what is wrong and what to do.'),
  code: z.string().describe('To branch on; snake_case, never changes.'),
  details: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .describe('Each rule that was broken, and where in the request.'),
});
