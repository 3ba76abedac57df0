import type { CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import type { Device } from './devices.ts';
import type { BridgeId, ChannelId, ChannelSnapshot, ChannelState, DialStatus } from './facts.ts';

/** A channel as the trackers know it. Plain data, so that open calls can be kept over a restart. */
export interface Channel {
  readonly id: ChannelId;
  name: string;
  device: Device;
  /** The call that it belongs to now. */
  callId: CallId;
  /** What the PBX last said that ties it to others; that call may have merged into `callId`. */
  linkedId: CallId;
  /** The call that it was created in: a consultation keeps its name after it merged. */
  readonly bornIn: CallId;
  readonly seenFirst: Micros;
  state: ChannelState;
  callerNumber: string | undefined;
  callerName: string | undefined;
  exten: string | undefined;
  accountCode: string | undefined;
  /** Being dialled; undefined of a channel that came by itself. */
  leg: Leg | undefined;
  /** The channel that it dialled last. */
  dialled: ChannelId | undefined;
  bridgeId: BridgeId | undefined;
  hangupRequestedAt: Micros | undefined;
  /** Gave the call away: its hang-up ends nobody's conversation. */
  transferredAway: boolean;
  softCause: number | undefined;
  queue: QueueStay | undefined;
  /** The queue that the dial plan sent it to last. */
  queueTried: string | undefined;
  /** File of the message that it left. */
  messageFile: string | undefined;
  /** Mailboxes that it changed, where it is not yet known whether it left a message. */
  readonly mailboxes: string[];
}

/** One channel being dialled. */
export interface Leg {
  /** Who dials it; undefined when nobody's channel does, or when that is not known. */
  by: ChannelId | undefined;
  /** Who dials it is the second half of a Local channel, which may be gone before this leg is. */
  behindLocal: boolean;
  /** Its begin was told, so that without `by` it is known that nobody's channel dials. */
  begun: boolean;
  beganAt: Micros;
  ringingAt: Micros | undefined;
  /** Picked up; where it is asked to confirm first, that is no answer yet. */
  upAt: Micros | undefined;
  /** Number sent to a trunk. */
  number: string | undefined;
  /** Queue that offers a call to it. */
  queue: string | undefined;
  status: DialStatus | undefined;
  endedAt: Micros | undefined;
  /** Sent the caller on to somewhere else. */
  forwarded: boolean;
  /** The dial round of its call that it counts for; see `Round`. */
  round: number;
}

/** A caller's stay in a queue. */
export interface QueueStay {
  readonly queue: string;
  readonly joinedAt: Micros;
  /** Where in the dial plan it was then. */
  readonly exten: string | undefined;
  readonly position: number | undefined;
  /** Why the queue let it go, as far as the PBX said. */
  reason: string | undefined;
  /** Left without an agent, as far as is known; whether it hung up is not known yet. */
  givenUp: GivenUp | undefined;
}

export interface GivenUp {
  readonly at: Micros;
  /** The PBX said that it gave up; false: only that it left, as it also does for an agent. */
  readonly said: boolean;
  readonly position: number | undefined;
  readonly originalPosition: number | undefined;
  readonly waitSeconds: number | undefined;
}

export function newChannel(
  snapshot: ChannelSnapshot,
  device: Device,
  callId: CallId,
  seenFirst: Micros,
): Channel {
  return {
    id: snapshot.id,
    name: snapshot.name,
    device,
    callId,
    linkedId: snapshot.callId,
    bornIn: callId,
    seenFirst,
    state: snapshot.state,
    callerNumber: snapshot.callerNumber,
    callerName: snapshot.callerName,
    exten: snapshot.exten,
    accountCode: snapshot.accountCode,
    leg: undefined,
    dialled: undefined,
    bridgeId: undefined,
    hangupRequestedAt: undefined,
    transferredAway: false,
    softCause: undefined,
    queue: undefined,
    queueTried: undefined,
    messageFile: undefined,
    mailboxes: [],
  };
}

/** Whether a device stands behind the channel. */
export function isReal(channel: Channel): boolean {
  return channel.device.kind === 'extension' || channel.device.kind === 'outside';
}
