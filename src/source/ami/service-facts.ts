import type { ChannelId, Fact } from '../../telephony/facts.ts';
import type { Micros } from '../../util/clock.ts';
import { CHANNEL, channelOf, numberOf, type ReadFact, textOf } from './channel-fields.ts';
import type { AmiPacket } from './connection.ts';

/** Events of what the dial plan offers beside calls: conferences, pages, voicemail, recordings, events of its own. */
export const serviceFacts: readonly (readonly [string, ReadFact])[] = [
  ['ConfbridgeStart', room('conference.opened')],
  ['ConfbridgeEnd', room('conference.closed')],
  ['ConfbridgeJoin', joined],
  ['ConfbridgeLeave', inRoom('conference.left')],
  ['ConfbridgeMute', inRoom('conference.muted')],
  ['ConfbridgeUnmute', inRoom('conference.unmuted')],
  ...meetme(),
  ['MessageWaiting', messageWaiting],
  ['MixMonitorStop', recordingStopped],
  ['VarSet', variableSet],
  ['Newexten', applicationRun],
  ['UserEvent', userEvent],
];

/**
 * MeetMe (app_meetme.c, gone in Asterisk 21): the conference that was there before ConfBridge. It tells no start: the
 * first to join opens the room; and nothing of who may administer it or enters muted.
 */
function meetme(): readonly (readonly [string, ReadFact])[] {
  const muted = inRoom('conference.muted', 'meetme');
  const unmuted = inRoom('conference.unmuted', 'meetme');
  return [
    ['MeetmeJoin', joined],
    ['MeetmeLeave', inRoom('conference.left', 'meetme')],
    ['MeetmeEnd', room('conference.closed', 'meetme')],
    ['MeetmeMute', (packet, at) => (packet['status'] === 'off' ? unmuted : muted)(packet, at)],
  ];
}

function room(kind: 'conference.opened' | 'conference.closed', header = 'conference'): ReadFact {
  return (packet, at) => {
    const name = packet[header];
    return name ? { kind, at, room: name } : undefined;
  };
}

function inRoom(
  kind: 'conference.left' | 'conference.muted' | 'conference.unmuted',
  header = 'conference',
): ReadFact {
  return (packet, at) => {
    const channel = channelOf(packet, CHANNEL);
    const name = packet[header];
    return channel && name ? { kind, at, channel, room: name } : undefined;
  };
}

function joined(packet: AmiPacket, at: Micros): Fact | undefined {
  const channel = channelOf(packet, CHANNEL);
  const name = packet['conference'] ?? packet['meetme'];
  if (channel === undefined || !name) return undefined;
  const admin = packet['admin'] === 'Yes';
  return { kind: 'conference.joined', at, channel, room: name, admin, muted: packet['muted'] === 'Yes' };
}

function messageWaiting(packet: AmiPacket, at: Micros): Fact | undefined {
  const mailbox = packet['mailbox'];
  const newCount = numberOf(packet, 'new');
  const oldCount = numberOf(packet, 'old');
  if (!mailbox || newCount === undefined || oldCount === undefined) return undefined;
  return { kind: 'voicemail.counted', at, mailbox, newCount, oldCount, channel: channelOf(packet, CHANNEL) };
}

/** Variables that tell what no event tells. */
function variableSet(packet: AmiPacket, at: Micros): Fact | undefined {
  const variable = packet['variable'];
  if (variable !== 'VM_MESSAGEFILE' && variable !== 'QUEUESTATUS' && variable !== 'MIXMONITOR_FILENAME') {
    return undefined;
  }
  const channel = channelOf(packet, CHANNEL);
  const value = textOf(packet, 'value');
  if (channel === undefined || value === undefined) return undefined;
  if (variable === 'VM_MESSAGEFILE') return { kind: 'voicemail.recorded', at, channel, file: value };
  if (variable === 'MIXMONITOR_FILENAME') return { kind: 'recording.started', at, channel, file: value };
  const reason = QUEUE_STATUSES[value];
  if (reason === undefined) return undefined;
  return { kind: 'queue.status', at, channel, reason, refused: REFUSALS.has(value) };
}

/** `QUEUESTATUS` (app_queue.c). */
const QUEUE_STATUSES: Readonly<Record<string, string>> = {
  TIMEOUT: 'timeout',
  FULL: 'full',
  JOINEMPTY: 'empty',
  LEAVEEMPTY: 'empty',
  JOINUNAVAIL: 'unavailable',
  LEAVEUNAVAIL: 'unavailable',
  CONTINUE: 'continue',
  WITHDRAW: 'withdrawn',
};

/** Of these the caller did not even enter the queue. */
const REFUSALS: ReadonlySet<string> = new Set(['FULL', 'JOINEMPTY', 'JOINUNAVAIL']);

function applicationRun(packet: AmiPacket, at: Micros): Fact | undefined {
  const { application } = packet;
  if (application !== 'Page' && application !== 'Queue') return undefined;
  const channel = channelOf(packet, CHANNEL);
  if (channel === undefined) return undefined;
  if (application === 'Page') return { kind: 'page.begun', at, channel };
  const queue = textOf(packet, 'appdata')?.split(',', 1)[0];
  return queue ? { kind: 'queue.tried', at, channel, queue } : undefined;
}

/** Headers of Asterisk's own in a UserEvent; the rest is the author's. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'event',
  'privilege',
  'timestamp',
  'userevent',
  'actionid',
  'chanvariable',
  ...Object.values(CHANNEL),
  'channelstatedesc',
  'connectedlinenum',
  'connectedlinename',
  'language',
  'context',
  'priority',
]);

function userEvent(packet: AmiPacket, at: Micros): Fact | undefined {
  const name = packet['userevent'];
  if (!name) return undefined;
  const fields: Record<string, string> = {};
  for (const key of Object.keys(packet)) {
    const value = packet[key];
    if (value !== undefined && !OWN_HEADERS.has(key) && key !== '__proto__') fields[key] = value;
  }
  const uniqueid = packet[CHANNEL.uniqueid];
  return { kind: 'user.event', at, name, fields, channelId: uniqueid ? (uniqueid as ChannelId) : undefined };
}

function recordingStopped(packet: AmiPacket, at: Micros): Fact | undefined {
  const channel = channelOf(packet, CHANNEL);
  return channel && { kind: 'recording.stopped', at, channel };
}
