import { z } from 'zod';
import type { EventData } from '../event.ts';

/** What the catalogue knows of one event type. */
export interface EventTypeEntry<Name extends string = string, Schema extends z.ZodObject = z.ZodObject> {
  readonly name: Name;
  /** One or two sentences: when it is sent. */
  readonly description: string;
  /** Shape of `data`; further keys may come with a later version. */
  readonly data: Schema;
  /** A true-to-life `data` for docs and test deliveries. */
  readonly sample: z.output<Schema> & EventData;
}

export function define<const Name extends string, Schema extends z.ZodObject>(
  name: Name,
  description: string,
  data: Schema,
  sample: z.output<Schema> & EventData,
): EventTypeEntry<Name, Schema> {
  return { name, description, data, sample };
}

export const text = z.string();
export const time = z.iso.datetime().describe('RFC 3339, UTC, whole seconds');
export const seconds = z.number().min(0).describe('seconds');
export const count = z.int().min(0);
/** A party: an extension, or the number of an outside party. */
export const party = z.string();

/** Keys of every event that a PBX tells. */
export const pbxKeys = {
  timestamp: time.describe('when it happened, by the PBX’s clock; RFC 3339, UTC, whole seconds'),
  pbx: text.optional().describe('name of the source that saw it'),
  inferred: z
    .literal(true)
    .optional()
    .describe('found out by comparing states after a loss of sight, not told by the PBX'),
};

/** Keys of every event of a call. What is not known is left out. */
export const callKeys = {
  call_id: text.describe('the same in all events of one call; Asterisk’s Linkedid'),
  ...pbxKeys,
  from_extension: party
    .optional()
    .describe('calling extension, or outside number; `anonymous` when withheld'),
  to_extension: party.optional().describe('number dialled; of an inbound call the DID'),
  direction: z
    .enum(['internal', 'inbound', 'outbound'])
    .optional()
    .describe('by who began and what was dialled; told again at the end'),
  caller_name: text.optional().describe('latest known name of the caller'),
  caller_number: text.optional().describe('number that the caller shows'),
  called_number: text.optional().describe('number dialled'),
  did: text.optional().describe('number that the outside caller dialled'),
  trunk: text.optional().describe('endpoint that the call came or went out through'),
  account_code: text.optional().describe('account code of the caller’s channel'),
  sequence: z.int().min(1).optional().describe('1, 2, 3 … within the call'),
};

/** Call keys of an event that may belong to a call. */
export const maybeCallKeys = {
  ...callKeys,
  call_id: text.optional().describe('its call, where there is one'),
};

export const callSample = {
  call_id: '1701964800.42',
  timestamp: '2025-12-07T12:00:00Z',
  pbx: 'main',
  from_extension: '1001',
  to_extension: '1002',
  direction: 'internal',
  caller_name: 'Alice Adams',
  caller_number: '1001',
  called_number: '1002',
} as const;

export const pbxSample = { timestamp: '2025-12-07T12:00:00Z', pbx: 'main' } as const;
