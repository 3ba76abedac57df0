import { expect, it } from 'vitest';
import { z } from 'zod';
import { EVENT_CATALOGUE, eventTypeEntry } from '../../../src/model/event-types.ts';
import { eventsOf } from '../../support/ami-stream.ts';
import { readRecordings } from '../../support/fact-streams.ts';

const strict = new Map(EVENT_CATALOGUE.map(({ name, data }) => [name, z.strictObject(data.shape)]));

it.each(readRecordings())('all that $name tells stands in the catalogue', ({ facts, options }) => {
  for (const { type, data } of eventsOf(facts, options)) {
    const name = eventTypeEntry(type)?.name;
    const schema = name && strict.get(name);
    expect(schema?.safeParse(data).error, `${type} ${JSON.stringify(data)}`).toBeUndefined();
    expect(schema).toBeDefined();
  }
});
