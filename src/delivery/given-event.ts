import { inspect } from 'node:util';
import type { PbxEvent } from '../model/event.ts';
import type { CallId } from '../model/ids.ts';
import { type Micros, rfc3339Seconds } from '../util/clock.ts';
import { EngineError } from './publications.ts';

/** What nests deeper was made to do harm: whoever reads it goes down as deep. */
const MAX_DEPTH = 100;

/**
 * An event that a host or a script gives, of any type. `data.call_id`, if it is a text, ties it to a call;
 * `data.timestamp` is now unless it is given. Throws an EngineError (`event_invalid`).
 */
export function givenEvent(type: string, data: unknown, now: Micros): PbxEvent {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new EngineError('event_invalid', `The data of ${type} must be an object, got ${inspect(data)}`);
  }
  if (isDeeperThan(MAX_DEPTH, data)) {
    throw new EngineError('event_invalid', `The data of ${type} nests deeper than ${MAX_DEPTH} levels`);
  }
  return {
    type,
    occurredAt: now,
    data: { timestamp: rfc3339Seconds(now), ...data },
    callId: callIdOf(data),
  };
}

function callIdOf(data: object): CallId | undefined {
  const callId: unknown = 'call_id' in data ? data.call_id : undefined;
  return typeof callId === 'string' && callId !== '' ? (callId as CallId) : undefined;
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(levels - 1, part));
}
