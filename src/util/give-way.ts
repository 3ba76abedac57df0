import { setImmediate } from 'node:timers/promises';

/**
 * Between the steps of long work on a thread that others need: resolves at once, or after everybody's turn when the
 * steps since have taken `ms` milliseconds.
 */
export function givingWay(ms = 5): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun < ms) return;
    await setImmediate();
    begun = performance.now();
  };
}
