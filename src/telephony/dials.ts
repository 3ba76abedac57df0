import { type Micros, rfc3339Seconds } from '../util/clock.ts';
import { type Call, newRound } from './call.ts';
import type { Calls } from './calls.ts';
import { type Channel, isReal, type Leg } from './channel.ts';
import type { ChannelSnapshot, DialFact, DialStatus } from './facts.ts';
import { dialledNumber, sameNumber, sentNumber } from './numbers.ts';
import { countLeg, wasDeclined } from './outcome.ts';
import { secondsBetween } from './teller.ts';

type Begun = Extract<DialFact, { kind: 'dial.begun' }>;
type Ended = Extract<DialFact, { kind: 'dial.ended' }>;

/** Who is dialled, who rings, who answers: `call.ringing`, `call.answered`, and what came of each leg. */
export class Dials {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  begun({ caller, dest, dialString, at }: Begun): void {
    const source = this.#observe(caller, at);
    const channel = this.#calls.observe(dest, at);
    const call = channel && this.#calls.graph.callOf(channel);
    if (channel === undefined || call === undefined) return;
    const leg = this.#legOf(channel, source, at);
    leg.begun = true;
    leg.beganAt = at;
    if (source !== undefined) source.dialled = channel.id;
    if (channel.device.kind === 'outside' && dialString !== undefined) leg.number = sentNumber(dialString);
    this.#place(call, channel, leg, source, at);
    // What a Local channel dials may be told before that it is dialled itself.
    const behind = source === undefined ? this.#calls.graph.dialledBehind(channel) : undefined;
    if (behind?.leg !== undefined) this.#place(call, behind, behind.leg, undefined, at);
    this.seen(channel, at);
  }

  /** A queue offers a call to this device. */
  offered(channel: Channel, source: Channel | undefined, queue: string, at: Micros): void {
    this.#legOf(channel, source, at).queue = queue;
  }

  ringing({ caller, dest, at }: Extract<DialFact, { kind: 'dial.ringing' }>): void {
    const source = this.#observe(caller, at);
    const channel = this.#calls.observe(dest, at);
    if (channel === undefined) return;
    this.#legOf(channel, source, at);
    this.#ring(channel, at);
  }

  /**
   * A channel was seen; if its device rings or is picked up, it says so in its state. That it rings may be told before
   * that it is dialled; only then is known what it rings for: a page's phone rings for nobody.
   */
  seen(channel: Channel, at: Micros): void {
    if (channel.state === 'ringing' && channel.leg?.begun === true) this.#ring(channel, at);
    if (channel.state === 'up' && channel.leg !== undefined) channel.leg.upAt ??= at;
  }

  ended({ caller, dest, status, forward, found, at }: Ended): void {
    const source = this.#observe(caller, at);
    const channel = this.#calls.observe(dest, at);
    if (channel === undefined) return;
    const leg = this.#legOf(channel, source, at);
    this.#close(channel, leg, status, at);
    leg.forwarded ||= forward !== undefined;
    if (status !== 'answer') return;
    this.#answered(channel, leg, source, at, found === true);
    const call = this.#calls.graph.callOf(channel);
    if (call !== undefined) this.#calls.remember(call);
  }

  pickedUp({ picker, target, at }: Extract<DialFact, { kind: 'dial.picked_up' }>): void {
    const by = this.#calls.observe(picker, at);
    const rung = this.#calls.observe(target, at);
    const own = by && this.#calls.graph.callOf(by);
    const call = rung && this.#calls.graph.callOf(rung);
    if (by === undefined || rung === undefined || own === undefined || call === undefined) return;
    const joined = this.fetch(own, call, by, at);
    if (isFirstDevice(joined, rung) && !joined.originUp) this.#originPickedUp(joined, by);
    else this.#answer(joined, by, at, undefined);
  }

