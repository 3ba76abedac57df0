import type { PbxEvent } from '../model/event.ts';
import { type EventType, eventTypeEntry } from '../model/event-types.ts';
import { type Micros, rfc3339Seconds } from '../util/clock.ts';

/** The catalogue's example of a type, as if it happened now: for test deliveries. */
export function sampleEvent(type: EventType, now: Micros): PbxEvent {
  const data = { ...eventTypeEntry(type)?.sample, timestamp: rfc3339Seconds(now) };
  return { type, occurredAt: now, data };
}
