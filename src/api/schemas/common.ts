/** What the schemas of all resources are made of. */
import { z } from 'zod';
import type { CallId, DeliveryId } from '../../model/ids.ts';
import { type Micros, micro } from '../../util/clock.ts';
import { DEFAULT_PAGE, MAX_PAGE } from '../page.ts';
import { PROBLEM_CODES } from '../problem.ts';

export const wholeSeconds = z.iso.datetime().describe('UTC, RFC 3339, in whole seconds.');
export const exactTime = z.iso.datetime().describe('UTC, RFC 3339, six decimals.');

/** A time that someone asks by; microseconds count, since events' own times have them. */
export const moment = z.iso
  .datetime({
    offset: true,
    error: 'must be a time in RFC 3339, such as 2025-12-07T12:00:00Z or 2025-12-07T13:00:00+01:00',
  })
  .transform((text): Micros => {
    const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
    return micro(Date.parse(text.replace(/\.\d+/, '')) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)));
  });

/** Hosts publish types of their own, so any is let through. */
export const typePattern = z
  .string()
  .regex(
    /^(?=.)[A-Za-z0-9_.-]{0,100}\*?$/,
    'must be an event type, "*" for all, or a prefix with a trailing * such as "call.*"',
  )
  .describe('An event type, "*" for all, or a prefix with a trailing * such as "call.*".');

export const typePatterns = z.array(typePattern).min(1, 'is empty; leave it out for all').max(200);

export const callId = z
  .string()
  .min(1, 'is empty')
  .max(256, 'is longer than 256 characters')
  .transform((text) => text as CallId)
  .describe('The same in all events of one call.');

export const subscriptionName = z
  .string()
  .min(1, 'is empty')
  .max(2_048, 'is too long')
  .describe('Id or URL of a subscription.');

export const range = {
  since: moment.optional().describe('From this time on, RFC 3339.'),
  until: moment.optional().describe('Before this time, RFC 3339.'),
};

export const paging = {
  cursor: z
    .string()
    .min(1, 'is empty')
    .max(100, 'is not the next_cursor of a page')
    .optional()
    .describe('The `next_cursor` of the page before.'),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, `must be a number from 1 to ${MAX_PAGE}`)
    .transform(Number)
    .refine((limit) => limit <= MAX_PAGE, `must be a number from 1 to ${MAX_PAGE}`)
    .optional()
    .meta({
      description: `Items on a page, at most ${MAX_PAGE}. Default ${DEFAULT_PAGE}.`,
      override: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE },
    }),
};

const deliveryNumber = z
  .int()
  .min(1)
  .transform((id) => id as DeliveryId);
const MAX_IDS = 200;

/** Ids of deliveries in a body. */
export const deliveryIds = z
  .array(deliveryNumber)
  .min(1, 'is empty; leave it out for all')
  .max(MAX_IDS, `holds more than ${MAX_IDS} ids`);

/** Ids of deliveries in a query: `1,2,3`. */
export const deliveryIdList = z
  .string()
  .regex(/^[1-9]\d{0,14}(?:,[1-9]\d{0,14})*$/, 'must be ids of deliveries, such as 1,2,3')
  .transform((text) => text.split(',').map((id) => Number(id) as DeliveryId))
  .refine((ids) => ids.length <= MAX_IDS, `holds more than ${MAX_IDS} ids`)
  .meta({
    description: `Ids of deliveries, at most ${MAX_IDS}: 1,2,3.`,
    override: {
      type: 'array',
      items: { type: 'integer', minimum: 1 },
      minItems: 1,
      maxItems: MAX_IDS,
    },
  });

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next_cursor: z
      .string()
      .nullable()
      .describe(
        'Ask for the next page with it as `cursor`; null on the last. A page may be short, even empty, before that.',
      ),
  });
}

export const doneSchema = z
  .object({
    success: z.literal(true),
    message: z.string().describe('One sentence, for people.'),
  })
  .meta({ id: 'Done' });

export const countedSchema = doneSchema
  .extend({ count: z.int().describe('How many.') })
  .meta({ id: 'Counted' });

/** A line of `application/x-ndjson` while the work goes on; the last line is the usual answer, or a problem. */
export const progressSchema = z.object({ count: z.int().describe('How many so far.') });

/** The body of every answer that is no success. */
export const problemSchema = z
  .object({
    error: z.string().describe('One sentence: what is wrong and what to do.'),
    code: z.enum(PROBLEM_CODES).describe('To branch on; never changes.'),
    details: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          file: z.string().optional(),
          line: z.int().optional(),
          column: z.int().optional(),
          expected: z.string().optional(),
          got: z.string().optional(),
        }),
      )
      .describe('Each rule that was broken, and where in the request or in the config file.'),
  })
  .meta({ id: 'Problem' });
