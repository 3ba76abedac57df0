import type { EventData, PbxEvent } from '../model/event.ts';
import type { EventType } from '../model/event-types.ts';
import type { PbxName } from '../model/ids.ts';
import { type Micros, rfc3339Seconds } from '../util/clock.ts';
import type { Call } from './call.ts';
import { looksOutside, shownNumber } from './numbers.ts';

const NOTHING: readonly PbxEvent[] = [];

/** Where trackers put the events that they tell. */
export class Teller {
  readonly #pbx: PbxName;
  #told: PbxEvent[] = [];
  #inferring: true | undefined;

  constructor(pbx: PbxName) {
    this.#pbx = pbx;
  }

  /** An event of a call that was told as started. */
  tellCall(type: EventType, call: Call, at: Micros, more: EventData): void {
    call.sequence += 1;
    const data = present({
      call_id: call.id,
      from_extension: call.from,
      to_extension: call.to,
      timestamp: rfc3339Seconds(at),
      direction: directionOf(call),
      caller_name: call.callerName,
      caller_number: call.originated ? call.from : shownNumber(call.callerNumber),
      called_number: call.to,
      did: call.originOutside && !call.originated ? call.to : undefined,
      trunk: call.trunk,
      account_code: call.accountCode,
      pbx: this.#pbx,
      sequence: call.sequence,
      inferred: this.#inferring,
      ...more,
    });
    this.#told.push({ type, occurredAt: at, callId: call.id, data });
  }

  /** An event without a call. */
  tell(type: EventType, at: Micros, more: EventData): void {
    const data = present({
      timestamp: rfc3339Seconds(at),
      pbx: this.#pbx,
      inferred: this.#inferring,
      ...more,
    });
    this.#told.push({ type, occurredAt: at, data });
  }

  /** What `tell` tells was not told by the PBX, but found out. */
  inferring(tell: () => void): void {
    this.#inferring = true;
    try {
      tell();
    } finally {
      this.#inferring = undefined;
    }
  }

  /** Events that another tracker told. */
  relay(events: readonly PbxEvent[]): void {
    if (events.length > 0) this.#told.push(...events);
  }

  take(): readonly PbxEvent[] {
    if (this.#told.length === 0) return NOTHING;
    const told = this.#told;
    this.#told = [];
    return told;
  }
}

/** Seconds between two times, to the millisecond; never negative, whatever the PBX's clock does. */
export function secondsBetween(from: Micros, to: Micros): number {
  return Math.max(0, Math.round((to - from) / 1000)) / 1000;
}

/** Decided by who began and what was dialled; undefined as long as that is not known. */
export function directionOf(call: Call): 'internal' | 'inbound' | 'outbound' | undefined {
  if (call.originOutside) return 'inbound';
  if (call.dialledOutside) return 'outbound';
  if (call.to === undefined) return undefined;
  return looksOutside(call.to) ? 'outbound' : 'internal';
}

function present(data: Record<string, unknown>): EventData {
  for (const key of Object.keys(data)) if (data[key] === undefined) delete data[key];
  return data;
}
