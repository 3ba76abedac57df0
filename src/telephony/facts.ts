import type { PbxEvent } from '../model/event.ts';
import type { Branded, CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import type { VoiceMessage } from './mailbox.ts';
import type { PbxFact, RegistrationFact } from './registration-facts.ts';
import type { StockFact } from './stock.ts';
import type { TrunkFact } from './trunk-facts.ts';

/** One channel of a PBX: one device's (or one Local half's) part in a call. AMI: Uniqueid. */
export type ChannelId = Branded<string, 'ChannelId'>;
/** What joins channels so that they hear each other. */
export type BridgeId = Branded<string, 'BridgeId'>;

/** `ring`: this channel dials (its device hears a ringing tone); `ringing`: its device rings. */
export type ChannelState = 'down' | 'dialling' | 'ring' | 'ringing' | 'up' | 'other';

/** A channel as it was when the PBX told of it. What is unknown or empty is undefined; escapes are undone. */
export interface ChannelSnapshot {
  readonly id: ChannelId;
  /** `PJSIP/1001-00000001`: technology, endpoint and a running number. */
  readonly name: string;
  /** What ties the channels of a call together; may change to that of an older call at any time. */
  readonly callId: CallId;
  readonly state: ChannelState;
  readonly callerNumber: string | undefined;
  readonly callerName: string | undefined;
  /** Where in the dial plan it is; at first what its device dialled. */
  readonly exten: string | undefined;
  readonly accountCode: string | undefined;
}

/** How one dial ended; `other` is a status that does not matter here. */
export type DialStatus = 'answer' | 'busy' | 'no_answer' | 'cancel' | 'congestion' | 'unavailable' | 'other';

/** Since when the PBX runs: what it had before is gone. Told with `pbx.booted`, where the PBX says it. */
export interface UptimeFact extends Told<'pbx.up_since'> {
  readonly since: Micros;
}

/** What sources tell trackers: a small union, free of any PBX's wire names. */
export type Fact =
  | PbxFact
  | UptimeFact
  | StockFact
  | RegistrationFact
  | TrunkFact
  | ChannelFact
  | DialFact
  | BridgeFact
  | TransferFact
  | ParkingFact
  | QueueFact
  | ConferenceFact
  | VoicemailFact
  | RecordingFact
  | UserFact
  | EventFact;

interface Told<Kind extends string> {
  readonly kind: Kind;
  readonly at: Micros;
}

interface OfChannel<Kind extends string> extends Told<Kind> {
  readonly channel: ChannelSnapshot;
}

export type ChannelFact =
  /** New, or something about it changed. */
  | OfChannel<'channel.seen'>
  /** Its device put the other side on hold, or took it back. */
  | OfChannel<'channel.held'>
  | OfChannel<'channel.resumed'>
  /** Its device asked to hang up. */
  | OfChannel<'channel.hangup_requested'>
  /** The PBX itself asked to hang it up; `cause` is a Q.850 number. */
  | (OfChannel<'channel.soft_hangup'> & { readonly cause: number | undefined })
  | (OfChannel<'channel.gone'> & {
      readonly cause: number | undefined;
      readonly causeText: string | undefined;
    });

export type DialFact =
  /** `caller` is undefined when nobody's channel dials: a click-to-call, a page. */
  | (Dial<'dial.begun'> & { readonly dialString: string | undefined })
  | Dial<'dial.ringing'>
  | (Dial<'dial.ended'> & {
      readonly status: DialStatus;
      /** Where the device sent the caller on to. */
      readonly forward: string | undefined;
      /** It ended some time before, unseen. */
      readonly found?: true;
    })
  /** `picker` took the call that rang at `target`. */
  | (Told<'dial.picked_up'> & { readonly picker: ChannelSnapshot; readonly target: ChannelSnapshot })
  /** The first device of a click-to-call picked up, and is sent to this number. */
  | (Told<'dial.originated'> & { readonly channelId: ChannelId; readonly target: string });

interface Dial<Kind extends string> extends Told<Kind> {
  readonly caller: ChannelSnapshot | undefined;
  readonly dest: ChannelSnapshot;
}

export type BridgeFact =
  | (OfChannel<'bridge.entered'> & { readonly bridgeId: BridgeId })
  | (OfChannel<'bridge.left'> & { readonly bridgeId: BridgeId });

/** Successful transfers. */
export type TransferFact =
  | (Told<'transfer.blind'> & {
      readonly transferer: ChannelSnapshot;
      readonly transferee: ChannelSnapshot | undefined;
      readonly destination: string | undefined;
    })
  | (Told<'transfer.attended'> & {
      /** The transferer's channel in the call that is given away. */
      readonly transferer: ChannelSnapshot;
      /** The transferer's channel to whom it consulted; the same one when it consulted by feature code. */
      readonly consulting: ChannelSnapshot;
      readonly transferee: ChannelSnapshot | undefined;
      readonly target: ChannelSnapshot | undefined;
      /** The transferer stays and talks with both. */
      readonly threeWay: boolean;
      /** One of the transferer's channels was in an application: a queue, a menu, a dial; it names no party. */
      readonly intoApplication: boolean;
    });

interface Parking<Kind extends string> extends Told<Kind> {
  readonly parkee: ChannelSnapshot;
  readonly lot: string | undefined;
  readonly space: string | undefined;
}

export type ParkingFact =
  | (Parking<'parking.parked'> & {
      /** Device that parked, such as `PJSIP/1002`; may name an earlier party. */
      readonly parker: string | undefined;
      readonly timeoutSeconds: number | undefined;
    })
  | (Parking<'parking.retrieved'> & { readonly retriever: ChannelSnapshot })
  | Parking<'parking.timed_out'>
  | Parking<'parking.abandoned'>;

interface Queued<Kind extends string> extends OfChannel<Kind> {
  readonly queue: string;
}

interface OfAgent {
  /** Name of the queue's member. */
  readonly agent: string | undefined;
  /** Device of the queue's member, such as `PJSIP/1002` or `Local/1002@agents/n`. */
  readonly agentDevice: string | undefined;
}

interface Offered<Kind extends string> extends Queued<Kind>, OfAgent {
  readonly dest: ChannelSnapshot | undefined;
}

interface Membership<Kind extends string> extends Told<Kind>, OfAgent {
  readonly queue: string;
  readonly reason: string | undefined;
  /** Whether the member pauses from now on; undefined where that is not told. */
  readonly isPaused: boolean | undefined;
}

export type QueueFact =
  | (Queued<'queue.joined'> & { readonly position: number | undefined; readonly waiting: number | undefined })
  /** Left: to an agent, by a key, or after it was said to have given up. */
  | (Queued<'queue.left'> & { readonly position: number | undefined })
  /** Left without an agent: hung up, or sent on by time-out. */
  | (Queued<'queue.given_up'> & {
      readonly position: number | undefined;
      readonly originalPosition: number | undefined;
      readonly waitSeconds: number | undefined;
    })
  /** The dial plan sends a caller there; whether it may enter is not known yet. */
  | Queued<'queue.tried'>
  /** Why the queue let the caller go, or refused it. */
  | (OfChannel<'queue.status'> & { readonly reason: string; readonly refused: boolean })
  | Offered<'queue.agent_called'>
  | (Offered<'queue.agent_no_answer'> & { readonly ringSeconds: number | undefined })
  | (Offered<'queue.agent_connected'> & {
      readonly ringSeconds: number | undefined;
      readonly waitSeconds: number | undefined;
    })
  | (Told<'queue.agent_completed'> &
      OfAgent & {
        readonly queue: string;
        /** The caller; not told where its channel is gone by then. */
        readonly channel: ChannelSnapshot | undefined;
        readonly dest: ChannelSnapshot | undefined;
        readonly talkSeconds: number | undefined;
        readonly waitSeconds: number | undefined;
        readonly reason: string | undefined;
      })
  | Membership<'queue.agent_added'>
  | Membership<'queue.agent_removed'>
  | Membership<'queue.agent_paused'>
  | Membership<'queue.agent_unpaused'>;

interface InRoom<Kind extends string> extends OfChannel<Kind> {
  readonly room: string;
}

export type ConferenceFact =
  | (Told<'conference.opened'> & { readonly room: string })
  | (Told<'conference.closed'> & { readonly room: string })
  | (InRoom<'conference.joined'> & { readonly admin: boolean; readonly muted: boolean })
  | InRoom<'conference.left'>
  | InRoom<'conference.muted'>
  | InRoom<'conference.unmuted'>
  /** The channel begins to page; the page will look like a conference with a random number. */
  | OfChannel<'page.begun'>;

export type VoicemailFact =
  /** A message was recorded; `file` is its path on the PBX without an ending. */
  | (OfChannel<'voicemail.recorded'> & { readonly file: string })
  /** How many messages a mailbox has; `channel`, if someone's leaving it changed that. */
  | (Told<'voicemail.counted'> & {
      /** `1002@default` */
      readonly mailbox: string;
      readonly newCount: number;
      readonly oldCount: number;
      readonly channel: ChannelSnapshot | undefined;
      /** It was asked what lies in it: a `voicemail.listed` will come. */
      readonly listingFollows?: true;
    })
  /** What lies in a mailbox, the eldest of each folder first; undefined if that could not be found out. */
  | (Told<'voicemail.listed'> & {
      readonly mailbox: string;
      readonly messages: readonly VoiceMessage[] | undefined;
      /** It may have changed some time before, unseen. */
      readonly found?: true;
    });

export type RecordingFact =
  | (OfChannel<'recording.started'> & { readonly file: string })
  | OfChannel<'recording.stopped'>;

/** An event of the dial plan's or a script's own making; nothing in it can be trusted. */
export interface UserFact extends Told<'user.event'> {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly channelId: ChannelId | undefined;
}

/** An event that is told already: nothing is to be made of it. */
export interface EventFact extends Told<'event.told'> {
  readonly event: PbxEvent;
}
