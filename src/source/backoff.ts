/** Milliseconds. */
export interface BackoffLimits {
  readonly min: number;
  readonly max: number;
}

export const DEFAULT_BACKOFF: BackoffLimits = { min: 1_000, max: 60_000 };

/**
 * Delay before the attempt that follows `failures` failed ones: doubling, and shortened by up to a half at
 * random, so that many clients of one PBX do not come back at the same moment.
 *
 * @param random from 0 to 1, not 1
 */
export function backoffDelay(
  failures: number,
  random: number,
  limits: BackoffLimits = DEFAULT_BACKOFF,
): number {
  const full = Math.min(limits.max, limits.min * 2 ** Math.min(failures - 1, 30));
  return full * (1 - random / 2);
}
