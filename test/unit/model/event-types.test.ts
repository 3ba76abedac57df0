import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EVENT_CATALOGUE, EVENT_TYPES, eventTypeEntry, isEventType } from '../../../src/model/event-types.ts';
import { GUIDE_TYPES } from '../../support/expectation.ts';

describe('event catalogue', () => {
  it('has all 22 types of the guide', () => {
    expect(EVENT_TYPES).toEqual(expect.arrayContaining(GUIDE_TYPES));
  });

  it('names each type once', () => {
    expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
  });

  it.each(EVENT_CATALOGUE.map((entry) => [entry.name, entry] as const))(
    '%s has a sample that its schema accepts',
    (_name, entry) => {
      expect(entry.data.safeParse(entry.sample).error).toBeUndefined();
    },
  );

  it('gives a JSON Schema of each type that leaves room for further keys', () => {
    for (const entry of EVENT_CATALOGUE) {
      const schema = z.toJSONSchema(entry.data);
      expect(schema.type).toBe('object');
      expect(schema.additionalProperties).not.toBe(false);
    }
  });

  it('finds an entry by name, and knows what is no type', () => {
    expect(eventTypeEntry('call.ended')?.description).toContain('last channel');
    expect(isEventType('call.exploded')).toBe(false);
    expect(isEventType('constructor')).toBe(false);
  });
});
