import type { ChannelId, Fact } from '../../telephony/facts.ts';
import type { AmiPacket } from './connection.ts';
import type { Stock } from './stock.ts';

/**
 * What the stream tells while the PBX is asked what there is. It is held back, since what is there must be known
 * before what happens to it; and it wins over the lists, which know neither when nor how.
 */
export class Opening {
  readonly #facts: Fact[] = [];
  readonly #streamed = new Set<ChannelId>();
  readonly #born = new Set<ChannelId>();

  take(packet: AmiPacket, fact: Fact): void {
    this.#facts.push(fact);
    for (const value of Object.values(fact)) if (isChannel(value)) this.#streamed.add(value.id);
    if (packet['event'] === 'Newchannel' && 'channel' in fact && fact.channel !== undefined)
      this.#born.add(fact.channel.id);
  }

  /** The lists, without what the stream tells from its beginning; then all that the stream told. */
  *facts(stock: Stock | undefined): Iterable<Fact> {
    if (stock !== undefined) {
      const channels = stock.channels?.filter(({ channel }) => !this.#born.has(channel.id));
      yield { ...stock, channels, streamed: this.#streamed };
    }
    yield* this.#facts;
  }
}

function isChannel(value: unknown): value is { readonly id: ChannelId } {
  return typeof value === 'object' && value !== null && 'id' in value && 'callId' in value;
}
