import { z } from 'zod';
import type { ProblemCode } from '../problem.ts';

export const TAGS = ['Subscriptions', 'Deliveries', 'Dead letters', 'Events', 'Operation'] as const;

/**
 * One call of the API, under a key such as `GET /{id}/deliveries`, its path below `/api/webhooks`. Routes validate by
 * it, the client is typed by it, OpenAPI and docs/api.md are made from it.
 */
export interface Operation {
  readonly tag: (typeof TAGS)[number];
  /** What generated clients call it; never changes. */
  readonly name: string;
  /** A few words. */
  readonly summary: string;
  /** Whatever a caller must know beside it, in Markdown. */
  readonly description?: string;
  readonly path: z.ZodObject;
  /** Of texts, as they stand in a URL. */
  readonly query: z.ZodObject;
  /** Headers that mean something to this call, in lower case. */
  readonly headers: z.ZodObject;
  /** One that takes undefined need not be sent; `z.undefined()` is never read. */
  readonly body: z.ZodType;
  /** The one answer of success, under its status. */
  readonly answers: { readonly [Status in 200 | 201 | 202]?: z.ZodType };
  /** Default JSON. */
  readonly media?: 'text/plain' | 'text/event-stream';
  /** Whether `Accept: application/x-ndjson` gets a line of progress now and then, and the answer as the last line. */
  readonly hasProgress?: true;
  /** Codes of this call's own; those that any call may answer with are left out. */
  readonly problems: readonly ProblemCode[];
}

/** Whether a key that the schema does not have is an error. */
export function refusesUnknown(schema: z.ZodType): boolean {
  return schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever;
}

/** Of a call that takes nothing. */
export const TAKES_NOTHING = {
  path: z.object({}),
  query: z.strictObject({}),
  headers: z.object({}),
  body: z.undefined(),
} as const;
