import type { CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import type { Call, ParkedState } from './call.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { Dials } from './dials.ts';
import type { ChannelId, ParkingFact } from './facts.ts';
import type { Settling } from './settling.ts';
import { secondsBetween } from './teller.ts';

type Parked = Extract<ParkingFact, { kind: 'parking.parked' }>;
type Retrieved = Extract<ParkingFact, { kind: 'parking.retrieved' }>;

type ParkingEnd = 'call.park_timeout' | 'call.park_abandoned';

/** `call.parked`, `call.retrieved`, `call.park_timeout`, `call.park_abandoned`. */
export class Parking {
  readonly #calls: Calls;
  readonly #dials: Dials;
  readonly #settling: Settling;

  constructor(calls: Calls, dials: Dials, settling: Settling) {
    this.#calls = calls;
    this.#dials = dials;
    this.#settling = settling;
  }

  parked({ parkee, lot, space, parker, timeoutSeconds, at }: Parked): void {
    const channel = this.#calls.observe(parkee, at);
    const call = channel && this.#calls.graph.callOf(channel);
    if (channel === undefined || call === undefined) return;
    this.settle(call.id);
    const transfer = call.pendingTransfer;
    const byTransfer = transfer?.transfereeId === channel.id;
    if (byTransfer) call.pendingTransfer = undefined;
    call.wasParked = true;
    call.parked = {
      at,
      parkeeId: channel.id,
      lot,
      space,
      timeoutSeconds,
      party: this.#calls.partyOf(channel),
      by: byTransfer ? transfer?.by : this.#parkerParty(parker, channel),
      told: false,
    };
    if (byTransfer) this.settle(call.id);
    else this.#settling.later(at, { what: 'parking', callId: call.id });
    this.#calls.remember(call);
  }

  /** A blind transfer turned out to be the parking that was just told: its transferer parked. */
  parkedBy(call: Call, parkee: Channel, transferer: string | undefined): boolean {
    const { parked } = call;
    if (parked === undefined || parked.told || parked.parkeeId !== parkee.id) return false;
    call.parked = { ...parked, by: transferer ?? parked.by };
    this.settle(call.id);
    return true;
  }

  /** Who had parked itself to consult gave its space to another party. */
  tookOver(call: Call, slot: ParkedState, parkee: Channel, at: Micros): void {
    call.wasParked = true;
    const party = this.#calls.partyOf(parkee);
    call.parked = { ...slot, at, parkeeId: parkee.id, party, by: slot.party, told: false };
    this.settle(call.id);
  }

  /** Tells a parking whose transferer is known, or has none. */
  settle(callId: CallId): void {
    const call = this.#calls.graph.callNamed(callId);
    const parked = call?.parked;
    if (call === undefined || parked === undefined || parked.told) return;
    parked.told = true;
    this.#calls.tell('call.parked', call, parked.at, {
      ...slotOf(parked),
      parked_by: parked.by,
      parked_party: parked.party,
      timeout_seconds: parked.timeoutSeconds,
    });
  }

  retrieved({ parkee, retriever, lot, space, at }: Retrieved): void {
    const channel = this.#calls.observe(parkee, at);
    const by = this.#calls.observe(retriever, at);
    const call = channel && this.#calls.graph.callOf(channel);
    const own = by && this.#calls.graph.callOf(by);
    if (call === undefined) return;
    this.settle(call.id);
    const { parked } = call;
    call.parked = undefined;
    const party = by && this.#calls.partyOf(by);
    const joined = by === undefined || own === undefined ? call : this.#dials.fetch(own, call, by, at);
    this.#calls.tell('call.retrieved', joined, at, {
      parking_lot: lot,
      parking_space: space,
      retrieved_by: party,
      parked_seconds: parked === undefined ? undefined : secondsBetween(parked.at, at),
    });
    if (by !== undefined) this.#dials.fetched(joined, by, at);
  }

  timedOut(fact: Extract<ParkingFact, { kind: 'parking.timed_out' }>): void {
    this.#over('call.park_timeout', fact);
  }

  abandoned(fact: Extract<ParkingFact, { kind: 'parking.abandoned' }>): void {
    this.#over('call.park_abandoned', fact);
  }

  /** Who is parked hangs up: the PBX may say that the space was given up only after the call has ended. */
  hungUp(id: ChannelId, at: Micros): void {
    const channel = this.#calls.graph.channels.get(id);
    const call = channel && this.#calls.graph.callOf(channel);
    const parked = call?.parked;
    if (call === undefined || parked?.parkeeId !== id) return;
    this.#tellOver('call.park_abandoned', call, slotOf(parked), at);
  }

  #over(type: ParkingEnd, { parkee, lot, space, at }: ParkingFact): void {
    const channel = this.#calls.observe(parkee, at);
    const call = channel && this.#calls.graph.callOf(channel);
    if (call !== undefined) this.#tellOver(type, call, { parking_lot: lot, parking_space: space }, at);
  }

  #tellOver(type: ParkingEnd, call: Call, slot: Slot, at: Micros): void {
    this.settle(call.id);
    const since: Micros | undefined = call.parked?.at;
    call.parked = undefined;
    this.#calls.tell(type, call, at, {
      ...slot,
      parked_seconds: since === undefined ? undefined : secondsBetween(since, at),
    });
  }

  /** `PJSIP/1002` to 1002; a trunk that parks what came in over it is its caller. */
  #parkerParty(parker: string | undefined, parkee: Channel): string | undefined {
    if (parker === undefined) return undefined;
    const read = this.#calls.reader.ofDevice(parker);
    if (read.kind === 'extension') return read.extension;
    if (read.kind !== 'outside') return undefined;
    const { device } = parkee;
    const parksItself = device.kind === 'outside' && device.endpoint === read.endpoint;
    return parksItself ? this.#calls.partyOf(parkee) : read.endpoint;
  }
}

interface Slot {
  readonly parking_lot: string | undefined;
  readonly parking_space: string | undefined;
}

function slotOf(parked: ParkedState): Slot {
  return { parking_lot: parked.lot, parking_space: parked.space };
}
