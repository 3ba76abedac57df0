import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/util/clock.ts';

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
