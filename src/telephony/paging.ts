import type { CallId } from '../model/ids.ts';
import type { Micros } from '../util/clock.ts';
import type { Call, Page } from './call.ts';
import type { Calls } from './calls.ts';
import { type Channel, isReal } from './channel.ts';
import type { ChannelSnapshot } from './facts.ts';
import { dialledNumber } from './numbers.ts';
import { secondsBetween } from './teller.ts';

/** A page's conference is named by a random number of 31 bits (app_page.c); shorter ones hardly ever come. */
const RANDOM_NAME = /^\d{5,10}$/;

/**
 * `paging.started` and `paging.ended`. A PBX shows a page as a conference with a random number. That it is one is
 * told by the dial plan, if its events are read, and by its phones: nobody's channel dials them.
 */
export class Paging {
  readonly #calls: Calls;
  readonly #pagingExtensions: ReadonlySet<string>;
  /** Calls that page or may be paging, as long as no conference is theirs. */
  readonly #waiting = new Set<CallId>();
  /** Conferences that are pages. */
  readonly #rooms = new Map<string, CallId>();

  constructor(calls: Calls, pagingExtensions: readonly string[]) {
    this.#calls = calls;
    this.#pagingExtensions = new Set(pagingExtensions);
  }

  /** The dial plan pages. */
  begun(snapshot: ChannelSnapshot, at: Micros): void {
    const channel = this.#calls.observe(snapshot, at);
    const call = channel && this.#calls.graph.callOf(channel);
    if (channel === undefined || call === undefined || call.page !== undefined) return;
    this.#expect(call, channel);
  }

  /** A call dialled a device by nobody's channel, or a paging number: it may be a page. */
  suspect(call: Call): void {
    if (call.page !== undefined || call.originId === undefined) return;
    const isPage = call.pages || (call.to !== undefined && this.#pagingExtensions.has(call.to));
    const pager = isPage ? this.#pagerOf(call) : undefined;
    if (pager !== undefined) this.#expect(call, pager);
  }

  /** A call of an earlier run. */
  recalled(call: Call): void {
    const { page } = call;
    if (page === undefined) return;
    if (page.room === undefined) this.#waiting.add(call.id);
    else if (page.startedAt !== undefined) this.#rooms.set(page.room, call.id);
  }

  /** Whether a conference of this name may be a page that is about to start. */
  mayBe(room: string): boolean {
    return this.#waiting.size > 0 && RANDOM_NAME.test(room);
  }

  /** Whether the conference, open since `at`, is a page, or becomes one with this channel in it. */
  takes(room: string, channel: Channel, at: Micros): boolean {
    if (this.#rooms.has(room)) return true;
    const call = this.#calls.graph.callOf(channel);
    if (call?.page === undefined || call.page.room !== undefined || !RANDOM_NAME.test(room)) return false;
    this.#start(room, call, at);
    return true;
  }

  has(room: string): boolean {
    return this.#rooms.has(room);
  }

  closed(room: string, at: Micros): void {
    const id = this.#rooms.get(room);
    const call = id && this.#calls.graph.callNamed(id);
    this.#rooms.delete(room);
    if (call !== undefined) this.#end(call, at);
  }

  /** The pager is gone: the page is over, whatever its phones do; but not if it has transferred another to it. */
  channelGone(channel: Channel, call: Call, at: Micros): void {
    const { page } = call;
    if (page?.pagerId !== channel.id) return;
    const other = page.room === undefined ? this.#deviceBeside(call, channel) : undefined;
    if (other === undefined) this.callEnding(call, at);
    else page.pagerId = other.id;
  }

  callEnding(call: Call, at: Micros): void {
    this.#waiting.delete(call.id);
    this.#end(call, at);
  }

  /** Rooms of pages that are not among these are over. */
  closeOthers(rooms: ReadonlySet<string>, at: Micros): void {
    for (const room of [...this.#rooms.keys()]) if (!rooms.has(room)) this.closed(room, at);
  }

  size(): number {
    return this.#waiting.size + this.#rooms.size;
  }

  #expect(call: Call, pager: Channel): void {
    call.page = {
      pagerId: pager.id,
      by: undefined,
      extension: undefined,
      room: undefined,
      startedAt: undefined,
    };
    this.#waiting.add(call.id);
  }

  /** The device that started the call, or the one that it left there by a transfer. */
  #pagerOf(call: Call): Channel | undefined {
    const { channels } = this.#calls.graph;
    const origin = call.originId && channels.get(call.originId);
    return origin === undefined || origin.transferredAway ? this.#deviceBeside(call, origin) : origin;
  }

  /** A device in the call beside this one that is not being paged. */
  #deviceBeside(call: Call, other: Channel | undefined): Channel | undefined {
    const { graph } = this.#calls;
    for (const id of call.channels) {
      const channel = graph.channels.get(id);
      if (channel === undefined || channel === other || !isReal(channel)) continue;
      if (channel.leg !== undefined && channel.leg.status !== 'answer') continue;
      if (graph.initiator(channel).who !== 'nobody') return channel;
    }
    return undefined;
  }

  #start(room: string, call: Call, at: Micros): void {
    const { page } = call;
    if (page === undefined) return;
    const pager = this.#calls.graph.channels.get(page.pagerId);
    page.by = (pager && this.#calls.partyOf(pager)) ?? call.from;
    // Transferred to the page: that is not the number that was dialled first.
    page.extension = (call.answer && dialledNumber(pager?.exten)) ?? call.to;
    page.room = room;
    page.startedAt = at;
    this.#waiting.delete(call.id);
    this.#rooms.set(room, call.id);
    this.#calls.tell('paging.started', call, at, this.#dataOf(call, page));
  }

  #end(call: Call, at: Micros): void {
    const { page } = call;
    if (page?.room === undefined || page.startedAt === undefined) return;
    const { startedAt } = page;
    page.startedAt = undefined;
    this.#rooms.delete(page.room);
    this.#calls.tell('paging.ended', call, at, {
      ...this.#dataOf(call, page),
      duration: secondsBetween(startedAt, at),
      answered_by: [...call.paged].filter(([, state]) => state === 'took').map(([party]) => party),
    });
  }

  #dataOf({ paged }: Call, { room, by, extension }: Page): Record<string, unknown> {
    return { page_id: room, paged_by: by, page_extension: extension, targets: [...paged.keys()] };
  }
}
