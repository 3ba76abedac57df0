import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterFailure, retryPolicy } from '../../../src/delivery/retry.ts';
import { retryAfterMs } from '../../../src/delivery/retry-after.ts';
import type { AttemptOutcome } from '../../../src/model/delivery.ts';

const DEFAULTS = { maxRetries: 3, retryDelayMs: 5_000 };

/** Delays in seconds from the first attempt to the last one. */
function delays(option: Parameters<typeof retryPolicy>[0], random = 0): number[] {
  const policy = retryPolicy(option, DEFAULTS);
  const found: number[] = [];
  for (let number = 1; ; number += 1) {
    const after = afterFailure(number, policy, 0, random);
    if (after.kind === 'give_up') return found;
    found.push(after.delayMs / 1000);
  }
}

describe('a failed delivery is tried again', () => {
  test.each([
    ['as the file says', undefined, [5, 5]],
    ['as often as asked', { attempts: 1 }, []],
    ['after a delay of its own', { attempts: 3, delay: 0.5 }, [0.5, 0.5]],
    [
      'after growing delays',
      { attempts: 6, delay: 1, backoff: 'exponential', factor: 3, max_delay: 20 },
      [1, 3, 9, 20, 20],
    ],
    ['by a schedule', { schedule: [5, 300, 1800] }, [5, 300, 1800]],
    ['for days', { preset: 'persistent' }, [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]],
  ] as [string, Parameters<typeof retryPolicy>[0], number[]][])('%s', (_name, option, expected) => {
    expect(delays(option)).toEqual(expected);
  });

  test('not at all where the file says 0', () => {
    const policy = retryPolicy(undefined, { ...DEFAULTS, maxRetries: 0 });
    expect(afterFailure(1, policy, 0, 0)).toEqual({ kind: 'give_up' });
  });

  test('later by jitter, never sooner', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (jitter, random) => {
          for (const delay of delays({ attempts: 4, delay: 10, jitter }, random)) {
            expect(delay).toBeGreaterThanOrEqual(10);
            // Seconds, to the last bit but rounding.
            expect(delay).toBeLessThanOrEqual(10 * (1 + jitter) + 1e-9);
          }
        },
      ),
    );
  });

  test('never before the receiver asked for', () => {
    const policy = retryPolicy({ attempts: 3, delay: 1 }, DEFAULTS);
    expect(afterFailure(1, policy, 120_000, 0)).toEqual({ kind: 'retry', delayMs: 120_000 });
    expect(afterFailure(1, policy, 10, 0)).toEqual({ kind: 'retry', delayMs: 1_000 });
  });
});

describe('Retry-After', () => {
  const NOW = Date.UTC(2025, 11, 7, 12);
  const outcome = (status: number, headers: Record<string, unknown>): AttemptOutcome => ({
    kind: 'response',
    response: { status, headers: JSON.stringify(headers), body: '' },
  });

  test.each([
    [429, '120', 120_000],
    [503, '0', 0],
    [503, 'Sun, 07 Dec 2025 12:01:00 GMT', 60_000],
    [503, 'Sun, 07 Dec 2025 11:00:00 GMT', 0],
    [429, '999999999', 86_400_000],
    [429, ['30', '60'], 30_000],
    [429, 'soon', 0],
    [429, '-5', 0],
    [500, '120', 0],
    [302, '120', 0],
  ])('of a %i, %j, is %i ms', (status, header, expected) => {
    expect(retryAfterMs(outcome(status, { 'retry-after': header }), NOW)).toBe(expected);
  });

  test('is none where there is no response, or no such header', () => {
    expect(retryAfterMs({ kind: 'error', code: 'timeout', message: 'x' }, NOW)).toBe(0);
    expect(retryAfterMs(outcome(429, { 'x-retry-after-all': '5' }), NOW)).toBe(0);
  });
});
