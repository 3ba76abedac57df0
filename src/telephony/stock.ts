import type { CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import type { BridgeId, ChannelId, ChannelSnapshot } from './facts.ts';
import type { ListedMailbox } from './mailbox.ts';

/**
 * What there is on a PBX, as it answers when asked: what happened while nobody looked is found out by comparing.
 * A list that could not be had is undefined; an empty one says that there is nothing.
 */
export interface StockFact {
  readonly kind: 'pbx.stock_taken';
  readonly at: Micros;
  readonly channels: readonly ListedChannel[] | undefined;
  readonly parked: readonly ListedParking[] | undefined;
  readonly queues: readonly ListedQueue[] | undefined;
  readonly rooms: readonly ListedRoom[] | undefined;
  readonly mailboxes: readonly ListedMailbox[] | undefined;
  /** Channels that the stream told of while the lists were made: what is missing of them, it tells itself. */
  readonly streamed: ReadonlySet<ChannelId>;
}

/** What a channel does; `other` is of no matter here. */
export type ChannelRole =
  /** Dials others; `target` is what it was told to dial. */
  | { readonly is: 'dialling'; readonly target: string }
  | { readonly is: 'queueing' }
  /** Was dialled by a channel. */
  | { readonly is: 'dialled'; readonly by: 'dial' | 'queue' }
  /** Was dialled by the PBX itself: a click-to-call's first device, a page's phone. */
  | { readonly is: 'originated' }
  | { readonly is: 'paging' }
  /** Fetched a parked call. */
  | { readonly is: 'retrieving' }
  | { readonly is: 'other' };

export interface ListedChannel {
  readonly channel: ChannelSnapshot;
  readonly role: ChannelRole;
  /** When it was made. */
  readonly since: Micros;
  readonly bridgeId: BridgeId | undefined;
}

export interface ListedParking {
  readonly parkee: ChannelSnapshot;
  readonly lot: string | undefined;
  readonly space: string | undefined;
  /** Device that parked, such as `PJSIP/1002`. */
  readonly parker: string | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly since: Micros;
}

export interface ListedQueue {
  readonly queue: string;
  readonly callers: readonly {
    readonly channelId: ChannelId;
    readonly position: number | undefined;
    readonly since: Micros;
  }[];
  readonly members: readonly QueueMember[];
}

export interface QueueMember {
  /** Such as `PJSIP/1002` or `Local/1002@agents/n`; a queue has each device once. */
  readonly device: string;
  readonly name: string | undefined;
  readonly isPaused: boolean;
}

export interface ListedRoom {
  readonly room: string;
  readonly participants: readonly {
    readonly channel: ChannelSnapshot;
    readonly admin: boolean;
    readonly muted: boolean;
  }[];
}

/** Calls by what ties them together, each with its channels, the oldest first. */
export function byCall(listed: readonly ListedChannel[]): Map<CallId, ListedChannel[]> {
  return Map.groupBy(
    [...listed].sort((a, b) => a.since - b.since),
    ({ channel }) => channel.callId,
  );
}
