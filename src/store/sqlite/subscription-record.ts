import { z } from 'zod';
import type { SubscriptionId } from '../../model/ids.ts';
import { type RequestShape, requestShapeSchema } from '../../model/request-shape.ts';
import type { Subscription } from '../../model/subscription.ts';
import { optionsSchema } from '../../model/subscription-options.ts';
import type { Micros } from '../../util/clock.ts';
import type { SubscriptionRecord } from '../store.ts';
import type { StoredSubscription } from './subscription-table.ts';

const definition = z.object({
  id: z.custom<SubscriptionId>((value) => typeof value === 'string'),
  url: z.string(),
  events: z.array(z.string()),
  enabled: z.boolean(),
  disabledReason: z.enum(['requested', 'gone', 'failing']).optional(),
  failingSince: z.custom<Micros>(Number.isSafeInteger).optional(),
  pausedUntil: z.custom<Micros>(Number.isSafeInteger).optional(),
  secret: z.string().optional(),
  oldSecrets: z
    .array(z.object({ secret: z.string(), until: z.custom<Micros>(Number.isSafeInteger) }))
    .optional(),
  headers: z.record(z.string(), z.string()),
  description: z.string().optional(),
  options: optionsSchema.default({}),
  origin: z.enum(['config', 'api']),
  createdAt: z.custom<Micros>((value) => Number.isSafeInteger(value)),
}) satisfies z.ZodType<Subscription>;

/** What is on disk may have been touched: throws a ZodError. Not for the store's thread, which starts without zod. */
export function recordOf({ definition: json, stats }: StoredSubscription): SubscriptionRecord {
  return { subscription: definition.parse(JSON.parse(json)), stats };
}

/** Throws a ZodError as well. */
export function shapeIn(json: string): RequestShape {
  return requestShapeSchema.parse(JSON.parse(json));
}
