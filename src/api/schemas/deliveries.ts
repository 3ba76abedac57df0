import { z } from 'zod';
import { ATTEMPT_ERROR_CODES, DELIVERY_STATES } from '../../model/delivery.ts';
import {
  callId,
  deliveryIdList,
  deliveryIds,
  exactTime,
  moment,
  pageOf,
  paging,
  range,
  subscriptionName,
  typePattern,
  typePatterns,
} from './common.ts';
import { eventViewSchema } from './events.ts';

/** One that is not there answers 404, however its id is spelt. */
export const deliveryPath = z.object({
  id: z.string().meta({ description: 'Id of the delivery.', override: { type: 'integer', minimum: 1 } }),
});

export const attemptPath = z.object({
  ...deliveryPath.shape,
  number: z.string().meta({
    description: 'Of the attempt, within the delivery.',
    override: { type: 'integer', minimum: 1 },
  }),
});

/** `since` and `until` by when the delivery was made. */
export const deliveryQuerySchema = z.strictObject({
  status: z
    .enum(DELIVERY_STATES, `must be one of ${DELIVERY_STATES.join(', ')}`)
    .optional()
    .describe('Only those in this state.'),
  type: typePattern.optional(),
  call_id: callId.optional(),
  ...range,
  ...paging,
});

export const anyDeliveryQuerySchema = z.strictObject({
  subscription: subscriptionName.optional(),
  ...deliveryQuerySchema.shape,
});

const deadFilter = {
  subscription: subscriptionName.optional(),
  type: typePattern.optional(),
  ...range,
};

/** Without a filter, all of them. */
export const deadLetterQuerySchema = z.strictObject({ ...deadFilter, ...paging });

export const deadLetterFilterSchema = z.strictObject({ ...deadFilter, ids: deliveryIdList.optional() });

export const deadLetterRetrySchema = z
  .strictObject({
    subscription: subscriptionName.optional(),
    types: typePatterns.optional().describe('Default: all.'),
    ids: deliveryIds.optional().describe('Only these deliveries.'),
    ...range,
  })
  .meta({ id: 'DeadLetterRetry' });

/** Kept events, by when they were accepted. */
export const replaySchema = z
  .strictObject({
    since: moment.describe('From this time on.'),
    until: moment.optional().describe('Before this time; default: now.'),
    types: typePatterns.optional().describe('Default: all that the subscription asks for.'),
    status: z
      .enum(['delivered', 'dead', 'expired'], 'must be one of delivered, dead, expired')
      .optional()
      .describe('Only events with a delivery to this subscription that ended so.'),
  })
  .meta({ id: 'Replay' });

/** One HTTP request of a delivery and what came of it. */
export const attemptViewSchema = z
  .object({
    number: z.int().describe('1, 2, 3 … within the delivery, also beyond a retry by hand.'),
    started_at: exactTime,
    duration_ms: z.number().describe('From connecting to the end of the response.'),
    status: z.int().nullable().describe('HTTP status; null when no response came.'),
    headers: z
      .record(z.string(), z.union([z.string(), z.array(z.string())]))
      .nullable()
      .describe('Of the response; names in lower case.'),
    body: z.string().nullable().describe('First 16 KiB of the response.'),
    error: z.string().nullable().describe('Why no complete response came; null when one did.'),
    error_code: z.enum(ATTEMPT_ERROR_CODES).nullable().describe('To branch on; null when `error` is.'),
  })
  .meta({ id: 'Attempt' });

/** One event to one subscription. */
export const deliveryViewSchema = z
  .object({
    id: z.int().describe('Its id.'),
    event_id: z.string().describe('The same on every retry and replay.'),
    event_type: z.string().describe('Such as `call.started`.'),
    call_id: z.string().nullable().describe('The call that its event belongs to.'),
    subscription_id: z.string().describe('Also of a subscription that was deleted.'),
    status: z
      .enum(DELIVERY_STATES)
      .describe(
        'pending: waits or is being sent. delivered. dead: gave up. expired: older than max_age, or skipped by hand.',
      ),
    attempt_count: z.int().describe('Attempts made so far.'),
    created_at: exactTime,
    due_at: exactTime.nullable().describe('When the next attempt is due; null once it has ended.'),
    ended_at: exactTime.nullable().describe('When it was delivered, gave up or expired.'),
    attempts: z.array(attemptViewSchema).describe('Those that are kept, the first one first.'),
  })
  .meta({ id: 'Delivery' });

export const deliveryPageSchema = pageOf(deliveryViewSchema).meta({ id: 'DeliveryPage' });

/** What a receiver is sent; what must stay secret shows as `•••`. */
export const sentRequestSchema = z
  .object({
    method: z.literal('POST'),
    url: z.string(),
    headers: z
      .record(z.string(), z.string())
      .describe(
        "But for those of the connection (Host, Content-Length …). Signatures and the values of the subscription's own headers show as •••.",
      ),
    body: z.string(),
  })
  .meta({ id: 'SentRequest' });

export const attemptRequestSchema = sentRequestSchema
  .extend({
    events: z.int().describe('How many events its body has: of a batch all that are still kept.'),
    notes: z
      .array(z.string())
      .describe('For people: in what it may differ from what was sent. Empty where it is the same.'),
  })
  .meta({ id: 'AttemptRequest' });

export const deliveryDetailSchema = deliveryViewSchema
  .extend({
    event: eventViewSchema,
    request: sentRequestSchema
      .nullable()
      .describe(
        'What would be sent for it now: as the subscription is set now, in a batch as if it went alone; null once its subscription is deleted. What an attempt sent has a call of its own.',
      ),
  })
  .meta({ id: 'DeliveryDetail' });

export const eventDetailSchema = eventViewSchema
  .extend({ deliveries: z.array(deliveryViewSchema).describe('To each subscription, the newest first.') })
  .meta({ id: 'EventDetail' });
