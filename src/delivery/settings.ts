/** How deliveries are made; each has a default. */
export interface DeliverySettings {
  /** Attempts in all; 0 and 1: one attempt. Default 3. */
  readonly maxRetries: number;
  /** From the end of a failed attempt to the next, in milliseconds. Default 5,000. */
  readonly retryDelayMs: number;
  /** For one attempt, from the connect to the end of the response's body, in milliseconds. Default 10,000. */
  readonly timeoutMs: number;
  /** Threads that sign and send; 0 sends on the main thread. Default 2. */
  readonly workerThreads: number;
  /** Attempts in flight to one subscription. Default 16. */
  readonly concurrency: number;
  /** `network.allow`: what of loopback, private and other special addresses may be sent to. Default none. */
  readonly allow: readonly string[];
}

export const DEFAULT_SETTINGS: DeliverySettings = {
  maxRetries: 3,
  retryDelayMs: 5_000,
  timeoutMs: 10_000,
  workerThreads: 2,
  concurrency: 16,
  allow: [],
};
