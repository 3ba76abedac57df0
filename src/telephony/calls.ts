import type { EventData } from '../model/event.ts';
import type { EventType } from '../model/event-types.ts';
import type { CallId } from '../model/ids.ts';
import { type Micros, rfc3339Seconds } from '../util/clock.ts';
import type { Call, OriginEnd } from './call.ts';
import { readCall, writtenCall } from './call-memory.ts';
import { type Channel, isReal } from './channel.ts';
import type { DeviceReader } from './devices.ts';
import type { ChannelId, ChannelSnapshot } from './facts.ts';
import { CallGraph } from './graph.ts';
import type { Keeper, Memory } from './memory.ts';
import { dialledNumber, shownNumber } from './numbers.ts';
import { dispositionOf, hangupBy } from './outcome.ts';
import { secondsBetween, type Teller } from './teller.ts';

/** What the other trackers do when the lives of channels and calls turn. */
export interface Lifecycle {
  callStarted(call: Call): void;
  /** A call of an earlier run is open again. */
  callRecalled(call: Call): void;
  /** A channel is gone; its call is still open. */
  channelGone(channel: Channel, call: Call, at: Micros): void;
  /** The last channel is gone, or the call ends in a merge: what is left to tell of it must be told now. */
  callEnding(call: Call, at: Micros): void;
}

/** Of a call whose first device was never seen. */
const UNSEEN_END: OriginEnd = { cause: 0, text: undefined, requestedAt: undefined, wasUp: false };

/** What ties a younger call to an older one. */
export type MergeReason = 'relinked' | 'fetched' | 'transferred';

/**
 * The lives of calls: each is told once as started, and once as ended when its last channel is gone or when it
 * merges into an older one. Between the two, other trackers tell their events through `tell`.
 */
export class Calls implements Keeper {
  readonly graph: CallGraph;
  readonly reader: DeviceReader;
  readonly #teller: Teller;
  readonly #lifecycle: Lifecycle;
  readonly #memory: Memory;

  constructor(reader: DeviceReader, teller: Teller, lifecycle: Lifecycle, memory: Memory) {
    this.#memory = memory;
    memory.keep('call', this);
    this.graph = new CallGraph(reader);
    this.reader = reader;
    this.#teller = teller;
    this.#lifecycle = lifecycle;
  }

  /**
   * The channel of a snapshot, brought up to date; undefined when it or its call is over. Every fact's channels
   * pass here, so that one whose creation was lost is counted all the same, and a merge is noticed that the PBX
   * does not announce.
   */
  observe(snapshot: ChannelSnapshot, at: Micros): Channel | undefined {
    const known = this.graph.channels.get(snapshot.id);
    const channel = known ?? this.graph.adopt(snapshot, at);
    if (channel === undefined) return undefined;
    if (known !== undefined && this.graph.update(known, snapshot)) this.#relink(known, at);
    const call = this.graph.callOf(channel);
    if (call === undefined) return channel;
    if (call.startedAt === undefined) this.#startIfBegun(call, channel, at);
    else if (call.originId === channel.id) refreshOrigin(call, channel);
    return channel;
  }

