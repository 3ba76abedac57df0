import type { CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import type { ChannelId } from './facts.ts';

/** Legs that were dialled together, and what came of them: the last round decides how an unanswered call ended. */
export interface Round {
  number: number;
  /** Legs that are still dialled. */
  open: number;
  /** When the last of its legs ended. */
  endedAt: Micros | undefined;
  dialled: boolean;
  rangOut: boolean;
  declined: boolean;
  busy: boolean;
  cancelled: boolean;
  failed: boolean;
  /** A Local channel was answered by the dial plan behind it: a conference, a menu. */
  served: boolean;
}

export interface Answer {
  readonly at: Micros;
  readonly by: string | undefined;
  readonly queue: string | undefined;
}

/** A party's hold. */
export interface Hold {
  readonly since: Micros;
  readonly channelId: ChannelId;
  readonly party: string | undefined;
}

/** A device that left the call, and whether it asked to. */
export interface Departure {
  readonly channelId: ChannelId;
  readonly at: Micros;
  readonly requestedAt: Micros | undefined;
}

export interface ParkedState {
  readonly at: Micros;
  readonly parkeeId: ChannelId;
  readonly lot: string | undefined;
  readonly space: string | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly party: string | undefined;
  readonly by: string | undefined;
  /** `call.parked` waits for the blind transfer that may go with it. */
  told: boolean;
}

export interface PendingTransfer {
  readonly at: Micros;
  readonly transfereeId: ChannelId | undefined;
  readonly by: string | undefined;
  readonly party: string | undefined;
  readonly destination: string | undefined;
}

export interface Page {
  pagerId: ChannelId;
  /** Who pages, and by what number; known once the page is on the air. */
  by: string | undefined;
  extension: string | undefined;
  /** Name that the PBX gives its conference; undefined until the page is on the air. */
  room: string | undefined;
  startedAt: Micros | undefined;
}

/** A recording that goes on. */
export interface Recording {
  readonly file: string;
  readonly startedAt: Micros;
  readonly channelId: ChannelId;
}

/** The caller's channel as it was when it went. */
export interface OriginEnd {
  /** Q.850 number; 0 if the PBX told none. */
  readonly cause: number;
  readonly text: string | undefined;
  readonly requestedAt: Micros | undefined;
  readonly wasUp: boolean;
}

/** A call: everything that the PBX ties together. Plain data. */
export interface Call {
  readonly id: CallId;
  /** Age: the older of two calls has the smaller one. */
  readonly order: number;
  readonly channels: Set<ChannelId>;
  /** Calls that merged into this one: the PBX may still name them. */
  readonly merged: CallId[];
  /** When it was told as started; undefined until then. */
  startedAt: Micros | undefined;
  /** Its start was told; false as long as nothing was of a call that was there before anybody looked. */
  isTold: boolean;
  sequence: number;
  /** The device that started it. */
  originId: ChannelId | undefined;
  /** Begun by the PBX itself (click-to-call): `originId` is the device that it rang first. */
  originated: boolean;
  /** The device rung first has picked up. */
  originUp: boolean;
  originOutside: boolean;
  originEnd: OriginEnd | undefined;
  from: string | undefined;
  to: string | undefined;
  callerName: string | undefined;
  callerNumber: string | undefined;
  accountCode: string | undefined;
  trunk: string | undefined;
  dialledOutside: boolean;
  answer: Answer | undefined;
  round: Round;
  /** Extensions that rang, and whether they refused the call. */
  readonly rung: Map<string, 'rang' | 'refused'>;
  /** The party that was dialled last. */
  lastDialled: string | undefined;
  /** By party; by channel, where the party is not known. */
  readonly holds: Map<string, Hold>;
  departures: Departure[];
  parked: ParkedState | undefined;
  pendingTransfer: PendingTransfer | undefined;
  wasParked: boolean;
  wasQueued: boolean;
  abandoned: boolean;
  messageLeft: boolean;
  page: Page | undefined;
  /** Nobody's channel dials for it while someone else started it: it pages, though whom may not be known yet. */
  pages: boolean;
  /** Devices dialled by nobody's channel while someone else started the call: a page's phones. */
  readonly paged: Map<string, 'rung' | 'took'>;
  /** In the order in which they began. */
  readonly recordings: Recording[];
  /** File of the recording that began last. */
  recording: string | undefined;
}

export function newCall(id: CallId, order: number): Call {
  return {
    id,
    order,
    channels: new Set(),
    merged: [],
    startedAt: undefined,
    isTold: false,
    sequence: 0,
    originId: undefined,
    originated: false,
    originUp: false,
    originOutside: false,
    originEnd: undefined,
    from: undefined,
    to: undefined,
    callerName: undefined,
    callerNumber: undefined,
    accountCode: undefined,
    trunk: undefined,
    dialledOutside: false,
    answer: undefined,
    round: newRound(0),
    rung: new Map(),
    lastDialled: undefined,
    holds: new Map(),
    departures: [],
    parked: undefined,
    pendingTransfer: undefined,
    wasParked: false,
    wasQueued: false,
    abandoned: false,
    messageLeft: false,
    page: undefined,
    pages: false,
    paged: new Map(),
    recordings: [],
    recording: undefined,
  };
}

export function newRound(number: number): Round {
  return {
    number,
    open: 0,
    endedAt: undefined,
    dialled: false,
    rangOut: false,
    declined: false,
    busy: false,
    cancelled: false,
    failed: false,
    served: false,
  };
}
