/** When a failed delivery is tried again. */
export interface RetryPolicy {
  /** Attempts in all; 0 and 1: one attempt. Guide: `max_retries`, default 3. */
  readonly maxAttempts: number;
  /** From the end of a failed attempt to the next one. Guide: `retry_delay`, default 5 s. */
  readonly delayMs: number;
}

export type AfterFailure =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'give_up' };

/** What follows the failed attempt `number` (1, 2, 3 …). */
export function afterFailure(number: number, { maxAttempts, delayMs }: RetryPolicy): AfterFailure {
  return number < maxAttempts ? { kind: 'retry', delayMs } : { kind: 'give_up' };
}
