import type { EventData, PbxEvent } from '../model/event.ts';
import type { EventType } from '../model/event-types.ts';
import type { PbxName } from '../model/ids.ts';
import { type Micros, rfc3339Seconds } from '../util/clock.ts';
import type { Call } from './call.ts';
import type { Memory } from './memory.ts';
import { looksOutside, shownNumber } from './numbers.ts';

const NOTHING: readonly PbxEvent[] = [];

/** Where trackers put the events that they tell. */
export class Teller {
  readonly #pbx: PbxName;
  readonly #memory: Memory | undefined;
  #told: PbxEvent[] = [];
  #inferring: true | undefined;
  #isSilent = false;

  /** @param memory remembers each call that something was told of. */
  constructor(pbx: PbxName, memory?: Memory) {
    this.#pbx = pbx;
    this.#memory = memory;
  }

  /** An event of a call that has started; the first one that is told of it is its start. */
  tellCall(type: EventType, call: Call, at: Micros, more: EventData): void {
    this.#memory?.touch('call', call.id);
    if (this.#isSilent && !call.isTold) return;
    if (type === 'call.started') call.isTold = true;
    else if (!call.isTold) {
      this.inferring(() => this.tellCall('call.started', call, call.startedAt ?? at, {}));
    }
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
    if (this.#isSilent) return;
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
    const before = this.#inferring;
    this.#inferring = true;
    try {
      tell();
    } finally {
      this.#inferring = before;
    }
  }

  /** What `find` finds is taken over: it is known from then on, but not told; of a call that was told it is news. */
  silently(find: () => void): void {
    this.#withSilence(true, find);
  }

  /** Within `silently`: what `tell` tells is the end of something that was told. */
  aloud(tell: () => void): void {
    this.#withSilence(false, tell);
  }

  #withSilence(isSilent: boolean, work: () => void): void {
    const before = this.#isSilent;
    this.#isSilent = isSilent;
    try {
      work();
    } finally {
      this.#isSilent = before;
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

/** A new object: one of which something is deleted is slow to write as JSON. */
function present(data: EventData): EventData {
  const there: Record<string, unknown> = {};
  for (const key of Object.keys(data)) if (data[key] !== undefined) there[key] = data[key];
  return there;
}
