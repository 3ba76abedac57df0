import type { ChannelId, Fact } from '../../telephony/facts.ts';
import type { AmiPacket } from './connection.ts';
import type { Stock } from './stock.ts';

/**
 * What the stream tells while the PBX is asked what there is. It is held back, since what is there must be known
 * before what happens to it; but not for ever. It wins over the lists, which know neither when nor how.
 */
export class Opening {
  #held: Fact[] | undefined = [];
  readonly #streamed = new Set<ChannelId>();
  readonly #born = new Set<ChannelId>();

  /** Whether the fact is held back; if not, it is to be told now. */
  take(packet: AmiPacket, fact: Fact): boolean {
    for (const value of Object.values(fact)) if (isChannel(value)) this.#streamed.add(value.id);
    if (packet['event'] === 'Newchannel' && 'channel' in fact && fact.channel !== undefined)
      this.#born.add(fact.channel.id);
    this.#held?.push(fact);
    return this.#held !== undefined;
  }

  /** The lists, without what the stream told from its beginning. */
  stockFact(stock: Stock): Fact {
    const channels = stock.channels?.filter(({ channel }) => !this.#born.has(channel.id));
    return { ...stock, channels, streamed: this.#streamed };
  }

  /** What was held back; from now on nothing is. */
  release(): readonly Fact[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }
}

function isChannel(value: unknown): value is { readonly id: ChannelId } {
  return typeof value === 'object' && value !== null && 'id' in value && 'callId' in value;
}