  /**
   * Tells an event of a call, after its start; of the call that goes on, if it merged meanwhile. False if it is
   * none, for want of a device, or is over.
   */
  tell(type: EventType, call: Call, at: Micros, data: EventData = {}): boolean {
    const open = this.graph.callNamed(call.id);
    if (open === undefined || (open.startedAt === undefined && !this.#startLate(open, at))) return false;
    this.#teller.tellCall(type, open, at, data);
    return true;
  }

  /** Begins a call whose first device is rung by the PBX itself; a call that was told already gets its origin. */
  startOriginated(call: Call, device: Channel, at: Micros): void {
    call.originated = true;
    if (call.startedAt === undefined) this.#start(call, device, at);
    else this.#setOrigin(call, device);
  }

  /** Where a click-to-call goes, whatever extension its channel is in. */
  sentTo(channelId: ChannelId, target: string): void {
    const channel = this.graph.channels.get(channelId);
    const call = channel && this.graph.callOf(channel);
    if (!call?.originated) return;
    call.to = dialledNumber(target) ?? call.to;
    this.remember(call);
  }

  /** An extension, or the number of an outside party; of a Local channel, whoever speaks through it. */
  partyOf(channel: Channel): string | undefined {
    const speaker = this.graph.speaker(channel);
    if (speaker === undefined) return undefined;
    if (speaker.device.kind === 'extension') return speaker.device.extension;
    const call = this.graph.callOf(speaker);
    if (call?.originId === speaker.id && call.from !== undefined) return call.from;
    return speaker.leg?.number ?? shownNumber(speaker.callerNumber);
  }

  /** Number by which a caller introduces itself; of a click-to-call, whose caller id may be any, its device's. */
  callerIdOf(channel: Channel): string | undefined {
    const originated = this.graph.callOf(channel)?.originated;
    return (originated ? undefined : shownNumber(channel.callerNumber)) ?? this.partyOf(channel);
  }

  nameOf(channel: Channel): string | undefined {
    const call = this.graph.callOf(channel);
    return call?.originated && call.originId === channel.id ? call.callerName : channel.callerName;
  }

  /** The younger of two calls ends in the older one; gives the one that goes on. */
  merge(one: Call, other: Call, at: Micros, reason: MergeReason): Call {
    if (one === other) return one;
    const [older, younger] = one.order < other.order ? [one, other] : [other, one];
    this.#lifecycle.callEnding(younger, at);
    this.graph.merge(younger, older);
    this.#memory.touch('call', older.id);
    if (younger.startedAt !== undefined) {
      if (older.startedAt === undefined) this.#startLate(older, at);
      this.#tellEnded(younger, at, {
        disposition: dispositionOfMerged(younger, reason),
        merged_into: older.id,
      });
    }
    if (younger.answer === undefined) {
      for (const [extension, state] of younger.rung) {
        if (!older.rung.has(extension)) older.rung.set(extension, state);
      }
    }
    older.recordings.push(...younger.recordings);
    older.recording ??= younger.recordings.at(-1)?.file;
    older.lastDialled = younger.lastDialled ?? older.lastDialled;
    return older;
  }

  /** A channel is gone for good; `inferred`: nobody told it. */
  channelGone(channel: Channel, at: Micros, inferred = false): void {
    const call = this.graph.callOf(channel);
    if (call !== undefined) this.#lifecycle.channelGone(channel, call, at);
    this.graph.remove(channel);
    if (call !== undefined && call.channels.size === 0) this.#end(call, at, inferred);
  }

  /** Something changed that nothing is told of now, but that a later event needs. */
  remember(call: Call): void {
    this.#memory.touch('call', call.id);
  }

  stateOf(id: string): unknown {
    const call = this.graph.callNamed(id as CallId);
    if (call?.startedAt === undefined || call.id !== id) return undefined;
    return writtenCall(call, this.graph.channelsOf(call));
  }

  recall(id: string, state: unknown): boolean {
    const read = readCall(id as CallId, state, this.reader);
    if (read === undefined || read.channels.some((one) => this.graph.channels.has(one.id))) return false;
    this.graph.recall(read.call, read.channels);
    this.#lifecycle.callRecalled(read.call);
    return true;
  }

  *ids(): Iterable<string> {
    for (const call of this.graph.calls.values()) if (call.startedAt !== undefined) yield call.id;
  }

