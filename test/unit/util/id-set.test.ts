import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdSet } from '../../../src/util/id-set.ts';

const id = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  // Those of one of many subscriptions, and those of a table that grew for years.
  fc.integer({ min: 1, max: 40 }).map((n) => n * 1_024),
  fc.integer({ min: 1, max: 40 }).map((n) => n * 2 ** 32 + 7),
  fc.integer({ min: 0, max: 40 }).map((n) => Number.MAX_SAFE_INTEGER - n),
);

test('it holds what a Set would, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), id), { maxLength: 400 }), (steps) => {
      const [ids, expected] = [new IdSet(), new Set<number>()];
      for (const [comes, one] of steps) {
        if (comes) {
          ids.add(one);
          expected.add(one);
        } else {
          ids.delete(one);
          expected.delete(one);
        }
        expect(ids.has(one)).toBe(comes);
        expect(ids.size).toBe(expected.size);
      }
      for (const [, one] of steps) expect(ids.has(one)).toBe(expected.has(one));
    }),
  );
});

test('it grows, and what stays in it is found while thousands pass through', () => {
  const ids = new IdSet();
  for (let n = 1; n <= 3; n += 1) ids.add(n);
  for (let n = 4; n <= 100_000; n += 1) {
    ids.add(n);
    if (n > 5_000) ids.delete(n - 4_997);
  }
  expect(ids.size).toBe(5_000);
  for (const n of [1, 2, 3, 95_004, 100_000]) expect(ids.has(n)).toBe(true);
  for (const n of [4, 95_003, 100_001]) expect(ids.has(n)).toBe(false);
});

test('once thousands have gone it is as it was at first', () => {
  const ids = new IdSet();
  for (let n = 1; n <= 5_000; n += 1) ids.add(n);
  for (let n = 1; n <= 5_000; n += 1) ids.delete(n);
  expect([ids.size, ids.has(1), ids.has(5_000)]).toEqual([0, false, false]);
  for (let n = 1; n <= 5_000; n += 1) ids.add(n);
  expect([ids.size, ids.has(1), ids.has(5_000)]).toEqual([5_000, true, true]);
});
