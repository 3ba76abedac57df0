import { isNoise } from './noise.ts';

const END = '\r\n\r\n';

/**
 * Stands in a value for a bare LF, at which the parser would tear the packet; `packetOf` puts the LF back.
 * A private-use character: no name or number bears it.
 */
export const LINE_FEED_STAND_IN = '\uE00A';

/** The longest that Asterisk sends is a UserEvent of the manager action: 128 lines of 1,024 bytes. */
export const MAX_PACKET_CHARS = 256 * 1024;

/**
 * The parser's time grows with the square of a packet's lines, and of a run of blanks in a header's name: from
 * this length on, a packet is looked at before it gets one. (64 KiB of blanks: 3 s; 256 KiB of lines: 2 s.)
 */
const LONG_PACKET_CHARS = 2_048;
const MAX_LINES = 2_000;
const LONG_BLANKS = /\s{256,}/g;

/**
 * Stands between the wire and asterisk-manager's parser, and lets whole, genuine, wanted packets through:
 *
 * - only whole ones, so that half a packet never meets the next connection, nor makes the parser start anew;
 * - only what Asterisk itself began: an event has `Privilege` as its second header (manager.c writes it into
 *   each), unless it answers an action of ours, as a response does. A CR LF CR LF in the value of a UserEvent or
 *   of dial-plan data tears that packet in two; what follows is not taken for an event, nor for a response, nor
 *   does a forged `Response: Follows` swallow the stream. A forger who writes the `Privilege` header too can't
 *   be told from Asterisk: keep such values out of UserEvent, or exclude UserEvent from the account.
 * - not the loud ones that nobody wants (`noise.ts`): more than half of all bytes are never parsed.
 */
export class PacketGate {
  readonly #isOwnActionId: (actionId: string) => boolean;
  #pending = '';
  /** Where in `#pending` the end of a packet may lie: what is before was searched. */
  #searched = 0;
  #rejected = 0;
  #passed = 0;

  constructor(isOwnActionId: (actionId: string) => boolean) {
    this.#isOwnActionId = isOwnActionId;
  }

  /** Packets so far that were neither a genuine event nor an answer to an action of ours. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Packets so far that were one of them, noise included. */
  get passed(): number {
    return this.#passed;
  }

  /** Characters of a packet that has not ended yet. */
  get unfinished(): number {
    return this.#pending.length;
  }

  /** Takes what the wire brought; gives what the parser shall get, or `undefined` if a packet grew over the limit. */
  push(chunk: string): string | undefined {
    const text = this.#pending === '' ? chunk : this.#pending + chunk;
    let start = 0;
    let kept = '';
    let keptFrom = 0;
    for (;;) {
      while (text.startsWith('\r\n', start)) start += 2;
      const end = text.indexOf(END, Math.max(start, this.#searched));
      if (end === -1) break;
      if (end - start > MAX_PACKET_CHARS) return undefined;
      this.#searched = 0;
      const next = end + END.length;
      const verdict = this.#judge(text, start, end);
      if (verdict !== 'keep') {
        if (keptFrom < start) kept += text.slice(keptFrom, start);
        if (verdict === 'mend') kept += mended(text.slice(start, end)) + END;
        keptFrom = next;
      }
      start = next;
    }
    if (keptFrom < start) kept += text.slice(keptFrom, start);
    if (text.length - start > MAX_PACKET_CHARS) return undefined;
    this.#pending = start === 0 ? text : text.slice(start);
    this.#searched = Math.max(0, this.#pending.length - END.length + 1);
    return BARE_LINE_FEED.test(kept) ? kept.replace(BARE_LINE_FEEDS, LINE_FEED_STAND_IN) : kept;
  }

  #judge(text: string, start: number, end: number): 'keep' | 'mend' | 'drop' {
    if (text.startsWith('Event: ', start)) {
      const nameEnd = text.indexOf('\r\n', start + 7);
      if (text.startsWith('Privilege: ', nameEnd + 2) && nameEnd < end) {
        this.#passed += 1;
        const name = text.slice(start + 7, nameEnd);
        if (name === 'UserEvent') return 'mend';
        if (isNoise(name, text, nameEnd, end)) return 'drop';
        return end - start > LONG_PACKET_CHARS ? 'mend' : 'keep';
      }
    } else if (!text.startsWith('Response: ', start)) {
      this.#rejected += 1;
      return 'drop';
    }
    if (this.#answersUs(text, start, end)) {
      this.#passed += 1;
      return end - start > LONG_PACKET_CHARS ? 'mend' : 'keep';
    }
    this.#rejected += 1;
    return 'drop';
  }

  #answersUs(text: string, start: number, end: number): boolean {
    const header = text.indexOf(ACTION_ID, start);
    if (header === -1 || header >= end) return false;
    const valueEnd = text.indexOf('\r\n', header + ACTION_ID.length);
    return this.#isOwnActionId(text.slice(header + ACTION_ID.length, valueEnd));
  }
}

const ACTION_ID = '\r\nActionID: ';
const BARE_LINE_FEED = /[^\r]\n/;
const BARE_LINE_FEEDS = /(?<!\r)\n/g;

/**
 * `key:value` to `key: value`, as dial plans write it in UserEvents: the parser would take the whole line for a
 * key. Of a packet that the parser would be long at: its blanks made one, its lines after the first ones cut off.
 */
function mended(packet: string): string {
  const spaced = packet.replace(/(\r\n[^:\r\n]+):(?! )/g, '$1: ');
  if (packet.length <= LONG_PACKET_CHARS) return spaced;
  const lines = spaced.replace(LONG_BLANKS, ' ').split('\r\n', MAX_LINES);
  return lines.join('\r\n');
}
