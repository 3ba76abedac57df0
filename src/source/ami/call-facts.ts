import type { BridgeId, ChannelId, ChannelSnapshot, DialStatus, Fact } from '../../telephony/facts.ts';
import type { Micros } from '../../util/clock.ts';
import {
  CHANNEL,
  channelOf,
  DEST,
  numberOf,
  ORIG_TRANSFERER,
  PARKEE,
  RETRIEVER,
  type ReadFact,
  SECOND_TRANSFERER,
  TARGET,
  TRANSFER_TARGET,
  TRANSFEREE,
  TRANSFERER,
  textOf,
} from './channel-fields.ts';
import type { AmiPacket } from './connection.ts';
import { queueFacts } from './queue-facts.ts';
import { serviceFacts } from './service-facts.ts';

/** `DialStatus` of DialEnd (app_dial.c, dial.c, app_queue.c). */
const DIAL_STATUSES: Readonly<Record<string, DialStatus>> = {
  ANSWER: 'answer',
  BUSY: 'busy',
  NOANSWER: 'no_answer',
  CANCEL: 'cancel',
  CONGESTION: 'congestion',
  CHANUNAVAIL: 'unavailable',
};

const seen = ofChannel((channel, at) => ({ kind: 'channel.seen', at, channel }));

/** By event name; an event that is not here tells nothing of calls. */
export const CALL_FACTS: ReadonlyMap<string, ReadFact> = new Map<string, ReadFact>([
  ['Newchannel', seen],
  ['Newstate', seen],
  ['NewCallerid', seen],
  ['NewConnectedLine', seen],
  ['NewAccountCode', seen],
  ['Hold', ofChannel((channel, at) => ({ kind: 'channel.held', at, channel }))],
  ['Unhold', ofChannel((channel, at) => ({ kind: 'channel.resumed', at, channel }))],
  ['HangupRequest', ofChannel((channel, at) => ({ kind: 'channel.hangup_requested', at, channel }))],
  [
    'SoftHangupRequest',
    ofChannel((channel, at, packet) => ({
      kind: 'channel.soft_hangup',
      at,
      channel,
      cause: numberOf(packet, 'cause'),
    })),
  ],
  [
    'Hangup',
    ofChannel((channel, at, packet) => ({
      kind: 'channel.gone',
      at,
      channel,
      cause: numberOf(packet, 'cause'),
      causeText: textOf(packet, 'cause-txt'),
    })),
  ],
  ['DialBegin', dialBegun],
  ['DialState', dialState],
  ['DialEnd', dialEnded],
  ['Pickup', pickedUp],
  ['OriginateResponse', originated],
  ['BridgeEnter', bridged('bridge.entered')],
  ['BridgeLeave', bridged('bridge.left')],
  ['BlindTransfer', blindTransfer],
  ['AttendedTransfer', attendedTransfer],
  ['ParkedCall', parked],
  ['UnParkedCall', retrieved],
  ['ParkedCallTimeOut', parkingOver('parking.timed_out')],
  ['ParkedCallGiveUp', parkingOver('parking.abandoned')],
  ...serviceFacts,
  ...queueFacts,
]);

function ofChannel(make: (channel: ChannelSnapshot, at: Micros, packet: AmiPacket) => Fact): ReadFact {
  return (packet, at) => {
    const channel = channelOf(packet, CHANNEL);
    return channel && make(channel, at, packet);
  };
}

function dialBegun(packet: AmiPacket, at: Micros): Fact | undefined {
  const dest = channelOf(packet, DEST);
  const dialString = textOf(packet, 'dialstring');
  return dest && { kind: 'dial.begun', at, caller: channelOf(packet, CHANNEL), dest, dialString };
}

function dialState(packet: AmiPacket, at: Micros): Fact | undefined {
  if (packet['dialstatus'] !== 'RINGING') return undefined;
  const dest = channelOf(packet, DEST);
  return dest && { kind: 'dial.ringing', at, caller: channelOf(packet, CHANNEL), dest };
}

function dialEnded(packet: AmiPacket, at: Micros): Fact | undefined {
  const dest = channelOf(packet, DEST);
  const status = DIAL_STATUSES[packet['dialstatus'] ?? ''] ?? 'other';
  const forward = textOf(packet, 'forward');
  return dest && { kind: 'dial.ended', at, caller: channelOf(packet, CHANNEL), dest, status, forward };
}

function pickedUp(packet: AmiPacket, at: Micros): Fact | undefined {
  const picker = channelOf(packet, CHANNEL);
  const target = channelOf(packet, TARGET);
  return picker && target && { kind: 'dial.picked_up', at, picker, target };
}

/** Sent for asynchronous Originates only; one into an application has no extension. */
function originated(packet: AmiPacket, at: Micros): Fact | undefined {
  const { uniqueid: id, exten: target, response } = packet;
  if (response !== 'Success' || !id || !target) return undefined;
  return { kind: 'dial.originated', at, channelId: id as ChannelId, target };
}

function bridged(kind: 'bridge.entered' | 'bridge.left'): ReadFact {
  return (packet, at) => {
    const channel = channelOf(packet, CHANNEL);
    const bridgeId = packet['bridgeuniqueid'];
    return channel && bridgeId ? { kind, at, channel, bridgeId: bridgeId as BridgeId } : undefined;
  };
}

function blindTransfer(packet: AmiPacket, at: Micros): Fact | undefined {
  const transferer = channelOf(packet, TRANSFERER);
  if (transferer === undefined || packet['result'] !== 'Success') return undefined;
  return {
    kind: 'transfer.blind',
    at,
    transferer,
    transferee: channelOf(packet, TRANSFEREE),
    destination: textOf(packet, 'extension'),
  };
}

function attendedTransfer(packet: AmiPacket, at: Micros): Fact | undefined {
  const transferer = channelOf(packet, ORIG_TRANSFERER);
  if (transferer === undefined || packet['result'] !== 'Success') return undefined;
  return {
    kind: 'transfer.attended',
    at,
    transferer,
    consulting: channelOf(packet, SECOND_TRANSFERER) ?? transferer,
    transferee: channelOf(packet, TRANSFEREE),
    target: channelOf(packet, TRANSFER_TARGET),
    threeWay: packet['desttype'] === 'Threeway',
    intoApplication: packet['desttype'] === 'App',
  };
}

function parked(packet: AmiPacket, at: Micros): Fact | undefined {
  const parkee = channelOf(packet, PARKEE);
  return (
    parkee && {
      kind: 'parking.parked',
      at,
      parkee,
      ...parkingSlot(packet),
      parker: textOf(packet, 'parkerdialstring'),
      timeoutSeconds: numberOf(packet, 'parkingtimeout'),
    }
  );
}

function retrieved(packet: AmiPacket, at: Micros): Fact | undefined {
  const parkee = channelOf(packet, PARKEE);
  const retriever = channelOf(packet, RETRIEVER);
  return parkee && retriever && { kind: 'parking.retrieved', at, parkee, retriever, ...parkingSlot(packet) };
}

function parkingOver(kind: 'parking.timed_out' | 'parking.abandoned'): ReadFact {
  return (packet, at) => {
    const parkee = channelOf(packet, PARKEE);
    return parkee && { kind, at, parkee, ...parkingSlot(packet) };
  };
}

function parkingSlot(packet: AmiPacket): { lot: string | undefined; space: string | undefined } {
  return { lot: textOf(packet, 'parkinglot'), space: textOf(packet, 'parkingspace') };
}
