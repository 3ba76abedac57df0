import type { z } from 'zod';
import { accountTypes } from './event-types/accounts.ts';
import { callTypes } from './event-types/calls.ts';
import { queueTypes } from './event-types/queues.ts';
import { roomTypes } from './event-types/rooms.ts';
import { systemTypes } from './event-types/system.ts';

export type { EventTypeEntry } from './event-types/define.ts';

/**
 * Every event type there is: the only place that lists them. Config, API, docs, samples, `plugin.json` and the
 * types for TypeScript users come from it.
 */
export const EVENT_CATALOGUE = [
  ...callTypes,
  ...queueTypes,
  ...roomTypes,
  ...accountTypes,
  ...systemTypes,
] as const;

type CatalogueEntry = (typeof EVENT_CATALOGUE)[number];

/** Name of an event type, such as `call.started`. */
export type EventType = CatalogueEntry['name'];

/** Shape of the `data` of one event type; keys that this version does not know may come beside. */
export type EventDataOf<Type extends EventType = EventType> = NamedKeys<
  z.output<Extract<CatalogueEntry, { name: Type }>['data']>
>;

/** Without the index signature of a loose object, which would let a misspelt key pass as unknown. */
type NamedKeys<Data> = Data extends unknown
  ? { readonly [Key in keyof Data as string extends Key ? never : Key]: Data[Key] }
  : never;

/** All names, in the order of the catalogue. */
export const EVENT_TYPES: readonly EventType[] = EVENT_CATALOGUE.map((entry) => entry.name);

/** Those that the original guide documents: their names, and the keys that it gives them, never change. */
export const GUIDE_TYPES: readonly EventType[] = [
  'call.started',
  'call.answered',
  'call.ended',
  'call.hold',
  'call.resume',
  'call.transfer',
  'call.parked',
  'call.retrieved',
  'voicemail.new',
  'voicemail.read',
  'voicemail.deleted',
  'extension.registered',
  'extension.unregistered',
  'queue.call_added',
  'queue.call_answered',
  'queue.call_abandoned',
  'paging.started',
  'paging.ended',
  'conference.started',
  'conference.ended',
  'conference.participant_joined',
  'conference.participant_left',
];

const byName: ReadonlyMap<string, CatalogueEntry> = new Map(
  EVENT_CATALOGUE.map((entry) => [entry.name, entry]),
);

/** The catalogue's entry of a type; undefined when there is no such type. */
export function eventTypeEntry(name: string): CatalogueEntry | undefined {
  return byName.get(name);
}

export function isEventType(name: string): name is EventType {
  return byName.has(name);
}
