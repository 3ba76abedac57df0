import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Slots } from '../../../src/util/slots.ts';

test('each thing is found once by its number, and no two have the same', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat({ max: 20 })), { maxLength: 200 }), (steps) => {
      const slots = new Slots<{ n: number }>();
      const expected = new Map<number, { n: number }>();
      for (const [n, taken] of steps.entries()) {
        if (taken === null) {
          const item = { n };
          const number = slots.put(item);
          expect(expected.has(number)).toBe(false);
          expected.set(number, item);
        } else {
          expect(slots.take(taken)).toBe(expected.get(taken));
          expected.delete(taken);
        }
        expect(slots.size).toBe(expected.size);
      }
      expect(new Map(slots.entries())).toEqual(expected);
    }),
  );
});

test('numbers are given out again, so that it does not grow with what has passed', () => {
  const slots = new Slots<object>();
  const numbers = new Set<number>();
  for (let n = 0; n < 1_000; n += 1) {
    const number = slots.put({});
    numbers.add(number);
    slots.take(number);
  }
  expect(numbers.size).toBe(1);
});

test('what may be gone is no error, and what was cleared is gone', () => {
  const slots = new Slots<object>();
  expect(slots.take(3)).toBeUndefined();
  const number = slots.put({});
  slots.clear();
  expect([slots.size, slots.take(number), [...slots.entries()]]).toEqual([0, undefined, []]);
});
