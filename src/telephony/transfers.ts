import type { CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import type { Call, ParkedState } from './call.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import { type Consultation, consultedParty, transferredParty } from './consultation.ts';
import type { ChannelId, ChannelSnapshot, TransferFact } from './facts.ts';
import type { Holds } from './holds.ts';
import type { Parking } from './parking.ts';
import type { Settling } from './settling.ts';

type Blind = Extract<TransferFact, { kind: 'transfer.blind' }>;
type Attended = Extract<TransferFact, { kind: 'transfer.attended' }>;

/** `call.transfer`. A blind transfer to the parking extension is parking: a parked call comes before or after it. */
export class Transfers {
  readonly #calls: Calls;
  readonly #holds: Holds;
  readonly #parking: Parking;
  readonly #settling: Settling;

  constructor(calls: Calls, holds: Holds, parking: Parking, settling: Settling) {
    this.#calls = calls;
    this.#holds = holds;
    this.#parking = parking;
    this.#settling = settling;
  }

  blind({ transferer, transferee, destination, at }: Blind): void {
    const by = this.#calls.observe(transferer, at);
    const party = this.#observe(transferee, at);
    const call = this.#callOf(party ?? by);
    if (call === undefined) return;
    this.settle(call.id);
    if (by !== undefined) {
      this.#holds.release(by, at);
      by.transferredAway = true;
    }
    const transferredBy = by && this.#calls.partyOf(by);
    if (party !== undefined && this.#parking.parkedBy(call, party, transferredBy)) return;
    call.pendingTransfer = {
      at,
      transfereeId: party?.id,
      by: transferredBy,
      party: party && this.#calls.partyOf(party),
      destination,
    };
    this.#settling.later(at, { what: 'transfer', callId: call.id });
    this.#calls.remember(call);
  }

  /** The transferee goes on by itself: it was no parking. */
  settleOf(channelId: ChannelId): void {
    const channel = this.#calls.graph.channels.get(channelId);
    const call = channel && this.#callOf(channel);
    if (call?.pendingTransfer?.transfereeId === channelId) this.settle(call.id);
  }

  /** Tells a transfer that turned out to be one. */
  settle(callId: CallId): void {
    const call = this.#calls.graph.callNamed(callId);
    const transfer = call?.pendingTransfer;
    if (call === undefined || transfer === undefined) return;
    call.pendingTransfer = undefined;
    this.#calls.tell('call.transfer', call, transfer.at, {
      transfer_type: 'blind',
      transferred_by: transfer.by,
      transferred_party: transfer.party,
      transfer_destination: transfer.destination,
    });
  }

  attended(fact: Attended): void {
    const { at } = fact;
    const named = this.#named(fact);
    const { by, consulting, transferee } = named;
    const call = this.#callOf(transferee ?? by);
    if (call === undefined) return;
    this.settle(call.id);
    const consulted = this.#callOf(consulting);
    const goesOn = consulted !== undefined && consulted.order < call.order ? consulted : call;
    // By feature code the transferer consulted on the same channel, within the same call. By REFER either of the
    // two calls may be named first: the consultation is the one that does not go on.
    const isOwnCall = consulting !== undefined && consulting.bornIn !== by?.bornIn;
    const consultation = consulting?.bornIn === goesOn.id ? by?.bornIn : consulting?.bornIn;
    const data = {
      transfer_type: 'attended',
      transferred_by: by && this.#calls.partyOf(by),
      transferred_party: transferredParty(this.#calls, call, named),
      transfer_destination: consultedParty(this.#calls, named),
      consultation_call_id: isOwnCall ? consultation : undefined,
    };
    for (const channel of [by, consulting]) {
      if (channel === undefined) continue;
      this.#holds.release(channel, at);
      channel.transferredAway = !fact.threeWay;
    }
    const slot = this.#slotOf(consulted, named);
    if (slot === undefined) this.#calls.tell('call.transfer', goesOn, at, data);
    // The transferee goes on in the place of the transferer's channel.
    if (fact.intoApplication && consulting !== undefined && transferee !== undefined)
      this.#calls.graph.replace(consulting, transferee);
    const joined = consulted === undefined ? call : this.#calls.merge(call, consulted, at, 'transferred');
    if (slot !== undefined && transferee !== undefined) this.#parking.tookOver(joined, slot, transferee, at);
  }

  /** The party that goes into an application is the transferee, whichever of the two calls was named first. */
  #named(fact: Attended): Consultation {
    const { at, intoApplication } = fact;
    const by = this.#calls.observe(fact.transferer, at);
    const consulting = this.#calls.observe(fact.consulting, at);
    const transferee = this.#observe(fact.transferee, at);
    const target = this.#observe(fact.target, at);
    // A channel that was dialled is in no application, only its other side is gone.
    const turned = intoApplication && transferee === undefined && by?.leg === undefined;
    return turned
      ? { by: consulting, consulting: by, transferee: target, target: undefined }
      : { by, consulting, transferee, target };
  }

  /** The parking space in which the transferer sat to consult: the transferee sits there now. */
  #slotOf(call: Call | undefined, { by, consulting }: Consultation): ParkedState | undefined {
    const slot = call?.parked;
    const parkee = slot && this.#calls.graph.channels.get(slot.parkeeId);
    if (parkee === undefined) return undefined;
    const isTransferer = consulting === by ? parkee.device.kind === 'local' : parkee === consulting;
    return isTransferer ? slot : undefined;
  }

  #callOf(channel: Channel | undefined): Call | undefined {
    return channel && this.#calls.graph.callOf(channel);
  }

  #observe(snapshot: ChannelSnapshot | undefined, at: Micros): Channel | undefined {
    return snapshot === undefined ? undefined : this.#calls.observe(snapshot, at);
  }
}
