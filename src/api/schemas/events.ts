import { z } from 'zod';
import { optionFields } from '../../model/subscription-options.ts';
import { eventsSchema, refuseOptions } from '../../subscription/rules.ts';
import { callId, exactTime, pageOf, paging, range, typePattern } from './common.ts';

/** So many kept events a filter is tried on. */
const MAX_TRIED = 200;

/** A kept event. */
export const eventViewSchema = z
  .object({
    event_id: z.string().describe('Unique for ever.'),
    event_type: z.string().describe('Such as `call.started`.'),
    timestamp: exactTime.describe('When it happened; UTC, RFC 3339, six decimals.'),
    data: z.record(z.string(), z.unknown()).describe('What is particular to its type: docs/events.md.'),
    call_id: z.string().nullable().describe('What ties the events of one call together.'),
  })
  .meta({ id: 'Event' });

export const eventPageSchema = pageOf(eventViewSchema).meta({ id: 'EventPage' });

/** `since` and `until` by when the event was accepted, which its id tells. */
export const eventQuerySchema = z.strictObject({
  type: typePattern.optional(),
  call_id: callId.optional(),
  ...range,
  ...paging,
});

export const eventPath = z.object({ event_id: z.string().describe('Id of the event.') });

export const publishSchema = z
  .strictObject({
    event_type: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,100}$/, 'must be an event type, such as call.started')
      .describe('One of the catalogue, or one of your own.'),
    data: z
      .record(z.string(), z.unknown())
      .describe('`call_id`, if it is a text, ties it to a call; `timestamp` is now unless it is given.'),
  })
  .meta({ id: 'NewEvent' });

export const publishHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
    .optional()
    .describe('Asked again with it within 24 h, the event is not published twice.'),
});

export const publishedSchema = z.object({ event_id: z.string() }).meta({ id: 'Published' });

/** One type of the catalogue. */
export const eventTypeSchema = z
  .object({
    event_type: z.string(),
    description: z.string().describe('When it is sent.'),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema of its `data`.'),
    sample: z.record(z.string(), z.unknown()).describe('A true-to-life `data`.'),
  })
  .meta({ id: 'EventType' });

export const eventTypesSchema = z
  .object({ items: z.array(eventTypeSchema), next_cursor: z.null() })
  .meta({ id: 'EventTypes' });

export const filterTrialSchema = z
  .strictObject({
    events: eventsSchema.default(['*']),
    filter: optionFields.filter,
    limit: z
      .int()
      .min(1)
      .max(MAX_TRIED)
      .default(MAX_TRIED)
      .describe('How many of the newest events are tried.'),
  })
  .superRefine(refuseOptions, { when: ({ value }) => typeof value === 'object' && value !== null })
  .meta({ id: 'FilterTrial' });

export const filterTriedSchema = z
  .object({
    examined: z.int().describe('How many events were tried.'),
    matched: z.int().describe('How many of them the filter lets through.'),
    items: z
      .array(
        z.object({
          event: eventViewSchema,
          matches: z.boolean(),
          problem: z
            .string()
            .optional()
            .describe('Why `where` says nothing of it: published now, its delivery would be a dead letter.'),
        }),
      )
      .describe('Newest first, those that match and those that do not.'),
  })
  .meta({ id: 'FilterTried' });
