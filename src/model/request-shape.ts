import { z } from 'zod';
import type { Subscription } from './subscription.ts';
import { optionFields } from './subscription-options.ts';

/** In the place of whatever is secret. */
export const MASK = '•••';

/**
 * What of a subscription shapes its requests, and nothing that is secret: no secret, and of its headers the names with
 * {@link MASK} for each value. Kept for as long as attempts of that time are.
 */
export const requestShapeSchema = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  isSigned: z.boolean(),
  format: optionFields.format,
  template: optionFields.template,
  transform: optionFields.transform,
  /** Whether events come in batches. */
  batch: z.literal(true).optional(),
});
export type RequestShape = z.output<typeof requestShapeSchema>;

/** Its keys always come in this order: as JSON, two that are alike are the same text. */
export function shapeOf({ url, headers, secret, options }: Subscription): RequestShape {
  const { format, template, transform, batch } = options;
  const masked = Object.entries(headers).map(([name, value]) => [name, value && MASK]);
  return {
    url,
    headers: Object.fromEntries(masked),
    isSigned: secret !== undefined,
    ...(format !== undefined && { format }),
    ...(template !== undefined && { template }),
    ...(transform !== undefined && { transform }),
    ...(batch !== undefined && { batch: true }),
  };
}
