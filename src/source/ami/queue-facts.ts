import type { ChannelSnapshot, Fact } from '../../telephony/facts.ts';
import type { Micros } from '../../util/clock.ts';
import { CHANNEL, channelOf, DEST, numberOf, type ReadFact, textOf } from './channel-fields.ts';
import type { AmiPacket } from './connection.ts';

interface Agent {
  readonly agent: string | undefined;
  readonly agentDevice: string | undefined;
}

interface Offer extends Agent {
  readonly queue: string;
  readonly at: Micros;
  readonly channel: ChannelSnapshot;
  readonly dest: ChannelSnapshot | undefined;
}

/** Events of class agent (app_queue.c). */
export const queueFacts: readonly (readonly [string, ReadFact])[] = [
  [
    'QueueCallerJoin',
    ofCaller((caller, packet) => ({
      kind: 'queue.joined',
      ...caller,
      position: numberOf(packet, 'position'),
      waiting: numberOf(packet, 'count'),
    })),
  ],
  [
    'QueueCallerLeave',
    ofCaller((caller, packet) => ({
      kind: 'queue.left',
      ...caller,
      position: numberOf(packet, 'position'),
    })),
  ],
  [
    'QueueCallerAbandon',
    ofCaller((caller, packet) => ({
      kind: 'queue.given_up',
      ...caller,
      position: numberOf(packet, 'position'),
      originalPosition: numberOf(packet, 'originalposition'),
      waitSeconds: numberOf(packet, 'holdtime'),
    })),
  ],
  ['AgentCalled', ofOffer((offer) => ({ kind: 'queue.agent_called', ...offer }))],
  [
    'AgentRingNoAnswer',
    ofOffer((offer, packet) => {
      const ringMs = numberOf(packet, 'ringtime');
      const ringSeconds = ringMs === undefined ? undefined : ringMs / 1000;
      return { kind: 'queue.agent_no_answer', ...offer, ringSeconds };
    }),
  ],
  [
    'AgentConnect',
    ofOffer((offer, packet) => ({
      kind: 'queue.agent_connected',
      ...offer,
      ringSeconds: numberOf(packet, 'ringtime'),
      waitSeconds: numberOf(packet, 'holdtime'),
    })),
  ],
  ['AgentComplete', agentCompleted],
  ['QueueMemberAdded', ofMember(() => 'queue.agent_added')],
  ['QueueMemberRemoved', ofMember(() => 'queue.agent_removed')],
  ['QueueMemberPause', ofMember(pauseOf)],
  // Up to Asterisk 11.
  ['QueueMemberPaused', ofMember(pauseOf)],
];

function pauseOf(packet: AmiPacket): 'queue.agent_paused' | 'queue.agent_unpaused' {
  return packet['paused'] === '1' ? 'queue.agent_paused' : 'queue.agent_unpaused';
}

function ofCaller(
  make: (caller: { queue: string; at: Micros; channel: ChannelSnapshot }, packet: AmiPacket) => Fact,
): ReadFact {
  return (packet, at) => {
    const channel = channelOf(packet, CHANNEL);
    const queue = packet['queue'];
    return channel && queue ? make({ queue, at, channel }, packet) : undefined;
  };
}

function ofOffer(make: (offer: Offer, packet: AmiPacket) => Fact): ReadFact {
  return (packet, at) => {
    const channel = channelOf(packet, CHANNEL);
    const queue = packet['queue'];
    if (channel === undefined || !queue) return undefined;
    return make({ queue, at, channel, dest: channelOf(packet, DEST), ...agentOf(packet) }, packet);
  };
}

function agentCompleted(packet: AmiPacket, at: Micros): Fact | undefined {
  const queue = packet['queue'];
  if (!queue) return undefined;
  return {
    kind: 'queue.agent_completed',
    at,
    queue,
    channel: channelOf(packet, CHANNEL),
    dest: channelOf(packet, DEST),
    ...agentOf(packet),
    talkSeconds: numberOf(packet, 'talktime'),
    waitSeconds: numberOf(packet, 'holdtime'),
    reason: textOf(packet, 'reason'),
  };
}

function ofMember(
  kindOf: (
    packet: AmiPacket,
  ) => 'queue.agent_added' | 'queue.agent_removed' | 'queue.agent_paused' | 'queue.agent_unpaused',
): ReadFact {
  return (packet, at) => {
    const queue = packet['queue'];
    if (!queue) return undefined;
    const reason = textOf(packet, 'pausedreason') ?? textOf(packet, 'reason');
    const isPaused = packet['paused'] === undefined ? undefined : packet['paused'] === '1';
    return { kind: kindOf(packet), at, queue, ...agentOf(packet), reason, isPaused };
  };
}

function agentOf(packet: AmiPacket): Agent {
  // `Location` up to Asterisk 11.
  const agentDevice = textOf(packet, 'interface') ?? textOf(packet, 'location');
  return { agent: textOf(packet, 'membername'), agentDevice };
}
