import type { PbxEvent } from '../model/event.ts';
import type { Memo } from '../model/memo.ts';
import type { Micros } from '../util/clock.ts';
import type { Call } from './call.ts';
import { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import { Channels } from './channels.ts';
import { Conferences } from './conferences.ts';
import { createDeviceReader } from './devices.ts';
import { Dials } from './dials.ts';
import type { ChannelId, Fact, QueueFact, UserFact } from './facts.ts';
import { Holds } from './holds.ts';
import { Memory } from './memory.ts';
import type { TelephonyOptions } from './options.ts';
import { Paging } from './paging.ts';
import { Parking } from './parking.ts';
import { QueueMembers } from './queue-members.ts';
import { Queues } from './queues.ts';
import { Recordings } from './recordings.ts';
import { createRegistrations, type Registrations } from './registrations.ts';
import { Settling } from './settling.ts';
import { Stocktaking } from './stocktaking.ts';
import { Teller } from './teller.ts';
import { Transfers } from './transfers.ts';
import { Trunks } from './trunks.ts';
import { Voicemail } from './voicemail.ts';

/**
 * Turns the facts of one PBX into events: few, each meaning one thing, each once. Deterministic: it has no clock
 * and does no IO.
 */
export interface Tracker {
  apply(fact: Fact): readonly PbxEvent[];
  /** Tells what waited for a counterpart until `now`. Infinity settles all and ends no call. */
  settle(now: Micros): readonly PbxEvent[];
  /**
   * Until when something waits for its counterpart, by the PBX's clock; undefined when nothing waits. A live
   * pipeline calls `settle(deadline)` once that time has passed without a further fact.
   */
  deadline(): Micros | undefined;
  /** What is to be remembered anew since the last time; nothing where nobody remembers. */
  memos(): readonly Memo[];
  /** The same of all that there is, for an end in order. */
  allMemos(): readonly Memo[];
  /** Keys of memos that could not be read, such as those of a newer version. */
  readonly unreadable: readonly string[];
  /** How much is kept of open calls: zeros when all channels are gone. */
  size(): { readonly channels: number; readonly calls: number; readonly other: number };
}

/**
 * @param memos what an earlier run remembered of this PBX, so that it goes on where that ended. Left out, nothing
 *   is remembered.
 */
export function createTracker(options: TelephonyOptions, memos?: readonly Memo[]): Tracker {
  return new TelephonyTracker(options, memos);
}

class TelephonyTracker implements Tracker {
  readonly unreadable: readonly string[];
  readonly #memory: Memory;
  readonly #teller: Teller;
  readonly #settling = new Settling();
  readonly #calls: Calls;
  readonly #dials: Dials;
  readonly #channels: Channels;
  readonly #holds: Holds;
  readonly #transfers: Transfers;
  readonly #parking: Parking;
  readonly #queues: Queues;
  readonly #paging: Paging;
  readonly #conferences: Conferences;
  readonly #voicemail: Voicemail;
  readonly #recordings: Recordings;
  readonly #registrations: Registrations;
  readonly #stocktaking: Stocktaking;
  readonly #trunks: Trunks;

  constructor(options: TelephonyOptions, memos: readonly Memo[] | undefined) {
    const memory = new Memory(options.pbx, memos !== undefined);
    const teller = new Teller(options.pbx, memory);
    const settling = this.#settling;
    const calls = new Calls(createDeviceReader(options), teller, this, memory);
    this.#memory = memory;
    this.#teller = teller;
    this.#calls = calls;
    this.#dials = new Dials(calls);
    this.#channels = new Channels(calls, this.#dials, teller);
    this.#holds = new Holds(calls);
    this.#parking = new Parking(calls, this.#dials, settling);
    this.#transfers = new Transfers(calls, this.#holds, this.#parking, settling);
    const members = new QueueMembers(calls.reader, teller, memory);
    this.#queues = new Queues(calls, this.#dials, members, teller, settling);
    this.#paging = new Paging(calls, options.pagingExtensions);
    this.#conferences = new Conferences(calls, this.#paging, teller, memory);
    this.#voicemail = new Voicemail(calls, teller, settling, memory, (hangup) => this.#channels.gone(hangup));
    this.#recordings = new Recordings(calls);
    this.#registrations = createRegistrations(options, memory);
    this.#trunks = new Trunks(teller, memory);
    this.#stocktaking = new Stocktaking({
      calls,
      parking: this.#parking,
      queues: this.#queues,
      members,
      conferences: this.#conferences,
      teller,
      memory,
      apply: (fact) => this.#dispatch(fact),
    });
    this.unreadable = memory.recall(memos ?? []);
  }

  apply(fact: Fact): readonly PbxEvent[] {
    const deadline = this.deadline();
    if (deadline !== undefined && deadline <= fact.at) this.#settle(fact.at);
    this.#dispatch(fact);
    return this.#teller.take();
  }

  settle(now: Micros): readonly PbxEvent[] {
    this.#settle(now);
    return this.#teller.take();
  }

  deadline(): Micros | undefined {
    const ofCalls = earlier(this.#settling.deadline(), this.#trunks.deadline());
    return earlier(ofCalls, this.#registrations.deadline());
  }

  memos(): readonly Memo[] {
    return this.#memory.take();
  }

  allMemos(): readonly Memo[] {
    return this.#memory.all();
  }

  size(): { readonly channels: number; readonly calls: number; readonly other: number } {
    const { channels, calls, other } = this.#calls.graph.size();
    return {
      channels,
      calls,
      other: other + this.#conferences.size() + this.#paging.size() + this.#voicemail.size(),
    };
  }

  /** @internal What the other trackers do then; see `Lifecycle`. */
  callStarted(call: Call): void {
    this.#paging.suspect(call);
  }

  /** @internal */
  callRecalled(call: Call): void {
    this.#paging.recalled(call);
    if (call.pendingTransfer !== undefined)
      this.#settling.later(call.pendingTransfer.at, { what: 'transfer', callId: call.id });
    if (call.parked?.told === false)
      this.#settling.later(call.parked.at, { what: 'parking', callId: call.id });
    for (const { id, queue } of this.#calls.graph.channelsOf(call)) {
      if (queue?.givenUp !== undefined)
        this.#settling.later(queue.givenUp.at, { what: 'queue', channelId: id });
    }
  }

  /** @internal */
  channelGone(channel: Channel, call: Call, at: Micros): void {
    this.#transfers.settleOf(channel.id);
    this.#voicemail.channelGone(channel);
    this.#queues.channelGone(channel, call, at);
    this.#paging.channelGone(channel, call, at);
    this.#conferences.channelGone(channel, at);
    this.#recordings.channelGone(channel, call, at);
  }

  /** @internal */
  callEnding(call: Call, at: Micros): void {
    this.#transfers.settle(call.id);
    this.#parking.settle(call.id);
    this.#paging.callEnding(call, at);
  }

  #settle(now: Micros): void {
    this.#trunks.settle(now);
    this.#teller.relay(this.#registrations.settle(now));
    for (const unsettled of this.#settling.due(now)) {
      switch (unsettled.what) {
        case 'transfer':
          this.#transfers.settle(unsettled.callId);
          break;
        case 'parking':
          this.#parking.settle(unsettled.callId);
          break;
        case 'queue':
          this.#queues.settle(unsettled.channelId);
          break;
        case 'mailbox':
          this.#voicemail.settle(unsettled.mailbox, now);
          break;
        case 'hangup':
          this.#voicemail.settleHangup(unsettled.channelId);
          break;
        default:
          unsettled satisfies never;
      }
    }
  }

  #dispatch(fact: Fact): void {
    switch (fact.kind) {
      case 'channel.seen':
      case 'channel.hangup_requested':
      case 'channel.soft_hangup':
        this.#channels.seen(fact);
        break;
      case 'channel.gone':
        this.#parking.hungUp(fact.channel.id, fact.at);
        if (!this.#voicemail.holdsBack(fact)) this.#channels.gone(fact);
        break;
      case 'channel.held':
        this.#holds.held(fact.channel, fact.at);
        break;
      case 'channel.resumed':
        this.#holds.resumed(fact.channel, fact.at);
        break;
      case 'dial.begun':
        if (fact.caller !== undefined) this.#transfers.settleOf(fact.caller.id);
        this.#dials.begun(fact);
        this.#suspectPage(fact.dest.id);
        break;
      case 'dial.ringing':
        this.#dials.ringing(fact);
        break;
      case 'dial.ended':
        this.#dials.ended(fact);
        break;
      case 'dial.picked_up':
        this.#dials.pickedUp(fact);
        break;
      case 'dial.originated':
        this.#calls.sentTo(fact.channelId, fact.target);
        break;
      case 'bridge.entered':
      case 'bridge.left':
        this.#channels.bridged(fact);
        break;
      case 'transfer.blind':
        this.#transfers.blind(fact);
        break;
      case 'transfer.attended':
        this.#transfers.attended(fact);
        break;
      case 'parking.parked':
        this.#parking.parked(fact);
        break;
      case 'parking.retrieved':
        this.#parking.retrieved(fact);
        break;
      case 'parking.timed_out':
        this.#parking.timedOut(fact);
        break;
      case 'parking.abandoned':
        this.#parking.abandoned(fact);
        break;
      case 'conference.opened':
      case 'conference.closed':
      case 'conference.joined':
      case 'conference.left':
      case 'conference.muted':
      case 'conference.unmuted':
      case 'page.begun':
        this.#conferences.apply(fact);
        break;
      case 'voicemail.recorded':
      case 'voicemail.counted':
      case 'voicemail.listed':
        this.#voicemail.apply(fact);
        break;
      case 'recording.started':
      case 'recording.stopped':
        this.#recordings.apply(fact);
        break;
      case 'user.event':
        this.#userEvent(fact);
        break;
      case 'event.told':
        this.#teller.relay([fact.event]);
        break;
      case 'pbx.up_since':
        this.#teller.inferring(() => {
          this.#channels.lostBefore(fact.since, fact.at);
          this.#conferences.closeOpenedBefore(fact.since, fact.at);
        });
        break;
      case 'pbx.stock_taken':
        this.#stocktaking.take(fact);
        break;
      case 'pbx.connected':
        this.#teller.tell('pbx.connected', fact.at, {});
        this.#trunks.apply(fact);
        this.#teller.relay(this.#registrations.apply(fact));
        break;
      case 'pbx.disconnected':
        this.#teller.tell('pbx.disconnected', fact.at, { reason: fact.reason });
        this.#teller.relay(this.#registrations.apply(fact));
        break;
      case 'pbx.booted':
        this.#trunks.apply(fact);
        this.#teller.relay(this.#registrations.apply(fact));
        break;
      case 'trunk.told':
      case 'trunks.listed':
        this.#trunks.apply(fact);
        break;
      default:
        if (isQueueFact(fact)) this.#queues.apply(fact);
        else this.#teller.relay(this.#registrations.apply(fact));
    }
  }

  #suspectPage(dialled: ChannelId): void {
    const channel = this.#calls.graph.channels.get(dialled);
    const call = channel && this.#calls.graph.callOf(channel);
    if (call?.pages) this.#paging.suspect(call);
  }

  #userEvent({ name, fields, channelId, at }: UserFact): void {
    const channel = channelId && this.#calls.graph.channels.get(channelId);
    const call = channel && this.#calls.graph.callOf(channel);
    if (call) this.#calls.tell('user.event', call, at, { name, fields });
    else this.#teller.tell('user.event', at, { name, fields });
  }
}

function earlier(a: Micros | undefined, b: Micros | undefined): Micros | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

function isQueueFact(fact: Fact): fact is QueueFact {
  return fact.kind.startsWith('queue.');
}
