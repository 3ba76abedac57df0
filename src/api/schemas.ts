/** The one set of schemas of the API: they validate, type and document it. */
import { z } from 'zod';
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
  failure_count: z.int().describe('Deliveries that gave up.'),
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
  failed_attempts: z
    .int()
    .describe('Single attempts that failed, also those whose delivery succeeded later.'),
  backlog: z.int().describe('Deliveries that wait or are being sent.'),
  ...optionFields,
});
export type SubscriptionView = z.output<typeof subscriptionViewSchema>;

/** The body of every answer that is no success. */
export const problemSchema = z.object({
  error: z.string().describe('One sentence: what is wrong and what to do.'),
  code: z.string().describe('To branch on; snake_case, never changes.'),
  details: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .describe('Each rule that was broken, and where in the request.'),
});
