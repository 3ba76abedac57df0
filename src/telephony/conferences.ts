import { z } from 'zod';
import type { EventType } from '../model/event-types.ts';
import type { Micros } from '../util/clock.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { ChannelId, ConferenceFact } from './facts.ts';
import { type Keeper, type Memory, maybe } from './memory.ts';
import type { Paging } from './paging.ts';
import type { ListedRoom } from './stock.ts';
import { secondsBetween, type Teller } from './teller.ts';

type Fact<Kind extends ConferenceFact['kind']> = Extract<ConferenceFact, { kind: Kind }>;

/** Plain data. */
interface Participant {
  readonly since: Micros;
  /** As told when it joined: whoever spoke through a Local channel may be gone when that leaves. */
  readonly party: string | undefined;
  readonly name: string | undefined;
  muted: boolean;
}

/** An open conference. Plain data. */
interface Room {
  readonly openedAt: Micros;
  /** `conference.started` was told; not yet of one that may be a page. */
  told: boolean;
  readonly participants: Map<ChannelId, Participant>;
  total: number;
  peak: number;
}

/** Rooms whose end was lost must not gather: no PBX has as many open. */
const MAX_ROOMS = 1000;

/** How a room is written down. */
const written = z.object({
  openedAt: z.custom<Micros>(Number.isSafeInteger),
  told: z.boolean(),
  participants: z.array(
    z.tuple([
      z.custom<ChannelId>((id) => typeof id === 'string'),
      z.object({
        since: z.custom<Micros>(Number.isSafeInteger),
        party: maybe(z.string()),
        name: maybe(z.string()),
        muted: z.boolean(),
      }),
    ]),
  ),
  total: z.number(),
  peak: z.number(),
});

/** `conference.*`: a page, which the PBX shows as a conference too, is left to `Paging`. */
export class Conferences implements Keeper {
  readonly #calls: Calls;
  readonly #paging: Paging;
  readonly #teller: Teller;
  readonly #memory: Memory;
  readonly #rooms = new Map<string, Room>();
  /** The room that a channel was told to be in. */
  readonly #roomOf = new Map<ChannelId, string>();

  constructor(calls: Calls, paging: Paging, teller: Teller, memory: Memory) {
    this.#memory = memory;
    memory.keep('room', this);
    this.#calls = calls;
    this.#paging = paging;
    this.#teller = teller;
  }

