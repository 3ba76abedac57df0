import { type Micros, microsFromMs, rfc3339Micros } from '../util/clock.ts';
import { type CallId, EVENTS_PER_MS, type EventId, type EventPosition } from './ids.ts';

/** All that an event tells beside its envelope; a key without a value is absent. */
export type EventData = Readonly<Record<string, unknown>>;

/** What a tracker or a host tells: an event that has no id yet. */
export interface PbxEvent {
  readonly type: string;
  /** When it happened, by the PBX's clock where it sends one. */
  readonly occurredAt: Micros;
  readonly data: EventData;
  /** Events of one call are delivered in order. */
  readonly callId?: CallId | undefined;
}

/** An event with its id: what is stored once and sent to each subscription that wants it. */
export interface PublishedEvent extends Omit<PbxEvent, 'data'> {
  readonly id: EventId;
  readonly position: EventPosition;
  /** As JSON. */
  readonly data: string;
}

/** When an event with this position was accepted, to the millisecond; its deliveries are due from then on. */
export function acceptedAt(position: EventPosition): Micros {
  return microsFromMs(Math.floor(position / EVENTS_PER_MS));
}

/** The first position that an event accepted at this time or later can have. */
export function firstPositionAt(time: Micros): EventPosition {
  return (Math.max(0, Math.ceil(time / 1000)) * EVENTS_PER_MS) as EventPosition;
}

/** An event as receivers get it, in its parts: `data` is JSON. */
export interface EnvelopeParts extends Pick<PublishedEvent, 'type' | 'occurredAt' | 'data'> {
  readonly id: string;
}

/** The JSON of an event: exactly these four keys at the top, always the same bytes. Ids and types need no escapes. */
export function envelopeOf({ id, type, occurredAt, data }: EnvelopeParts): string {
  return `{"event_id":"${id}","event_type":"${type}","timestamp":"${rfc3339Micros(occurredAt)}","data":${data}}`;
}
