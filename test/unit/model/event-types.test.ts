import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  EVENT_CATALOGUE,
  EVENT_TYPES,
  eventTypeEntry,
  GUIDE_TYPES,
  isEventType,
} from '../../../src/model/event-types.ts';
import { GUIDE_TYPES as EXPECTED } from '../../support/expectation.ts';

describe('event catalogue', () => {
  it('has all 22 types of the guide', () => {
    expect(EVENT_TYPES).toEqual(expect.arrayContaining(EXPECTED));
    expect(GUIDE_TYPES).toEqual(EXPECTED);
  });

  it('names each type once', () => {
    expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
  });

  describe.each(EVENT_CATALOGUE.map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
    it('has a sample that its schema accepts, without a key that is not in it', () => {
      expect(z.strictObject(entry.data.shape).safeParse(entry.sample).error).toBeUndefined();
    });

    it('says when it is sent and what each of its keys means', () => {
      expect(entry.description).toMatch(/^[A-Z].+\.$/);
      for (const [key, property] of Object.entries(z.toJSONSchema(entry.data).properties ?? {})) {
        expect(property, key).toMatchObject({ description: expect.stringMatching(/\w/) });
      }
    });
  });

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
