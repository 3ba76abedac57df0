import type { CallId } from '../../model/ids.ts';
import type { ChannelId, ChannelSnapshot, ChannelState, Fact } from '../../telephony/facts.ts';
import type { Micros } from '../../util/clock.ts';
import type { AmiPacket } from './connection.ts';

/** `ChannelState` (channelstate.h) to what it says of a call; a state without a name here does not matter. */
const STATES: Readonly<Record<string, ChannelState>> = {
  '0': 'down',
  '3': 'dialling',
  '4': 'ring',
  '5': 'ringing',
  '6': 'up',
};

/** What one event tells, or nothing. */
export type ReadFact = (packet: AmiPacket, at: Micros) => Fact | undefined;

/** Names of the headers in which an event tells of one channel: `Channel`, `DestChannel`, `TransfereeChannel` … */
interface Headers {
  readonly name: string;
  readonly uniqueid: string;
  readonly linkedid: string;
  readonly state: string;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly exten: string;
  readonly accountCode: string;
}

function headersOf(prefix: string): Headers {
  return {
    name: `${prefix}channel`,
    uniqueid: `${prefix}uniqueid`,
    linkedid: `${prefix}linkedid`,
    state: `${prefix}channelstate`,
    callerNumber: `${prefix}calleridnum`,
    callerName: `${prefix}calleridname`,
    exten: `${prefix}exten`,
    accountCode: `${prefix}accountcode`,
  };
}

export const CHANNEL = headersOf('');
export const DEST = headersOf('dest');
export const TARGET = headersOf('target');
export const PARKEE = headersOf('parkee');
export const RETRIEVER = headersOf('retriever');
export const TRANSFERER = headersOf('transferer');
export const TRANSFEREE = headersOf('transferee');
export const ORIG_TRANSFERER = headersOf('origtransferer');
export const SECOND_TRANSFERER = headersOf('secondtransferer');
export const TRANSFER_TARGET = headersOf('transfertarget');

/** One channel that an event tells of; undefined if it tells of none. */
export function channelOf(packet: AmiPacket, headers: Headers): ChannelSnapshot | undefined {
  const id = packet[headers.uniqueid];
  const name = packet[headers.name];
  if (!id || !name) return undefined;
  return {
    id: id as ChannelId,
    name,
    callId: (packet[headers.linkedid] || id) as CallId,
    state: STATES[packet[headers.state] ?? ''] ?? 'other',
    callerNumber: textOf(packet, headers.callerNumber),
    callerName: textOf(packet, headers.callerName),
    exten: textOf(packet, headers.exten),
    accountCode: textOf(packet, headers.accountCode),
  };
}

/** A header's value, its escapes undone; undefined when Asterisk says that it has none. */
export function textOf(packet: AmiPacket, header: string): string | undefined {
  const value = packet[header];
  if (value === undefined || value === '' || value === '<unknown>') return undefined;
  return value.includes('\\') ? unescaped(value) : value;
}

/** A header's value as a number that is not negative. */
export function numberOf(packet: AmiPacket, header: string): number | undefined {
  const value = packet[header];
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Undoes once what `ast_escape_c` (utils.c) does to values of channel snapshots. */
function unescaped(value: string): string {
  return value.replace(/\\(.)/gs, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}
