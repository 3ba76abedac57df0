import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combined, Histogram, quantile } from '../../../src/util/histogram.ts';

const BOUNDS = [1, 2, 4, 8, 16];

function of(...values: readonly number[]): Histogram {
  const histogram = new Histogram(BOUNDS);
  for (const value of values) histogram.observe(value);
  return histogram;
}

test('a quantile lies in the bucket of the value that it stands for', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 16, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, q) => {
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? 0;
        const high = BOUNDS.find((bound) => exact <= bound) ?? 16;
        const low = BOUNDS[BOUNDS.indexOf(high) - 1] ?? 0;
        const told = quantile(of(...values).snapshot(), q);
        expect(told).toBeGreaterThanOrEqual(low);
        expect(told).toBeLessThanOrEqual(high);
      },
    ),
  );
});

test('between two bounds values are taken to lie evenly; beyond the last one it is the last one', () => {
  expect(quantile(of(5, 5, 5, 5).snapshot(), 0.5)).toBe(6);
  expect(quantile(of(1_000).snapshot(), 0.99)).toBe(16);
  expect(quantile(of().snapshot(), 0.5)).toBe(0);
});

test('several together tell what one with all their values tells', () => {
  const parts = [of(1, 3), of(), of(15, 200)].map((histogram) => histogram.snapshot());
  expect(combined(BOUNDS, parts)).toEqual(of(1, 3, 15, 200).snapshot());
});

test('one that is cleared begins anew', () => {
  const histogram = of(1, 2, 200);
  histogram.clear();
  histogram.observe(3);
  expect(histogram.snapshot()).toEqual(of(3).snapshot());
});
