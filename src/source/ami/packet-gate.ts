import { LINE_FEED_STAND_IN } from './line-feed.ts';
import { isNoise } from './noise.ts';
import { inspectEvent, type MendedEvent } from './snapshot-guard.ts';

const END = '\r\n\r\n';

/** The longest that Asterisk sends is a UserEvent of the manager action: 128 lines of 1,024 bytes. */
export const MAX_PACKET_CHARS = 256 * 1024;

/**
 * The parser's time grows with the square of a packet's lines, and of a run of blanks in a header's name: from
 * this length on, a packet is looked at before it gets one. (64 KiB of blanks: 3 s; 256 KiB of lines: 2 s.)
 */
const LONG_PACKET_CHARS = 2_048;
const MAX_LINES = 2_000;
const LONG_BLANKS = /\s{256,}/g;

/** What becomes of a packet; `wait`: its rest has not come. Another text for it may end later than it seemed to. */
type Verdict = 'keep' | 'drop' | 'wait' | MendedEvent;

/**
 * Stands between the wire and asterisk-manager's parser, and lets whole, genuine, wanted packets through:
 *
 * - only whole ones, so that half a packet never meets the next connection, nor makes the parser start anew;
 * - only what Asterisk itself began: an event has `Privilege` as its second header (manager.c writes it into
 *   each), unless it answers an action of ours, as a response does. A CR LF CR LF in the value of a UserEvent or
 *   of dial-plan data tears that packet; what follows is not taken for an event, nor for a response, nor does a
 *   forged `Response: Follows` swallow the stream. What a phone dialled is put back into its value
 *   (`snapshot-guard.ts`). Only a text of many lines that the dial plan itself puts into a UserEvent or a channel
 *   variable, and that was written to look like an event with all its headers, can't be told from one: keep such
 *   texts out, or exclude UserEvent from the account (docs/asterisk.md);
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
    let waits = false;
    for (;;) {
      const blank = start;
      while (text.startsWith('\r\n', start)) start += 2;
      if (start > blank) {
        kept += text.slice(keptFrom, blank);
        keptFrom = start;
      }
      const end = text.indexOf(END, Math.max(start, this.#searched));
      if (end === -1) break;
      if (end - start > MAX_PACKET_CHARS) return undefined;
      const verdict = this.#judge(text, start, end);
      this.#searched = 0;
      waits = verdict === 'wait';
      if (waits) break;
      const next = (typeof verdict === 'object' ? verdict.end : end) + END.length;
      if (verdict !== 'keep') {
        if (keptFrom < start) kept += text.slice(keptFrom, start);
        if (typeof verdict === 'object' && verdict.packet !== '') kept += verdict.packet + END;
        keptFrom = next;
      }
      start = next;
    }
    if (keptFrom < start) kept += text.slice(keptFrom, start);
    if (text.length - start > MAX_PACKET_CHARS) return undefined;
    this.#pending = start === 0 ? text : text.slice(start);
    this.#searched = waits ? 0 : Math.max(0, this.#pending.length - END.length + 1);
    return BARE_LINE_FEED.test(kept) ? kept.replace(BARE_LINE_FEEDS, LINE_FEED_STAND_IN) : kept;
  }

  #judge(text: string, start: number, end: number): Verdict {
    const packet = text.slice(start, end);
    const nameEnd = packet.indexOf('\r\n');
    if (packet.startsWith('Event: ') && packet.startsWith('Privilege: ', nameEnd + 2)) {
      return this.#judgeEvent(packet.slice(7, nameEnd), packet, text, start);
    }
    if (!this.#answersUs(packet)) return this.#reject();
    return this.#pass(packet.length > LONG_PACKET_CHARS ? { packet: shortened(packet), end } : 'keep');
  }

  #judgeEvent(name: string, packet: string, text: string, start: number): Verdict {
    const end = start + packet.length;
    const found = inspectEvent(text, start, end);
    if (found === 'wait') return 'wait';
    if (found === 'forged') return this.#reject();
    if (isNoise(name, packet)) return this.#pass(found === 'sound' ? 'drop' : { packet: '', end: found.end });
    if (found !== 'sound') return this.#pass(found);
    if (name === 'UserEvent') return this.#pass({ packet: shortened(spaced(packet)), end });
    return this.#pass(packet.length > LONG_PACKET_CHARS ? { packet: shortened(packet), end } : 'keep');
  }

  #pass(verdict: Verdict): Verdict {
    this.#passed += 1;
    return verdict;
  }

  #reject(): Verdict {
    this.#rejected += 1;
    return 'drop';
  }

  #answersUs(packet: string): boolean {
    if (!packet.startsWith('Event: ') && !packet.startsWith('Response: ')) return false;
    const header = packet.indexOf(ACTION_ID);
    if (header === -1) return false;
    const value = header + ACTION_ID.length;
    const valueEnd = packet.indexOf('\r\n', value);
    return this.#isOwnActionId(packet.slice(value, valueEnd === -1 ? packet.length : valueEnd));
  }
}

const ACTION_ID = '\r\nActionID: ';
const BARE_LINE_FEED = /[^\r]\n/;
const BARE_LINE_FEEDS = /(?<!\r)\n/g;
const UNSPACED = /\r\n[^:\r\n]+:(?! )/;
const UNSPACED_KEYS = /(\r\n[^:\r\n]+):(?! )/g;

/** `key:value` to `key: value`, as dial plans write it: the parser would take the whole line for a key. */
function spaced(packet: string): string {
  return UNSPACED.test(packet) ? packet.replace(UNSPACED_KEYS, '$1: ') : packet;
}

/** A packet that the parser would be long at, with its blanks made one and its lines after the first ones cut off. */
function shortened(packet: string): string {
  if (packet.length <= LONG_PACKET_CHARS) return packet;
  return packet.replace(LONG_BLANKS, ' ').split('\r\n', MAX_LINES).join('\r\n');
}
