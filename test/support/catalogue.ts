import { z } from 'zod';
import { EVENT_CATALOGUE, eventTypeEntry } from '../../src/model/event-types.ts';
import type { ProducedEvent } from './expectation.ts';

const strict = new Map(EVENT_CATALOGUE.map(({ name, data }) => [name, z.strictObject(data.shape)]));

/** What is wrong with an event by the catalogue, in which every key that is told has to stand; empty if nothing. */
export function wrongByCatalogue({ type, data }: ProducedEvent): string {
  const name = eventTypeEntry(type)?.name;
  const schema = name && strict.get(name);
  if (schema === undefined) return `${type} is no event type`;
  const { error } = schema.safeParse(data);
  return error === undefined ? '' : `${type} ${JSON.stringify(data)}: ${z.prettifyError(error)}`;
}
