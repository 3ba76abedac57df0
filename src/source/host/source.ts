import type { EventEmitter } from 'node:events';
import { EVENT_TYPES } from '../../model/event-types.ts';
import type { PbxName } from '../../model/ids.ts';
import type { Fact } from '../../telephony/facts.ts';
import { type Clock, systemClock } from '../../util/clock.ts';
import { reasonOf } from '../../util/error.ts';
import { type Logger, silentLogger } from '../../util/log.ts';
import type { Source } from '../source.ts';
import { type Read, readToldEvent } from './told-event.ts';
import { readToldFact } from './told-fact.ts';

export interface HostEventsSourceOptions {
  readonly name: PbxName;
  /** The PBX that the host tells of; default: the source's name. */
  readonly pbx?: PbxName;
  readonly events: EventEmitter;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Only we know when these happen. */
const OURS: ReadonlySet<string> = new Set(['webhook.test', 'subscription.disabled']);

/** Event types that a host may tell. */
export const TOLD_TYPES: readonly string[] = EVENT_TYPES.filter((type) => !OURS.has(type));

/**
 * Listens to what a host itself emits: an event under the name of its type, with its data, or a `fact`, of which
 * trackers make events. What can't be read is logged and left out.
 */
export function createHostEventsSource(options: HostEventsSourceOptions): Source {
  const { name, pbx = name, events, clock = systemClock, logger = silentLogger } = options;
  const listeners = new Map<string, (told: unknown) => void>();
  let received = 0;

  function listen(channel: string, read: (told: unknown) => Read, onFact: (fact: Fact) => void): void {
    const listener = (told: unknown): void => {
      try {
        const result = read(told);
        if (!result.ok) {
          logger.warn(`${name}: a "${channel}" that the host emitted is left out: ${result.problem}`);
          return;
        }
        received += 1;
        onFact(result.fact);
      } catch (error) {
        logger.error(`${name}: a "${channel}" that the host emitted is left out: ${reasonOf(error)}`);
      }
    };
    listeners.set(channel, listener);
    events.on(channel, listener);
  }

  return {
    name,
    start(onFact) {
      // What is told from now on is news.
      onFact({ kind: 'pbx.booted', at: clock.now() });
      listen('fact', (told) => readToldFact(told, clock.now()), onFact);
      for (const type of TOLD_TYPES) {
        listen(type, (told) => readToldEvent({ type, told, pbx, at: clock.now() }), onFact);
      }
    },
    async stop() {
      for (const [channel, listener] of listeners) events.off(channel, listener);
      listeners.clear();
    },
    health: () => ({ state: listeners.size > 0 ? 'connected' : 'stopped' }),
    counts: () => ({ received, unseenMs: 0 }),
  };
}
