import type { Calls } from './calls.ts';
import type { Conferences } from './conferences.ts';
import type { ChannelId, ChannelSnapshot, Fact } from './facts.ts';
import { Listed } from './listed.ts';
import type { Memory } from './memory.ts';
import type { Parking } from './parking.ts';
import type { QueueMembers } from './queue-members.ts';
import type { Queues } from './queues.ts';
import { byCall, type ListedChannel, type ListedParking, type StockFact } from './stock.ts';
import type { Teller } from './teller.ts';

export interface StocktakingParts {
  readonly calls: Calls;
  readonly parking: Parking;
  readonly queues: Queues;
  readonly members: QueueMembers;
  readonly conferences: Conferences;
  readonly teller: Teller;
  readonly memory: Memory;
  /** Lets all trackers see a fact. */
  apply(fact: Fact): void;
}

/** What is listed, one after the other: channels first, since all the rest names them. */
const SECTIONS = ['channels', 'parked', 'queues', 'rooms', 'mailboxes'] as const;
type Section = (typeof SECTIONS)[number];

/**
 * Compares what there is with what is known, and makes the difference good: the facts that must have been are
 * applied as if they had been told, and what they tell is marked as inferred. What the very first list of each kind
 * shows is taken over silently, but for what became of calls and conferences that were told before it.
 */
export class Stocktaking {
  readonly #parts: StocktakingParts;
  readonly #listedBefore: Listed;

  constructor(parts: StocktakingParts) {
    this.#parts = parts;
    this.#listedBefore = new Listed(parts.memory, 'stock');
  }

  take(fact: StockFact): void {
    for (const section of SECTIONS) {
      if (fact[section] === undefined) continue;
      const { teller } = this.#parts;
      const compare = (): void => this.#compare(section, fact);
      const isFirst = !this.#listedBefore.has(section);
      teller.inferring(isFirst ? () => teller.silently(compare) : compare);
      this.#listedBefore.add(section);
    }
  }

  #compare(section: Section, fact: StockFact): void {
    const { members, queues, conferences, apply } = this.#parts;
    const { at, streamed, channels = [] } = fact;
    switch (section) {
      case 'channels':
        this.#channelsGone(channels, streamed, fact);
        for (const [, listed] of byCall(channels)) this.#channelsThere(listed, fact);
        break;
      case 'parked':
        this.#parked(fact.parked ?? [], channels, fact);
        break;
      case 'queues':
        members.found(fact.queues ?? [], at);
        // Without the channels nobody knows whether a caller hung up, or waits no longer.
        if (fact.channels !== undefined) queues.found(fact.queues ?? [], streamed, at);
        break;
      case 'rooms':
        conferences.found(fact.rooms ?? [], streamed, at);
        break;
      case 'mailboxes':
        for (const counts of fact.mailboxes ?? []) {
          apply({ kind: 'voicemail.counted', at, ...counts, channel: undefined });
        }
        break;
      default:
        section satisfies never;
    }
  }

  #channelsGone(
    channels: readonly ListedChannel[],
    streamed: ReadonlySet<ChannelId>,
    { at }: StockFact,
  ): void {
    const { calls } = this.#parts;
    const present = new Set(channels.map(({ channel }) => channel.id));
    for (const channel of [...calls.graph.channels.values()]) {
      if (!present.has(channel.id) && !streamed.has(channel.id)) calls.channelGone(channel, at, true);
    }
  }

  /** The channels of one call, the oldest first. */
  #channelsThere(listed: readonly ListedChannel[], { at }: StockFact): void {
    const { calls, apply } = this.#parts;
    for (const one of listed) {
      const { channel, role, since, bridgeId } = one;
      const known = calls.graph.channels.get(channel.id);
      const seenAt = known === undefined ? since : at;
      const isLeg = role.is === 'dialled' || role.is === 'originated';
      if (isLeg && known?.leg === undefined) {
        const caller = role.is === 'dialled' ? dialler(one, listed) : undefined;
        const dialString = caller?.role.is === 'dialling' ? caller.role.target : undefined;
        apply({ kind: 'dial.begun', at: seenAt, caller: caller?.channel, dest: channel, dialString });
      } else {
        apply({ kind: 'channel.seen', at: seenAt, channel });
      }
      if (role.is === 'paging') apply({ kind: 'page.begun', at: seenAt, channel });
      if (bridgeId !== undefined) apply({ kind: 'bridge.entered', at, channel, bridgeId });
    }
    for (const one of listed) this.#answered(one, listed, at);
  }

  /** A device that was dialled and talks has answered. One that is asked first whether it takes the call is in no bridge. */
  #answered(one: ListedChannel, listed: readonly ListedChannel[], at: StockFact['at']): void {
    const { calls, apply } = this.#parts;
    const { channel, role, bridgeId } = one;
    const known = calls.graph.channels.get(channel.id);
    const talks = role.is === 'dialled' && channel.state === 'up' && bridgeId !== undefined;
    if (!talks || known?.leg?.status === 'answer') return;
    const caller = dialler(one, listed)?.channel;
    const ended = { dest: channel, status: 'answer', forward: undefined, found: true } as const;
    apply({ kind: 'dial.ended', at, caller, ...ended });
  }

  #parked(parked: readonly ListedParking[], channels: readonly ListedChannel[], fact: StockFact): void {
    const { calls, parking, apply } = this.#parts;
    const { at, streamed } = fact;
    const present = new Set(parked.map(({ parkee }) => parkee.id));
    for (const call of [...calls.graph.calls.values()]) {
      const id = call.parked?.parkeeId;
      if (id === undefined || present.has(id) || streamed.has(id)) continue;
      const found = channels.find(({ channel }) => channel.id === id);
      const retriever = found && partner(found, channels);
      const { lot, space } = call.parked ?? { lot: undefined, space: undefined };
      if (found === undefined || retriever === undefined) call.parked = undefined;
      else apply({ kind: 'parking.retrieved', at, parkee: found.channel, retriever, lot, space });
    }
    for (const { since, ...one } of parked) {
      const channel = calls.graph.channels.get(one.parkee.id);
      const call = channel && calls.graph.callOf(channel);
      if (call === undefined || call.parked !== undefined) continue;
      apply({ kind: 'parking.parked', at: since, ...one });
      parking.settle(call.id);
    }
  }
}

/** Who dials this leg: of several that dial, the one that was told to dial its device. */
function dialler(leg: ListedChannel, listed: readonly ListedChannel[]): ListedChannel | undefined {
  const isQueued = leg.role.is === 'dialled' && leg.role.by === 'queue';
  const candidates = listed.filter(({ role }) => role.is === (isQueued ? 'queueing' : 'dialling'));
  const device = leg.channel.name.replace(/-[^-]*$/, '');
  return (
    candidates.find(({ role }) => role.is === 'dialling' && role.target.includes(device)) ?? candidates[0]
  );
}

/** Who fetched a parked channel and talks with it. */
function partner(parkee: ListedChannel, channels: readonly ListedChannel[]): ChannelSnapshot | undefined {
  const { bridgeId } = parkee;
  if (bridgeId === undefined) return undefined;
  const other = channels.find((one) => one.role.is === 'retrieving' && one.bridgeId === bridgeId);
  return other?.channel;
}
