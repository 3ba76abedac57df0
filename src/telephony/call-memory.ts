import { z } from 'zod';
import type { CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import { type Call, newCall, type Round } from './call.ts';
import { type Channel, type Leg, newChannel, type QueueStay } from './channel.ts';
import type { DeviceReader } from './devices.ts';
import type { BridgeId, ChannelId } from './facts.ts';
import { maybe } from './memory.ts';

/** How an open call is written down and read again. What an older version did not write has its default. */

const isText = (value: unknown): boolean => typeof value === 'string';
const micros = z.custom<Micros>(Number.isSafeInteger);
const callId = z.custom<CallId>(isText);
const channelId = z.custom<ChannelId>(isText);

/** A reader for every key, so that none is forgotten. */
type Written<State> = { readonly [Key in keyof State]-?: z.ZodType };

const text = maybe(z.string());
const number = maybe(z.number());
const time = maybe(micros);

const dialStatus = z.enum(['answer', 'busy', 'no_answer', 'cancel', 'congestion', 'unavailable', 'other']);

const leg = z.object({
  by: maybe(channelId),
  behindLocal: z.boolean(),
  begun: z.boolean(),
  beganAt: micros,
  ringingAt: time,
  upAt: time,
  number: text,
  queue: text,
  status: maybe(dialStatus),
  endedAt: time,
  forwarded: z.boolean(),
  round: z.number(),
} satisfies Written<Leg>);

const queueStay = z.object({
  queue: z.string(),
  joinedAt: micros,
  exten: text,
  position: number,
  reason: text,
  givenUp: maybe(
    z.object({
      at: micros,
      said: z.boolean(),
      position: number,
      originalPosition: number,
      waitSeconds: number,
    }),
  ),
} satisfies Written<QueueStay>);

const channel = z.object({
  id: channelId,
  name: z.string(),
  linkedId: callId,
  bornIn: callId,
  seenFirst: micros,
  state: z.enum(['down', 'dialling', 'ring', 'ringing', 'up', 'other']),
  callerNumber: text,
  callerName: text,
  exten: text,
  accountCode: text,
  leg: maybe(leg),
  dialled: maybe(channelId),
  bridgeId: maybe(z.custom<BridgeId>(isText)),
  hangupRequestedAt: time,
  transferredAway: z.boolean(),
  softCause: number,
  queue: maybe(queueStay),
  messageFile: text,
  queueTried: text,
  mailboxes: z.array(z.string()),
} satisfies Written<Omit<Channel, 'device' | 'callId'>>);

const round = z.object({
  number: z.number(),
  open: z.number(),
  endedAt: time,
  dialled: z.boolean(),
  rangOut: z.boolean(),
  declined: z.boolean(),
  busy: z.boolean(),
  cancelled: z.boolean(),
  failed: z.boolean(),
  served: z.boolean(),
} satisfies Written<Round>);

const call = z.object({
  order: z.number(),
  channels: z.array(channel).min(1),
  merged: z.array(callId),
  startedAt: micros,
  isTold: z.boolean(),
  sequence: z.number(),
  originId: maybe(channelId),
  originated: z.boolean(),
  originUp: z.boolean(),
  originOutside: z.boolean(),
  originEnd: maybe(z.object({ cause: z.number(), text, requestedAt: time, wasUp: z.boolean() })),
  from: text,
  to: text,
  callerName: text,
  callerNumber: text,
  accountCode: text,
  trunk: text,
  dialledOutside: z.boolean(),
  answer: maybe(z.object({ at: micros, by: text, queue: text })),
  round,
  rung: z.array(z.tuple([z.string(), z.enum(['rang', 'refused'])])),
  lastDialled: text,
  holds: z.array(z.tuple([z.string(), z.object({ since: micros, channelId, party: text })])),
  departures: z.array(z.object({ channelId, at: micros, requestedAt: time })),
  parked: maybe(
    z.object({
      at: micros,
      parkeeId: channelId,
      lot: text,
      space: text,
      timeoutSeconds: number,
      party: text,
      by: text,
      told: z.boolean(),
    }),
  ),
  pendingTransfer: maybe(
    z.object({ at: micros, transfereeId: maybe(channelId), by: text, party: text, destination: text }),
  ),
  wasParked: z.boolean(),
  wasQueued: z.boolean(),
  abandoned: z.boolean(),
  messageLeft: z.boolean(),
  page: maybe(z.object({ pagerId: channelId, room: text, startedAt: time, by: text, extension: text })),
  paged: z.array(z.tuple([z.string(), z.enum(['rung', 'took'])])),
  recordings: z.array(z.object({ file: z.string(), startedAt: micros, channelId })),
  recording: text,
  pages: z.boolean(),
} satisfies Written<Omit<Call, 'id'>>);

/** Plain data of an open call and its channels. */
export function writtenCall(open: Call, channels: readonly Channel[]): unknown {
  return {
    ...open,
    channels: channels.map(({ device: _readFromName, ...rest }) => rest),
    rung: [...open.rung],
    holds: [...open.holds],
    paged: [...open.paged],
  };
}

/** The call and channels that `written` tells of; undefined if it is none. */
export function readCall(
  id: CallId,
  written: unknown,
  reader: DeviceReader,
): { readonly call: Call; readonly channels: readonly Channel[] } | undefined {
  const read = call.safeParse(written);
  if (!read.success) return undefined;
  const { channels, rung, holds, paged, ...rest } = read.data;
  return {
    call: {
      ...newCall(id, rest.order),
      ...rest,
      channels: new Set(channels.map((one) => one.id)),
      rung: new Map(rung),
      holds: new Map(holds),
      paged: new Map(paged),
    },
    channels: channels.map((one) => ({
      ...newChannel({ ...one, callId: one.linkedId }, reader.ofChannel(one.name), id, one.seenFirst),
      ...one,
    })),
  };
}
