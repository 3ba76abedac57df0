import type { RetryOption } from '../model/subscription-options.ts';

/** When a failed delivery is tried again. */
export interface RetryPolicy {
  /** Attempts in all, at least one. */
  readonly maxAttempts: number;
  /** From the end of the failed attempt `number` (1, 2, 3 …) to the next one, before jitter. */
  delayMs(number: number): number;
  /** From 0 to 1: by which part a delay may be longer. */
  readonly jitter: number;
}

export interface RetryDefaults {
  /** Attempts in all; 0 and 1: one attempt. Guide: `max_retries`, default 3. */
  readonly maxRetries: number;
  /** From the end of a failed attempt to the next. Guide: `retry_delay`, default 5 s. */
  readonly retryDelayMs: number;
}

/** Seconds, as https://www.standardwebhooks.com recommends: about three days. */
const PERSISTENT = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
const DAY_SECONDS = 86_400;

/** What a subscription's `retry` means. */
export function retryPolicy(option: RetryOption | undefined, defaults: RetryDefaults): RetryPolicy {
  const { jitter = 0 } = option ?? {};
  const schedule = option?.preset === 'persistent' ? PERSISTENT : option?.schedule;
  if (schedule !== undefined) {
    return {
      maxAttempts: schedule.length + 1,
      delayMs: (number) => (schedule[number - 1] ?? DAY_SECONDS) * 1000,
      jitter,
    };
  }
  const { attempts = Math.max(1, defaults.maxRetries), backoff, factor = 2 } = option ?? {};
  const firstMs = option?.delay === undefined ? defaults.retryDelayMs : option.delay * 1000;
  const mostMs = (option?.max_delay ?? DAY_SECONDS) * 1000;
  const grows = backoff === 'exponential';
  return {
    maxAttempts: attempts,
    delayMs: (number) => Math.min(mostMs, grows ? firstMs * factor ** (number - 1) : firstMs),
    jitter,
  };
}

export type AfterFailure =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'give_up' };

/**
 * What follows the failed attempt `number` (1, 2, 3 …). Jitter and what the receiver asked for only delay.
 *
 * @param askedMs how long the receiver asked to be left alone; 0 if it did not.
 * @param random from 0 to 1.
 */
export function afterFailure(
  number: number,
  policy: RetryPolicy,
  askedMs: number,
  random: number,
): AfterFailure {
  if (number >= policy.maxAttempts) return { kind: 'give_up' };
  const delayMs = policy.delayMs(number) * (1 + policy.jitter * random);
  return { kind: 'retry', delayMs: Math.max(delayMs, askedMs) };
}
