import { constants } from 'node:os';
import { deferred } from '../util/deferred.ts';

/**
 * Resolves at the first SIGTERM or SIGINT, and keeps the process alive until then; a second one ends the process at
 * once, with the code that the signal alone would have given.
 */
export function untilAskedToStop(): Promise<NodeJS.Signals> {
  const asked = deferred<NodeJS.Signals>();
  const alive = setInterval(() => {}, 2 ** 30);
  let askedBefore = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (askedBefore) process.exit(128 + (constants.signals[signal] ?? 0));
    askedBefore = true;
    clearInterval(alive);
    asked.resolve(signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return asked.promise;
}