  apply(fact: ConferenceFact): void {
    switch (fact.kind) {
      case 'conference.opened':
        this.#opened(fact.room, fact.at);
        break;
      case 'conference.closed':
        this.#closed(fact.room, fact.at);
        break;
      case 'conference.joined':
        this.#joined(fact);
        break;
      case 'conference.left': {
        const channel = this.#calls.observe(fact.channel, fact.at);
        if (channel !== undefined && this.#roomOf.get(channel.id) === fact.room)
          this.#leave(channel, fact.at);
        break;
      }
      case 'conference.muted':
        this.#muted(fact, 'conference.participant_muted');
        break;
      case 'conference.unmuted':
        this.#muted(fact, 'conference.participant_unmuted');
        break;
      case 'page.begun':
        this.#paging.begun(fact.channel, fact.at);
        break;
      default:
        fact satisfies never;
    }
  }

  /** Leaving was not told of a channel that is gone. */
  channelGone(channel: Channel, at: Micros): void {
    if (this.#roomOf.has(channel.id)) this.#leave(channel, at);
  }

  /** Rooms of a PBX that has started anew since. */
  closeOpenedBefore(since: Micros, at: Micros): void {
    for (const [name, { openedAt }] of [...this.#rooms]) if (openedAt < since) this.#closed(name, at);
  }

  /**
   * What was found: rooms that are not among these are over, as are the stays of who is in none of them. Of whom the
   * stream told meanwhile, it tells the rest too.
   */
  found(rooms: readonly ListedRoom[], streamed: ReadonlySet<ChannelId>, at: Micros): void {
    const present = new Map(rooms.map(({ room, participants }) => [room, participants]));
    for (const [name, { participants }] of [...this.#rooms]) {
      const there = present.get(name);
      const isTold = [...participants.keys()].some((id) => streamed.has(id));
      if (there === undefined && !isTold) this.#teller.aloud(() => this.#closed(name, at));
      const others = there?.map(({ channel }) => channel.id) ?? [];
      this.#leaveOthers(participants, new Set([...streamed, ...others]), at);
    }
    this.#paging.closeOthers(new Set(present.keys()), at);
    for (const { room, participants } of rooms) {
      for (const participant of participants) {
        this.#joined({ kind: 'conference.joined', at, room, ...participant });
        const { channel, muted } = participant;
        this.apply({ kind: muted ? 'conference.muted' : 'conference.unmuted', at, room, channel });
      }
    }
  }

  #leaveOthers(
    participants: ReadonlyMap<ChannelId, Participant>,
    present: ReadonlySet<ChannelId>,
    at: Micros,
  ): void {
    for (const id of [...participants.keys()]) {
      const channel = present.has(id) ? undefined : this.#calls.graph.channels.get(id);
      if (channel !== undefined) this.#leave(channel, at);
    }
  }

  stateOf(name: string): unknown {
    const room = this.#rooms.get(name);
    return room && { ...room, participants: [...room.participants] };
  }

  recall(name: string, state: unknown): boolean {
    const read = written.safeParse(state);
    if (!read.success) return false;
    const participants = new Map(read.data.participants);
    this.#rooms.set(name, { ...read.data, participants });
    for (const id of participants.keys()) this.#roomOf.set(id, name);
    return true;
  }

  ids(): Iterable<string> {
    return this.#rooms.keys();
  }

  size(): number {
    return this.#rooms.size + this.#roomOf.size;
  }

  #opened(name: string, at: Micros): void {
    if (this.#rooms.has(name) || this.#paging.has(name)) return;
    const room = this.#open(name, at);
    // The first to join tells, seconds later where a page's phones hear something first.
    if (!this.#paging.mayBe(name)) this.#start(name, room);
  }

  #closed(name: string, at: Micros): void {
    if (this.#paging.has(name)) {
      this.#paging.closed(name, at);
      return;
    }
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    this.#memory.touch('room', name);
    if (!room.told) {
      this.#rooms.delete(name);
      return;
    }
    for (const id of [...room.participants.keys()]) {
      const channel = this.#calls.graph.channels.get(id);
      if (channel !== undefined) this.#leave(channel, at);
    }
    this.#rooms.delete(name);
    this.#teller.tell('conference.ended', at, {
      conference: name,
      duration: secondsBetween(room.openedAt, at),
      participants_total: room.total,
      peak_participants: room.peak,
    });
  }

  #joined({ channel: snapshot, room: name, admin, muted, at }: Fact<'conference.joined'>): void {
    const channel = this.#calls.observe(snapshot, at);
    if (channel === undefined) return;
    const opened = this.#rooms.get(name);
    if (!opened?.told && this.#paging.takes(name, channel, opened?.openedAt ?? at)) {
      if (this.#rooms.delete(name)) this.#memory.touch('room', name);
      return;
    }
    if (this.#roomOf.get(channel.id) === name) return;
    if (this.#roomOf.has(channel.id)) this.#leave(channel, at);
    const room = opened ?? this.#open(name, at);
    this.#start(name, room);
    const speaker = this.#calls.graph.speaker(channel) ?? channel;
    const participant: Participant = {
      since: at,
      party: this.#calls.partyOf(channel),
      name: this.#calls.nameOf(speaker),
      muted,
    };
    room.participants.set(channel.id, participant);
    room.total += 1;
    room.peak = Math.max(room.peak, room.participants.size);
    this.#roomOf.set(channel.id, name);
    this.#memory.touch('room', name);
    this.#tellOf(channel, 'conference.participant_joined', at, {
      ...dataOf(name, channel, participant),
      admin,
      muted,
      participant_count: room.participants.size,
    });
  }

  #leave(channel: Channel, at: Micros): void {
    const name = this.#roomOf.get(channel.id);
    const room = name === undefined ? undefined : this.#rooms.get(name);
    this.#roomOf.delete(channel.id);
    if (name === undefined || room === undefined) return;
    const participant = room.participants.get(channel.id);
    if (participant === undefined) return;
    room.participants.delete(channel.id);
    this.#memory.touch('room', name);
    this.#tellOf(channel, 'conference.participant_left', at, {
      ...dataOf(name, channel, participant),
      participant_count: room.participants.size,
      seconds_in: secondsBetween(participant.since, at),
    });
  }

  #muted(
    { channel: snapshot, room, at }: Fact<'conference.muted' | 'conference.unmuted'>,
    type: 'conference.participant_muted' | 'conference.participant_unmuted',
  ): void {
    const channel = this.#calls.observe(snapshot, at);
    const participant = channel && this.#rooms.get(room)?.participants.get(channel.id);
    const muted = type === 'conference.participant_muted';
    if (channel === undefined || participant === undefined || participant.muted === muted) return;
    participant.muted = muted;
    this.#memory.touch('room', room);
    this.#tellOf(channel, type, at, dataOf(room, channel, participant));
  }

  #tellOf(channel: Channel, type: EventType, at: Micros, data: Record<string, unknown>): void {
    const call = this.#calls.graph.callOf(channel);
    // A Local channel alone can take part, as a voice out of the dial plan, and is no call.
    if (call === undefined || !this.#calls.tell(type, call, at, data)) this.#teller.tell(type, at, data);
  }

  #open(name: string, at: Micros): Room {
    const room: Room = { openedAt: at, told: false, participants: new Map(), total: 0, peak: 0 };
    this.#rooms.set(name, room);
    if (this.#rooms.size > MAX_ROOMS) {
      for (const [oldest] of this.#rooms) {
        this.#closed(oldest, at);
        break;
      }
    }
    return room;
  }

  #start(name: string, room: Room): void {
    if (room.told) return;
    room.told = true;
    this.#memory.touch('room', name);
    this.#teller.tell('conference.started', room.openedAt, { conference: name });
  }
}

function dataOf(conference: string, channel: Channel, { party, name }: Participant): Record<string, unknown> {
  return { conference, participant: party, participant_name: name, channel_id: channel.id };
}
