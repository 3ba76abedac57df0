import type { Micros } from '../util/clock.ts';
import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { Dials } from './dials.ts';
import type { BridgeFact, ChannelFact } from './facts.ts';
import { MAX_CHANNELS } from './graph.ts';
import { countsAsDeparture } from './outcome.ts';
import type { Teller } from './teller.ts';

type Seen = Extract<
  ChannelFact,
  { kind: 'channel.seen' | 'channel.hangup_requested' | 'channel.soft_hangup' }
>;

/** The lives of single channels, and where they meet. */
export class Channels {
  readonly #calls: Calls;
  readonly #dials: Dials;
  readonly #teller: Teller;

  constructor(calls: Calls, dials: Dials, teller: Teller) {
    this.#calls = calls;
    this.#dials = dials;
    this.#teller = teller;
  }

  seen(fact: Seen): void {
    const channel = this.#calls.observe(fact.channel, fact.at);
    if (channel === undefined) return;
    if (fact.kind === 'channel.hangup_requested') {
      channel.hangupRequestedAt ??= fact.at;
      const call = this.#calls.graph.callOf(channel);
      if (call !== undefined) this.#calls.remember(call);
    } else if (fact.kind === 'channel.soft_hangup') {
      channel.softCause = fact.cause || channel.softCause;
    } else {
      this.#dials.seen(channel, fact.at);
      if (this.#calls.graph.channels.size > MAX_CHANNELS) this.#dropOldest(fact.at);
    }
  }

  /** It is hung up. */
  gone(fact: Extract<ChannelFact, { kind: 'channel.gone' }>): void {
    const { at } = fact;
    const { graph } = this.#calls;
    if (!graph.channels.has(fact.channel.id)) {
      graph.forget(fact.channel.id);
      return;
    }
    const channel = this.#calls.observe(fact.channel, at);
    if (channel === undefined) return;
    const call = graph.callOf(channel);
    if (call !== undefined) {
      const cause = fact.cause || channel.softCause || 0;
      this.#dials.legGone(channel, call, fact.cause ?? 0, at);
      const text = cause !== 0 && fact.cause === cause ? fact.causeText : undefined;
      this.#noteEnd(call, channel, cause, text, at);
    }
    this.#calls.channelGone(channel, at);
  }

  #noteEnd(call: Call, channel: Channel, cause: number, text: string | undefined, at: Micros): void {
    const requestedAt = channel.hangupRequestedAt;
    if (channel.id === call.originId) {
      call.originEnd = { cause, text, requestedAt, wasUp: channel.state === 'up' };
    }
    if (countsAsDeparture(call, channel)) call.departures.push({ channelId: channel.id, at, requestedAt });
    this.#calls.remember(call);
  }

  bridged(fact: BridgeFact): void {
    const channel = this.#calls.observe(fact.channel, fact.at);
    if (channel === undefined) return;
    if (fact.kind === 'bridge.left') {
      if (channel.bridgeId === fact.bridgeId) this.#calls.graph.leaveBridge(channel);
      return;
    }
    this.#calls.graph.enterBridge(channel, fact.bridgeId);
    // Who left before did not end the conversation that begins now.
    const call = this.#calls.graph.callOf(channel);
    if (call !== undefined && call.departures.length > 0) call.departures = [];
  }

  /** The PBX has started anew since then: what it had before is gone, though nobody told it. */
  lostBefore(since: Micros, at: Micros): void {
    for (const channel of [...this.#calls.graph.channels.values()]) {
      if (channel.seenFirst < since) this.#calls.channelGone(channel, at, true);
    }
  }

  /** Nobody told the end of so many channels: their memory must not grow for ever. */
  #dropOldest(at: Micros): void {
    for (const channel of this.#calls.graph.channels.values()) {
      this.#teller.inferring(() => this.#calls.channelGone(channel, at, true));
      return;
    }
  }
}
