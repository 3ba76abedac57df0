import type { Micros } from '../util/clock.ts';
import type { Hold } from './call.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { ChannelSnapshot } from './facts.ts';
import { secondsBetween } from './teller.ts';

/** `call.hold` and `call.resume`: of one party they alternate. */
export class Holds {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  held(snapshot: ChannelSnapshot, at: Micros): void {
    const channel = this.#calls.observe(snapshot, at);
    const call = channel && this.#calls.graph.callOf(channel);
    const party = channel && this.#calls.partyOf(channel);
    if (channel === undefined || call === undefined) return;
    const holder = party ?? channel.id;
    const hold = call.holds.get(holder);
    if (hold !== undefined) {
      // The same party on another channel, after the one that held was hung up: that hold is over.
      if (hold.channelId === channel.id || this.#calls.graph.channels.has(hold.channelId)) return;
      this.#tellResumed(channel, hold, at);
    }
    call.holds.set(holder, { since: at, channelId: channel.id, party });
    this.#calls.tell('call.hold', call, at, { held_by: party });
  }

  resumed(snapshot: ChannelSnapshot, at: Micros): void {
    const channel = this.#calls.observe(snapshot, at);
    if (channel !== undefined) this.release(channel, at);
  }

  /** Ends the hold that a channel's party may have: it took the call back, or gave it away. */
  release(channel: Channel, at: Micros): void {
    const call = this.#calls.graph.callOf(channel);
    if (call === undefined || call.holds.size === 0) return;
    for (const [holder, hold] of call.holds) {
      if (hold.channelId !== channel.id) continue;
      call.holds.delete(holder);
      this.#tellResumed(channel, hold, at);
      return;
    }
  }

  #tellResumed(channel: Channel, { party, since }: Hold, at: Micros): void {
    const call = this.#calls.graph.callOf(channel);
    if (call === undefined) return;
    this.#calls.tell('call.resume', call, at, {
      resumed_by: party,
      hold_seconds: secondsBetween(since, at),
    });
  }
}
