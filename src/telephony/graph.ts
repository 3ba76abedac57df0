import type { CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import { type Call, newCall } from './call.ts';
import { type Channel, isReal, newChannel } from './channel.ts';
import type { DeviceReader } from './devices.ts';
import type { BridgeId, ChannelId, ChannelSnapshot } from './facts.ts';
import { RecentIds } from './recent-ids.ts';

/** No wire through Local channels is longer than this; a ring of them ends here. */
const MAX_HOPS = 20;

/** Open channels that a PBX can have; over it the oldest are taken for lost. Asterisk reaches a few thousand. */
export const MAX_CHANNELS = 20_000;

/**
 * Channels, the calls that they belong to, the Local pairs that wire them, the bridges that join them. Knows
 * nothing of events. Every step costs the same however many calls are open.
 */
export class CallGraph {
  readonly channels = new Map<ChannelId, Channel>();
  readonly calls = new Map<CallId, Call>();
  /** Calls that merged into another that is still open. */
  readonly #mergedInto = new Map<CallId, CallId>();
  readonly #pairs = new Map<string, { one: ChannelId | undefined; two: ChannelId | undefined }>();
  readonly #bridges = new Map<BridgeId, Set<ChannelId>>();
  /** A late event of a channel or call that is over must not bring it back. */
  readonly #gone = new RecentIds<ChannelId>();
  readonly #ended = new RecentIds<CallId>();
  readonly #reader: DeviceReader;
  #order = 0;

  constructor(reader: DeviceReader) {
    this.#reader = reader;
  }

  /** Takes a channel in that was not known; undefined if it, or its call, is over. */
  adopt(snapshot: ChannelSnapshot, at: Micros): Channel | undefined {
    if (this.#gone.has(snapshot.id)) return undefined;
    const call = this.callNamed(snapshot.callId) ?? this.#newCall(snapshot.callId);
    if (call === undefined) return undefined;
    const channel = newChannel(snapshot, this.#reader.ofChannel(snapshot.name), call.id, at);
    this.channels.set(channel.id, channel);
    call.channels.add(channel.id);
    this.#wire(channel);
    return channel;
  }

  /** Brings a channel up to date; true if the PBX ties it to something else than before. */
  update(channel: Channel, snapshot: ChannelSnapshot): boolean {
    channel.state = snapshot.state;
    channel.callerNumber = snapshot.callerNumber;
    channel.callerName = snapshot.callerName;
    channel.exten = snapshot.exten;
    if (snapshot.accountCode !== undefined) channel.accountCode = snapshot.accountCode;
    if (snapshot.name !== channel.name) this.#rename(channel, snapshot.name);
    if (snapshot.callId === channel.linkedId) return false;
    channel.linkedId = snapshot.callId;
    return true;
  }

  /** Takes a call of an earlier run in, with its channels. */
  recall(call: Call, channels: readonly Channel[]): void {
    this.#order = Math.max(this.#order, Math.ceil(call.order));
    this.calls.set(call.id, call);
    for (const id of call.merged) this.#mergedInto.set(id, call.id);
    for (const channel of channels) {
      this.channels.set(channel.id, channel);
      this.#wire(channel);
      const { bridgeId } = channel;
      channel.bridgeId = undefined;
      if (bridgeId !== undefined) this.enterBridge(channel, bridgeId);
    }
  }

  channelsOf(call: Call): Channel[] {
    return [...call.channels].flatMap((id) => this.channels.get(id) ?? []);
  }

  callOf(channel: Channel): Call | undefined {
    return this.calls.get(channel.callId);
  }

  /** The open call that the PBX means by this id: itself, or the one that it merged into. */
  callNamed(id: CallId): Call | undefined {
    return this.calls.get(this.#mergedInto.get(id) ?? id);
  }

  /**
   * The open call of this id; undefined when it is over. One that was never seen is made, older than `younger`:
   * a PBX ties what it joins to the older call.
   */
  callNamedOrOlder(id: CallId, younger: Call): Call | undefined {
    return this.callNamed(id) ?? this.#newCall(id, younger.order - 0.5);
  }

  /** Gives all channels of `younger` to `older`, and its name too. */
  merge(younger: Call, older: Call): void {
    for (const id of younger.channels) {
      const channel = this.channels.get(id);
      if (channel !== undefined) channel.callId = older.id;
      older.channels.add(id);
    }
    for (const id of [younger.id, ...younger.merged]) {
      this.#mergedInto.set(id, older.id);
      older.merged.push(id);
    }
    this.calls.delete(younger.id);
  }

  /** `heir` goes on in the place of a channel that is about to go: in its queue, in its dial. */
  replace(channel: Channel, heir: Channel): void {
    heir.queue ??= channel.queue;
    channel.queue = undefined;
    heir.dialled = channel.dialled ?? heir.dialled;
    for (const id of this.callOf(channel)?.channels ?? []) {
      const leg = this.channels.get(id)?.leg;
      if (leg?.by === channel.id) leg.by = heir.id;
    }
  }

  remove(channel: Channel): void {
    this.#gone.add(channel.id);
    this.leaveBridge(channel);
    this.#unwire(channel);
    this.channels.delete(channel.id);
    this.callOf(channel)?.channels.delete(channel.id);
  }

  /** Remembers a channel that is gone before it was ever seen. */
  forget(id: ChannelId): void {
    this.#gone.add(id);
  }

  end(call: Call): void {
    this.calls.delete(call.id);
    this.#ended.add(call.id);
    for (const id of call.merged) {
      this.#mergedInto.delete(id);
      this.#ended.add(id);
    }
  }

  enterBridge(channel: Channel, bridgeId: BridgeId): void {
    if (channel.bridgeId === bridgeId) return;
    this.leaveBridge(channel);
    channel.bridgeId = bridgeId;
    const members = this.#bridges.get(bridgeId);
    if (members === undefined) this.#bridges.set(bridgeId, new Set([channel.id]));
    else members.add(channel.id);
  }

  leaveBridge(channel: Channel): void {
    if (channel.bridgeId === undefined) return;
    const members = this.#bridges.get(channel.bridgeId);
    members?.delete(channel.id);
    if (members?.size === 0) this.#bridges.delete(channel.bridgeId);
    channel.bridgeId = undefined;
  }

  /** The channel of a device that speaks through this one: itself, or what is at the other end of its Local wire. */
  speaker(channel: Channel, hops = 0): Channel | undefined {
    if (isReal(channel)) return channel;
    const other = this.#otherHalf(channel);
    if (other === undefined || hops > MAX_HOPS) return undefined;
    for (const id of this.#neighbours(other)) {
      const neighbour = this.channels.get(id);
      const speaker = neighbour === undefined ? undefined : this.speaker(neighbour, hops + 1);
      if (speaker !== undefined) return speaker;
    }
    return undefined;
  }

  /**
   * Who had this channel dialled, seen from the top of all Local hops: a caller; nobody (the PBX itself: a
   * click-to-call, a page); or that is not known. With nobody, `top` is the first channel that was dialled.
   */
  initiator(channel: Channel): { readonly who: 'caller' | 'nobody' | 'unknown'; readonly top: Channel } {
    let top = channel;
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const { leg } = top;
      // The first channel of all that was ever tied together is a Local one: the PBX made it.
      const isFirst = top.device.kind === 'local' && top.linkedId === String(top.id);
      if (leg?.by === undefined) return { who: leg?.begun || isFirst ? 'nobody' : 'unknown', top };
      const by = this.channels.get(leg.by);
      if (by === undefined || by.device.kind !== 'local' || by.device.half === 1)
        return { who: 'caller', top };
      const first = this.#otherHalf(by);
      if (first === undefined) return { who: 'unknown', top };
      top = first;
    }
    return { who: 'unknown', top };
  }

  /** What the other half of a Local channel dialled. */
  dialledBehind(channel: Channel): Channel | undefined {
    const dialled = this.#otherHalf(channel)?.dialled;
    return dialled === undefined ? undefined : this.channels.get(dialled);
  }

  /** The queue that offers a call to this leg, at any hop above it. */
  queueAbove(channel: Channel): string | undefined {
    let top = channel;
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      if (top.leg?.queue !== undefined) return top.leg.queue;
      const by = top.leg?.by === undefined ? undefined : this.channels.get(top.leg.by);
      if (by === undefined) return undefined;
      // Not every account is told whom a queue calls; but who waits in one is dialled for by nobody else.
      if (by.queue !== undefined && by.queue.givenUp === undefined) return by.queue.queue;
      const first = by.device.kind === 'local' && by.device.half === 2 ? this.#otherHalf(by) : undefined;
      if (first === undefined) return undefined;
      top = first;
    }
    return undefined;
  }

  /** How much is kept, for those who watch that it stays small. */
  size(): { readonly channels: number; readonly calls: number; readonly other: number } {
    const other = this.#mergedInto.size + this.#pairs.size + this.#bridges.size;
    return { channels: this.channels.size, calls: this.calls.size, other };
  }

  #newCall(id: CallId, order?: number): Call | undefined {
    if (this.#ended.has(id)) return undefined;
    this.#order += 1;
    const call = newCall(id, order ?? this.#order);
    this.calls.set(id, call);
    return call;
  }

  #rename(channel: Channel, name: string): void {
    this.#unwire(channel);
    channel.name = name;
    channel.device = this.#reader.ofChannel(name);
    this.#wire(channel);
  }

  #wire(channel: Channel): void {
    if (channel.device.kind !== 'local') return;
    const { pair, half } = channel.device;
    const wire = this.#pairs.get(pair) ?? { one: undefined, two: undefined };
    if (half === 1) wire.one = channel.id;
    else wire.two = channel.id;
    this.#pairs.set(pair, wire);
  }

  #unwire(channel: Channel): void {
    if (channel.device.kind !== 'local') return;
    const wire = this.#pairs.get(channel.device.pair);
    if (wire === undefined) return;
    if (wire.one === channel.id) wire.one = undefined;
    if (wire.two === channel.id) wire.two = undefined;
    if (wire.one === undefined && wire.two === undefined) this.#pairs.delete(channel.device.pair);
  }

  #otherHalf(channel: Channel): Channel | undefined {
    if (channel.device.kind !== 'local') return undefined;
    const wire = this.#pairs.get(channel.device.pair);
    const id = channel.device.half === 1 ? wire?.two : wire?.one;
    return id === undefined ? undefined : this.channels.get(id);
  }

  /** Whom a Local half is joined with: in its bridge, by its dial, or by being dialled. */
  *#neighbours(half: Channel): Generator<ChannelId> {
    if (half.bridgeId !== undefined) {
      for (const id of this.#bridges.get(half.bridgeId) ?? []) if (id !== half.id) yield id;
    }
    if (half.dialled !== undefined) yield half.dialled;
    if (half.leg?.by !== undefined) yield half.leg.by;
  }
}
