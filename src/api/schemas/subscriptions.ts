import { z } from 'zod';
import { optionFields, optionPatchFields } from '../../model/subscription-options.ts';
import {
  descriptionSchema,
  enabledSchema,
  eventsSchema,
  headersSchema,
  secretSchema,
  subscriptionSchema,
  urlSchema,
} from '../../subscription/rules.ts';
import { doneSchema, wholeSeconds } from './common.ts';

/** The subscription of `/{id}`; one that is not there answers 404, however its id is spelt. */
export const subscriptionPath = z.object({ id: z.string().describe('Id of the subscription.') });

export const newSubscriptionSchema = subscriptionSchema.meta({ id: 'NewSubscription' });

/** What is absent stays; null takes a secret, a description or an option away. */
export const subscriptionPatchSchema = z
  .strictObject({
    url: urlSchema.optional(),
    events: eventsSchema.optional(),
    enabled: enabledSchema.optional(),
    secret: secretSchema.nullable().optional(),
    headers: headersSchema.optional(),
    description: descriptionSchema.nullable().optional(),
    ...optionPatchFields,
  })
  .meta({ id: 'SubscriptionPatch' });

export const subscriptionByUrlQuery = z.strictObject({
  url: z
    .string(
      'is missing: name the subscription, percent-encoded: DELETE /api/webhooks?url=<its URL>, or /api/webhooks/<id>',
    )
    .describe('Its URL, percent-encoded.'),
});

export const rotationSchema = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(86_400)
      .describe('For how long the secret before signs as well. Default 24 h.'),
  })
  .meta({ id: 'SecretRotation' });

export const enableSchema = z
  .strictObject({
    backlog: z
      .enum(['send', 'skip'], 'must be send or skip')
      .default('send')
      .describe('What becomes of the events that were kept while it was disabled.'),
  })
  .meta({ id: 'Enablement' });

export const noBodySchema = z.strictObject({});

/** A subscription as the API shows it; the guide's keys first. Its secret and its headers' values never show. */
export const subscriptionViewSchema = z
  .object({
    url: z.string().describe('Where events are POSTed.'),
    events: z.array(z.string()).describe('Which events.'),
    enabled: z.boolean().describe('Whether events are sent to it.'),
    created_at: wholeSeconds,
    last_sent: wholeSeconds.nullable().describe('When a delivery last succeeded; null before the first.'),
    success_count: z.int().describe('Deliveries that succeeded.'),
    failure_count: z.int().describe('Deliveries that gave up or expired.'),
    id: z.string().describe('Its id, for the calls below `/api/webhooks/{id}`; stays the same for its life.'),
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
  })
  .meta({ id: 'Subscription' });
export type SubscriptionView = z.output<typeof subscriptionViewSchema>;

export const subscriptionListSchema = z.array(subscriptionViewSchema);

export const subscriptionDoneSchema = doneSchema
  .extend({ subscription: subscriptionViewSchema })
  .meta({ id: 'SubscriptionDone' });

export const subscriptionDeletedSchema = doneSchema
  .extend({
    warning: z.string().optional().describe('That the config file names it, so that it comes back.'),
  })
  .meta({ id: 'SubscriptionDeleted' });

export const secretRotatedSchema = subscriptionDoneSchema
  .extend({
    secret: z.string().describe('The new secret; shown this once.'),
  })
  .meta({ id: 'SecretRotated' });
