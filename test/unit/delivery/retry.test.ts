import { expect, test } from 'vitest';
import { afterFailure } from '../../../src/delivery/retry.ts';

test.each([
  [3, 1, { kind: 'retry', delayMs: 5_000 }],
  [3, 2, { kind: 'retry', delayMs: 5_000 }],
  [3, 3, { kind: 'give_up' }],
  [1, 1, { kind: 'give_up' }],
  [0, 1, { kind: 'give_up' }],
] as const)('of %i attempts, number %i failed: %o', (maxAttempts, number, expected) => {
  expect(afterFailure(number, { maxAttempts, delayMs: 5_000 })).toEqual(expected);
});