  /** A leg is gone; its cause tells best what came of it. */
  legGone(channel: Channel, call: Call, cause: number, at: Micros): void {
    const { leg } = channel;
    if (leg === undefined) return;
    if (leg.status === undefined) this.#close(channel, leg, 'other', at);
    if (leg.round === 0) return;
    const { graph } = this.#calls;
    const isOfLastRound = leg.round === call.round.number;
    if (leg.status === 'answer') {
      if (isOfLastRound && channel.device.kind === 'local') call.round.served = true;
      return;
    }
    if (isOfLastRound) {
      const place = graph.queueAbove(channel) !== undefined ? 'queue' : leg.behindLocal ? 'local' : 'device';
      countLeg(call.round, leg, cause, place);
    }
    const refused = wasDeclined(cause) || leg.forwarded || leg.upAt !== undefined;
    if (channel.device.kind === 'extension' && refused) {
      if (call.rung.has(channel.device.extension)) call.rung.set(channel.device.extension, 'refused');
    }
  }

  /** Somebody answered the call; only the first is told. */
  #answer(call: Call, by: Channel, at: Micros, leg: Leg | undefined, isFound = false): void {
    if (call.answer !== undefined) return;
    const party = this.#calls.partyOf(by);
    const queue = leg === undefined ? undefined : this.#calls.graph.queueAbove(by);
    call.answer = { at, by: party, queue };
    this.#calls.tell('call.answered', call, at, {
      answered_by: party,
      answered_at: rfc3339Seconds(at),
      // When a device was found to talk, nobody knows how long it had rung.
      ring_seconds:
        leg === undefined || isFound
          ? undefined
          : secondsBetween(leg.ringingAt ?? leg.beganAt, leg.upAt ?? at),
      queue,
    });
  }

  /** Someone takes a call from a call of its own. What is taken is answered, also if it ends in the older one. */
  fetch(own: Call, taken: Call, by: Channel, at: Micros): Call {
    if (own.order < taken.order) this.#answer(taken, by, at, undefined);
    return this.#calls.merge(own, taken, at, 'fetched');
  }

  /** A retrieval answers what nobody had answered. */
  fetched(call: Call, by: Channel, at: Micros): void {
    this.#answer(call, by, at, undefined);
  }

  #observe(snapshot: ChannelSnapshot | undefined, at: Micros): Channel | undefined {
    return snapshot === undefined ? undefined : this.#calls.observe(snapshot, at);
  }

  #legOf(channel: Channel, source: Channel | undefined, at: Micros): Leg {
    channel.leg ??= {
      by: undefined,
      behindLocal: false,
      begun: false,
      beganAt: at,
      ringingAt: undefined,
      upAt: undefined,
      number: undefined,
      queue: undefined,
      status: undefined,
      endedAt: undefined,
      forwarded: false,
      round: 0,
    };
    // After a transfer while it rings, somebody else waits for the same device.
    if (source !== undefined) {
      channel.leg.by = source.id;
      channel.leg.behindLocal = source.device.kind === 'local' && source.device.half === 2;
    }
    return channel.leg;
  }

  /** Finds out what a dial is part of: the first device of a click-to-call, a page, or a call's own dial. */
  #place(call: Call, channel: Channel, leg: Leg, source: Channel | undefined, at: Micros): void {
    if (this.#isRungByNobody(call, channel)) {
      const { top } = this.#calls.graph.initiator(channel);
      const isFirst = top.linkedId === String(top.id);
      if (leg.round !== 0 && leg.status === undefined) call.round.open -= 1;
      leg.round = 0;
      if (call.originId === undefined && isReal(channel) && isFirst) {
        this.#calls.startOriginated(call, channel, at);
      } else if (!isFirst && (call.originId !== undefined || isReal(top))) {
        call.pages = true;
        if (!isReal(channel)) return;
        const party = this.#calls.partyOf(channel);
        if (party !== undefined && !call.paged.has(party)) call.paged.set(party, 'rung');
      }
      return;
    }
    if (call.round.open === 0 && call.round.dialled) call.round = newRound(call.round.number + 1);
    else if (call.round.number === 0) call.round = newRound(1);
    if (leg.round === 0) {
      leg.round = call.round.number;
      if (leg.status === undefined) call.round.open += 1;
    }
    call.round.dialled = true;
    call.departures = [];
    if (call.originated && call.to === undefined && source !== undefined) {
      call.to = dialledNumber(source.exten) ?? this.#calls.partyOf(channel);
    }
    if (isReal(channel)) this.#dialledDevice(call, channel, leg);
  }

  #dialledDevice(call: Call, channel: Channel, leg: Leg): void {
    const first = call.lastDialled === undefined;
    call.lastDialled = this.#calls.partyOf(channel) ?? call.lastDialled;
    if (channel.device.kind !== 'outside' || call.answer !== undefined) return;
    call.trunk ??= channel.device.endpoint;
    const { to } = call;
    if (to === undefined) {
      call.dialledOutside ||= call.originated;
    } else if (leg.number !== undefined && sameNumber(to, leg.number)) {
      call.dialledOutside = true;
    } else if (first && this.#calls.reader.extension(to) === undefined) {
      call.dialledOutside = true;
    }
  }

  #close(channel: Channel, leg: Leg, status: DialStatus, at: Micros): void {
    const call = this.#calls.graph.callOf(channel);
    if (
      leg.status === undefined &&
      call !== undefined &&
      leg.round !== 0 &&
      leg.round === call.round.number
    ) {
      call.round.open -= 1;
      call.round.endedAt = at;
    }
    // A queue tells a second end of the same leg; the first is true, but an answer always counts.
    if (leg.status === undefined || status === 'answer') {
      leg.status = status;
      leg.endedAt = at;
    }
  }

  #ring(channel: Channel, at: Micros): void {
    const call = this.#calls.graph.callOf(channel);
    if (call === undefined || !isReal(channel)) return;
    const { leg } = channel;
    if (leg !== undefined) leg.ringingAt ??= at;
    if (channel.device.kind !== 'extension' || channel.id === call.originId) return;
    const { extension } = channel.device;
    if (call.rung.has(extension) || this.#isRungByNobody(call, channel)) return;
    call.rung.set(extension, 'rang');
    this.#calls.tell('call.ringing', call, at, { to_extension: extension });
  }

  #answered(channel: Channel, leg: Leg, source: Channel | undefined, at: Micros, isFound: boolean): void {
    if (!isReal(channel)) return;
    const { graph } = this.#calls;
    let call = graph.callOf(channel);
    const caller = source && graph.callOf(source);
    if (call === undefined) return;
    if (isFirstDevice(call, channel) && (source === undefined || caller === call)) {
      call.originUp = true;
      return;
    }
    if (this.#isRungByNobody(call, channel)) {
      if (call.originated && !call.originUp) {
        this.#originPickedUp(call, channel);
      } else {
        const party = this.#calls.partyOf(channel);
        if (party !== undefined && call.paged.has(party)) call.paged.set(party, 'took');
      }
      return;
    }
    let rung: Leg | undefined = leg;
    if (caller !== undefined && caller !== call) {
      // Who answers came with a call of its own: a pickup.
      call = this.fetch(call, caller, channel, at);
      rung = undefined;
    }
    this.#answer(call, channel, at, rung, isFound);
  }

  /** A click-to-call is from whoever picks it up first. */
  #originPickedUp(call: Call, by: Channel): void {
    this.#calls.changeOrigin(call, by);
    call.originUp = true;
  }

  /**
   * The first device of a click-to-call, or a page's phone. In an answered call a Local channel that nobody dials
   * may be the consultation of a transfer by feature code, but then its parties are still joined.
   */
  #isRungByNobody(call: Call, channel: Channel): boolean {
    const { who, top } = this.#calls.graph.initiator(channel);
    if (who !== 'nobody') return false;
    return call.answer === undefined || call.page !== undefined || isReal(top) || !this.#isJoined(call);
  }

  #isJoined(call: Call): boolean {
    for (const id of call.channels) {
      if (this.#calls.graph.channels.get(id)?.bridgeId !== undefined) return true;
    }
    return false;
  }
}

/** The device that a click-to-call rings first. */
function isFirstDevice(call: Call, channel: Channel): boolean {
  return call.originated && channel.id === call.originId;
}