  #relink(channel: Channel, at: Micros): void {
    const from = this.graph.callOf(channel);
    // Its new call may be over already; then it goes on in the one that it had.
    const to = from === undefined ? undefined : this.graph.callNamedOrOlder(channel.linkedId, from);
    if (from === undefined || to === undefined || from === to) return;
    if (to.order < from.order) this.#endHoldsWithout(channel, from, at);
    this.merge(from, to, at, 'relinked');
  }

  /** A channel was taken out of a call; who held it there gave it away, though its resume may be told later. */
  #endHoldsWithout(channel: Channel, call: Call, at: Micros): void {
    for (const [holder, { channelId, party, since }] of call.holds) {
      if (channelId === channel.id) continue;
      call.holds.delete(holder);
      this.tell('call.resume', call, at, { resumed_by: party, hold_seconds: secondsBetween(since, at) });
    }
  }

  /** A call begins with the first device that dials; its own channel gives the call its id. */
  #startIfBegun(call: Call, channel: Channel, at: Micros): void {
    if (!isReal(channel) || channel.leg !== undefined) return;
    const own = channel.linkedId === String(channel.id);
    if (own && channel.device.kind === 'extension' && channel.callerNumber === channel.device.extension) {
      call.callerName = channel.callerName;
    }
    if (channel.state === 'ring' || (own && channel.state === 'up')) this.#start(call, channel, at);
    else if (own && channel.state === 'ringing') this.startOriginated(call, channel, at);
  }

  /** Something is to be told of a call whose beginning was missed. */
  #startLate(call: Call, at: Micros): boolean {
    let origin: Channel | undefined;
    let devices = 0;
    for (const id of call.channels) {
      const channel = this.graph.channels.get(id);
      if (channel === undefined || !isReal(channel)) continue;
      devices += 1;
      if (channel.leg === undefined && channel.state !== 'ringing') origin ??= channel;
    }
    if (devices === 0) return false;
    this.#start(call, origin, at);
    return true;
  }

  #start(call: Call, origin: Channel | undefined, at: Micros): void {
    call.startedAt = at;
    if (origin !== undefined) this.#setOrigin(call, origin);
    this.#teller.tellCall('call.started', call, at, {});
    this.#lifecycle.callStarted(call);
  }

  #setOrigin(call: Call, origin: Channel): void {
    const { device } = origin;
    call.originId = origin.id;
    call.originOutside = device.kind === 'outside';
    call.callerNumber = origin.callerNumber;
    if (device.kind === 'extension') call.from = device.extension;
    else if (call.originated) call.from = origin.leg?.number ?? shownNumber(origin.callerNumber);
    else call.from = shownNumber(origin.callerNumber) ?? 'anonymous';
    if (device.kind === 'outside') call.trunk = device.endpoint;
    if (!call.originated) call.to = dialledNumber(origin.exten);
    refreshOrigin(call, origin);
  }

  /** Takes another device for the one that a click-to-call rang first: it was the one picked up. */
  changeOrigin(call: Call, origin: Channel): void {
    this.#setOrigin(call, origin);
  }

  #end(call: Call, at: Micros, inferred: boolean): void {
    if (call.startedAt !== undefined) {
      this.#lifecycle.callEnding(call, at);
      const origin = call.originEnd ?? UNSEEN_END;
      const disposition = inferred ? dispositionOfLost(call) : dispositionOf(call, origin);
      if (call.answer === undefined && !inferred) this.#tellMissed(call, at);
      this.#tellEnded(call, at, {
        disposition,
        hangup_by: inferred ? undefined : hangupBy(call, disposition),
        hangup_cause: origin.cause === 0 ? undefined : origin.cause,
        hangup_cause_text: origin.text,
      });
    }
    this.graph.end(call);
  }

  #tellMissed(call: Call, at: Micros): void {
    for (const [extension, state] of call.rung) {
      if (state === 'rang') this.#teller.tellCall('call.missed', call, at, { to_extension: extension });
    }
  }

  #tellEnded(call: Call, at: Micros, more: EventData): void {
    const startedAt = call.startedAt ?? at;
    const { answer } = call;
    this.#teller.tellCall('call.ended', call, at, {
      started_at: rfc3339Seconds(startedAt),
      answered_at: answer === undefined ? undefined : rfc3339Seconds(answer.at),
      ended_at: rfc3339Seconds(at),
      duration: secondsBetween(startedAt, at),
      billsec: answer === undefined ? undefined : secondsBetween(answer.at, at),
      answered_by: answer?.by,
      recording: call.recording,
      ...more,
    });
  }
}

/** Its name may be set by the dial plan while it waits; a click-to-call shows any caller id. */
function refreshOrigin(call: Call, origin: Channel): void {
  if (!call.originated || (call.from !== undefined && origin.callerNumber === call.from)) {
    call.callerName = origin.callerName ?? call.callerName;
  }
  call.accountCode = origin.accountCode;
  // A device dialled through a Local channel is where that channel was sent to reach it, not where the call goes.
  const isSentOn = call.originated && origin.state === 'up' && !origin.leg?.behindLocal;
  if (isSentOn) call.to ??= dialledNumber(origin.exten);
}

/** Of a call whose end was not seen. */
function dispositionOfLost(call: Call): 'answered' | 'voicemail' | 'unknown' {
  if (call.answer !== undefined) return 'answered';
  return call.messageLeft ? 'voicemail' : 'unknown';
}

/** What dialled nobody came to fetch a call; who consulted, or whom the PBX called back, to nowhere, did not. */
function dispositionOfMerged(call: Call, reason: MergeReason): 'answered' | 'application' | undefined {
  if (call.answer !== undefined) return 'answered';
  const calledBack = reason === 'relinked' && call.originated && call.to === undefined;
  return reason === 'transferred' || calledBack || call.round.dialled ? undefined : 'application';
}
