import { z } from 'zod';
import type { CallId } from '../../model/ids.ts';
import type { BridgeId, ChannelId, Fact } from '../../telephony/facts.ts';
import { type Micros, microsFromMs } from '../../util/clock.ts';

/** Facts as a host tells them, for trackers to make events of. Times are Dates or RFC 3339; keys may be left out. */

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const channelId = z.custom<ChannelId>(isText, 'must be a text');
const callId = z.custom<CallId>(isText, 'must be a text');
const bridgeId = z.custom<BridgeId>(isText, 'must be a text');

/** A key that may be left out, and is undefined then. */
function maybe<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().transform((value): z.output<Schema> | undefined => value);
}

const EARLIEST = Date.UTC(2000) * 1000;
const LATEST = Date.UTC(2100) * 1000;
const NO_TIME = 'must be a Date, or RFC 3339';
const moment = z
  .union([z.date(NO_TIME), z.iso.datetime({ offset: true, error: NO_TIME })], NO_TIME)
  .transform((time): Micros => microsFromMs(new Date(time).getTime()))
  .refine((time) => time >= EARLIEST && time < LATEST, 'must be a time between the years 2000 and 2100');
const name = z.string().min(1);
const text = maybe(name);
const count = maybe(z.int().min(0).max(1_000_000_000));
/** Q.850. */
const cause = maybe(z.int().min(0).max(127));
const seconds = maybe(z.number().min(0).max(1_000_000_000));
const port = maybe(z.int().min(1).max(65_535));
const at = maybe(moment);

const channel = z.object({
  id: channelId,
  /** Technology, endpoint and running number: `PJSIP/1001-00000001`. */
  name,
  callId,
  state: z.enum(['down', 'dialling', 'ring', 'ringing', 'up', 'other']),
  callerNumber: text,
  callerName: text,
  exten: text,
  accountCode: text,
});

function fact<const Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) {
  return z.object({ kind: z.literal(kind), at, ...shape });
}

const ofChannel = { channel };
const ofDial = { caller: maybe(channel), dest: channel };
const ofParking = { parkee: channel, lot: text, space: text };
const ofQueue = { channel, queue: name };
const ofAgent = { agent: text, agentDevice: text };
const ofMember = { queue: name, ...ofAgent, reason: text, isPaused: maybe(z.boolean()) };
const ofRoom = { channel, room: name };

const callFacts = [
  fact('channel.seen', ofChannel),
  fact('channel.held', ofChannel),
  fact('channel.resumed', ofChannel),
  fact('channel.hangup_requested', ofChannel),
  fact('channel.soft_hangup', { channel, cause }),
  fact('channel.gone', { channel, cause, causeText: text }),
  fact('dial.begun', { ...ofDial, dialString: text }),
  fact('dial.ringing', ofDial),
  fact('dial.ended', {
    ...ofDial,
    status: z.enum(['answer', 'busy', 'no_answer', 'cancel', 'congestion', 'unavailable', 'other']),
    forward: text,
  }),
  fact('dial.picked_up', { picker: channel, target: channel }),
  fact('dial.originated', { channelId, target: name }),
  fact('bridge.entered', { channel, bridgeId }),
  fact('bridge.left', { channel, bridgeId }),
  fact('transfer.blind', { transferer: channel, transferee: maybe(channel), destination: text }),
  fact('transfer.attended', {
    transferer: channel,
    consulting: channel,
    transferee: maybe(channel),
    target: maybe(channel),
    threeWay: z.boolean().default(false),
    intoApplication: z.boolean().default(false),
  }),
  fact('parking.parked', { ...ofParking, parker: text, timeoutSeconds: seconds }),
  fact('parking.retrieved', { ...ofParking, retriever: channel }),
  fact('parking.timed_out', ofParking),
  fact('parking.abandoned', ofParking),
] as const;

const queueFacts = [
  fact('queue.joined', { ...ofQueue, position: count, waiting: count }),
  fact('queue.left', { ...ofQueue, position: count }),
  fact('queue.given_up', { ...ofQueue, position: count, originalPosition: count, waitSeconds: seconds }),
  fact('queue.agent_called', { ...ofQueue, ...ofAgent, dest: maybe(channel) }),
  fact('queue.agent_no_answer', { ...ofQueue, ...ofAgent, dest: maybe(channel), ringSeconds: seconds }),
  fact('queue.agent_connected', {
    ...ofQueue,
    ...ofAgent,
    dest: maybe(channel),
    ringSeconds: seconds,
    waitSeconds: seconds,
  }),
  fact('queue.agent_completed', {
    queue: name,
    ...ofAgent,
    channel: maybe(channel),
    dest: maybe(channel),
    talkSeconds: seconds,
    waitSeconds: seconds,
    reason: text,
  }),
  fact('queue.agent_added', ofMember),
  fact('queue.agent_removed', ofMember),
  fact('queue.agent_paused', ofMember),
  fact('queue.agent_unpaused', ofMember),
] as const;

const contact = z.object({
  accountKind: z.enum(['pjsip', 'sip', 'iax2']).default('pjsip'),
  account: name,
  uri: text,
  address: text,
  port,
  userAgent: text,
  expiresAt: maybe(moment),
});
const ofContact = { contact };

const otherFacts = [
  fact('pbx.up_since', { since: moment }),
  fact('conference.opened', { room: name }),
  fact('conference.closed', { room: name }),
  fact('conference.joined', {
    ...ofRoom,
    admin: z.boolean().default(false),
    muted: z.boolean().default(false),
  }),
  fact('conference.left', ofRoom),
  fact('conference.muted', ofRoom),
  fact('conference.unmuted', ofRoom),
  fact('voicemail.recorded', { channel, file: name }),
  fact('voicemail.counted', {
    mailbox: name,
    newCount: z.int().min(0),
    oldCount: z.int().min(0),
    channel: maybe(channel),
  }),
  fact('recording.started', { channel, file: name }),
  fact('recording.stopped', ofChannel),
  fact('contact.added', ofContact),
  fact('contact.removed', ofContact),
  fact('contact.reachable', ofContact),
  fact('contact.unreachable', ofContact),
  fact('user.event', { name, fields: z.record(z.string(), z.string()), channelId: maybe(channelId) }),
] as const;

/** A fact whose time may be left out. */
export type ToldFact = Untimed<Fact>;
type Untimed<One> = One extends Fact ? Omit<One, 'at'> & { readonly at: Micros | undefined } : never;

const told = z.discriminatedUnion('kind', [...callFacts, ...queueFacts, ...otherFacts]);

export const toldFactSchema: z.ZodType<ToldFact> = told;

/** Kinds of facts that a host may tell. */
export const TOLD_KINDS: readonly string[] = told.options.map(({ shape }) => shape.kind.value);
