import type { PbxEvent } from '../../types.ts';
import { numberAt, textAt } from '../event-summary.ts';

/** What is known of a call from its events. */
export interface Call {
  readonly id: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly direction: string | undefined;
  /** What became of it; undefined while it goes on, and where that is not told. */
  readonly outcome: string | undefined;
  readonly answeredBy: string | undefined;
  /** Seconds; undefined while it goes on. */
  readonly duration: number | undefined;
  readonly isOver: boolean;
  /** Of its first event that is known. */
  readonly startedAt: string;
  readonly events: number;
}

/** Calls of these events, in the order that they come first in. Events of no call are passed over. */
export function callsOf(events: readonly PbxEvent[]): readonly Call[] {
  const byCall = Map.groupBy(
    events.filter((event) => event.call_id !== null),
    (event) => event.call_id ?? '',
  );
  return [...byCall].flatMap(([id, members]) => callOf(id, members) ?? []);
}

/** Of a call's events in any order; undefined where there are none. */
export function callOf(id: string, events: readonly PbxEvent[]): Call | undefined {
  const told = inOrder(events);
  const first = told[0];
  if (first === undefined) return undefined;
  const ended = told.find(({ event_type }) => event_type === 'call.ended');
  const parties = told.find(({ event_type }) => event_type === 'call.started') ?? first;
  const answered = told.find(({ event_type }) => event_type === 'call.answered');
  return {
    id,
    from: textAt(parties.data, 'from_extension'),
    to: textAt(parties.data, 'to_extension'),
    direction: textAt(ended?.data ?? parties.data, 'direction'),
    outcome: ended && textAt(ended.data, 'disposition'),
    answeredBy: answered && textAt(answered.data, 'answered_by'),
    duration: ended && numberAt(ended.data, 'duration'),
    isOver: ended !== undefined,
    startedAt: first.timestamp,
    events: told.length,
  };
}

/** As it happened: by time, and within one instant as they were told. */
export function inOrder(events: readonly PbxEvent[]): readonly PbxEvent[] {
  return events.toSorted(
    (one, other) => one.timestamp.localeCompare(other.timestamp) || sequenceOf(one) - sequenceOf(other),
  );
}

function sequenceOf({ data }: PbxEvent): number {
  return numberAt(data, 'sequence') ?? 0;
}
