import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { micro, rfc3339Micros, rfc3339Millis, rfc3339Seconds, systemClock } from '../../../src/util/clock.ts';

const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
});

test('the time follows a wall clock that steps forward, and goes on from there when that is put back', () => {
  const real = Date.now.bind(Date);
  const wall = vi.spyOn(Date, 'now');
  const before = systemClock.now();
  expect(Math.abs(before / 1000 - real())).toBeLessThan(10_000);

  wall.mockImplementation(() => real() + HOUR_MS);
  const ahead = systemClock.now();
  expect(ahead - before).toBeGreaterThan((HOUR_MS - 1_000) * 1000);

  wall.mockImplementation(real);
  const later = systemClock.now();
  expect(later).toBeGreaterThanOrEqual(ahead);
  expect(Math.abs(systemClock.wall() / 1000 - real())).toBeLessThan(10_000);
});

test('durations take no notice of steps of the wall clock', () => {
  const real = Date.now.bind(Date);
  const start = systemClock.elapsedMs();
  vi.spyOn(Date, 'now').mockImplementation(() => real() + HOUR_MS);
  const duration = systemClock.elapsedMs() - start;
  expect(duration).toBeGreaterThanOrEqual(0);
  expect(duration).toBeLessThan(HOUR_MS / 2);
});

test('a time is written as Date writes it, with as many decimals as it has', () => {
  const times = fc.integer({ min: Date.UTC(0), max: Date.UTC(2255, 0) });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 999 }), (ms, micros) => {
      const written = new Date(ms).toISOString().slice(0, -1);
      expect(rfc3339Millis(ms)).toBe(`${written}Z`);
      expect(rfc3339Micros(micro(ms * 1000 + micros))).toBe(`${written}${String(micros).padStart(3, '0')}Z`);
      expect(rfc3339Seconds(micro(ms * 1000 + micros))).toBe(`${written.slice(0, 19)}Z`);
    }),
  );
});
