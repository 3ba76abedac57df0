/**
 * The block of headers by which an event describes a channel. Asterisk escapes the names in it, but writes the
 * caller's number and the dialled one as they came: a phone that dials `555%0d%0aUniqueid%3a…` (any number, where
 * the dial plan has a pattern such as `_X.`) puts headers of its own before Asterisk's, and with a blank line among
 * them tears the packet and makes up another one. Seen on Asterisk 22.
 *
 * The block is always the same (manager_channels.c), with a prefix such as `Dest` where a packet has several. A
 * number that came by SIP has at most 79 bytes: its end is the last place within them from which the rest of the
 * block follows as it must, for behind a made-up rest there is still Asterisk's own.
 */
const BLOCK = new RegExp(
  [
    String.raw`\r\n(\w*)ChannelState: [^\r]*`,
    String.raw`\1ChannelStateDesc: [^\r]*`,
    String.raw`\1CallerIDNum: (.{0,79}|[^\r]*)`,
    String.raw`\1CallerIDName: [^\r]*`,
    String.raw`\1ConnectedLineNum: (.{0,79}|[^\r]*)`,
    String.raw`\1ConnectedLineName: [^\r]*(?:\r\n\1Language: [^\r]*)?`,
    String.raw`\1AccountCode: [^\r]*`,
    String.raw`\1Context: [^\r]*`,
    String.raw`\1Exten: (.{0,79}|[^\r]*)`,
    String.raw`\1Priority: [^\r]*`,
    String.raw`\1Uniqueid: [^\r]*`,
    String.raw`\1Linkedid: [^\r]*(?=\r\n)`,
  ].join(String.raw`\r\n`),
  'sy',
);
const STATE = 'ChannelState: ';
const END = '\r\n\r\n';

/**
 * With any CR before them, which would make a line's end of the LF that is put in their place. A run of CR is tried from
 * its first one alone: else a long one would take the square of its length.
 */
const ENDS = /(?<!\r)\r+\n\r+\n/g;
const LINE_BREAKS = /(?<!\r)\r+\n/g;

/** Characters in which a block ends after a tear in it. */
const BLOCK_CHARS = 1_000;

/** Headers behind the blocks in which the dial plan often puts a dialled number once more. */
const REPEATING = /\r\n(?:AppData|DialString|Extension): /;

/**
 * What follows such a number there: the rest of its value, the end of the packet, or what Newexten tells next. Behind
 * a next event that only begins like it, there are that one's headers.
 */
const GOES_ON = /^(?!\r\n)|^\r\n(?:\r\n|Application: )/;
const GOES_ON_CHARS = 15;

/** Headers of a block whose values may hold line breaks, as `BLOCK` captures them after the prefix. */
const UNESCAPED = ['CallerIDNum', 'ConnectedLineNum', 'Exten'];

/** The text of an event with bare LF for the line breaks in its values, and where the event ends on the wire. */
export interface MendedEvent {
  readonly packet: string;
  readonly end: number;
}

/** `sound`: the event is as it seems; `wait`: its rest has not come; `forged`: it is none of Asterisk's. */
export type Inspection = 'sound' | 'wait' | 'forged' | MendedEvent;

/**
 * Looks at the event in `text` that begins at `start` and seems to end at `end`. A UserEvent may have any headers in
 * any number behind the block of the channel that sent it.
 */
export function inspectEvent(text: string, start: number, end: number): Inspection {
  const packet = text.slice(start, end);
  let at = blockAt(packet, 0);
  if (packet.startsWith('Event: UserEvent\r\n') && (at === -1 || !OF_CHANNEL.test(packet))) return 'sound';
  if (at === -1) return isWithoutBlock(packet) ? 'sound' : 'forged';
  if (ID.test(packet.slice(0, at))) return 'forged';
  const torn = new TornEvent(text, start, end);
  while (at !== -1) {
    BLOCK.lastIndex = start + at;
    const block = BLOCK.exec(text);
    if (block === null) return torn.hasValues ? torn.mend() : withoutWholeBlock(text, packet, start + at);
    torn.take(block);
    if (torn.end === -1) return 'wait';
    at = blockAt(text.slice(start, torn.end), BLOCK.lastIndex - start);
  }
  return torn.hasValues ? torn.mend() : 'sound';
}

const OF_CHANNEL = /^.*\r\n.*(?:\r\nTimestamp: .*)?\r\nChannel: .*\r\nChannelState: /;
const ID = /\r\n(?:Uniqueid|Linkedid): /;

/** The line break before the next `ChannelState`, whatever its prefix. */
function blockAt(packet: string, from: number): number {
  for (let at = packet.indexOf(STATE, from); at !== -1; at = packet.indexOf(STATE, at + 1)) {
    const line = packet.lastIndexOf('\r\n', at);
    if (line >= from && /^\w*$/.test(packet.slice(line + 2, at))) return line;
  }
  return -1;
}

/** An event of no channel, or one (OriginateResponse) that names a channel without describing it. */
function isWithoutBlock(packet: string): boolean {
  return !ID.test(packet) || (packet.includes('\r\nChannel: ') && !packet.includes('\r\nPriority: '));
}

/** A block that ends, though not in the way of the versions known, may be another version's. */
function withoutWholeBlock(text: string, packet: string, at: number): Inspection {
  if (packet.includes('\r\nUniqueid: ') && packet.includes('\r\nLinkedid: ')) return 'sound';
  return text.length < at + BLOCK_CHARS ? 'wait' : 'forged';
}

/** Puts an event together again, block by block. */
class TornEvent {
  readonly #text: string;
  readonly #values: string[] = [];
  #mended = '';
  #copied: number;
  /** Where the event ends, as far as is known; -1 if its end has not come. */
  end: number;

  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#copied = start;
    this.end = end;
  }

  get hasValues(): boolean {
    return this.#values.length > 0;
  }

  /** Takes a match of `BLOCK`. */
  take(block: RegExpExecArray): void {
    const [whole, prefix = '', ...values] = block;
    let at = 0;
    for (const [i, header] of UNESCAPED.entries()) {
      const value = values[i] ?? '';
      const start = `\r\n${prefix}${header}: `;
      at = whole.indexOf(start, at) + start.length;
      if (value.includes('\r\n')) this.#replace(block.index + at, value);
      at += value.length;
    }
    const end = block.index + whole.length;
    if (end > this.end) this.end = this.#text.indexOf(END, end);
  }

  /** What is left behind the blocks may tell one of the values once more, ends of packets included. */
  mend(): Inspection {
    let tail = this.#text.slice(this.#copied, this.end);
    if (REPEATING.test(tail)) {
      for (let again = this.#repeats(); again !== false; again = this.#repeats()) {
        if (again === 'wait') return 'wait';
        this.end = this.#text.indexOf(END, this.end + END.length);
        if (this.end === -1) return 'wait';
      }
      tail = this.#text.slice(this.#copied, this.end);
    }
    return { packet: this.#mended + tail.replaceAll(ENDS, '\n\n'), end: this.end };
  }

  #replace(at: number, value: string): void {
    this.#mended += this.#text.slice(this.#copied, at) + value.replaceAll(LINE_BREAKS, '\n');
    this.#copied = at + value.length;
    this.#values.push(value);
  }

  /**
   * Whether the end of the packet is in truth one within such a value; a dial plan may have cut digits off its
   * beginning.
   */
  #repeats(): boolean | 'wait' {
    const text = this.#text;
    for (const value of this.#values) {
      const kept = Math.max(0, value.indexOf('\r\n') - 1);
      for (let tear = value.indexOf(END); tear !== -1; tear = value.indexOf(END, tear + 1)) {
        const rest = value.slice(tear + END.length);
        // Where it holds no such header, the packet that it makes up is none.
        if (!rest.includes('\r\nPrivilege: ')) continue;
        if (!text.startsWith(value.slice(kept, tear), this.end - (tear - kept))) continue;
        const following = text.slice(
          this.end + END.length,
          this.end + END.length + rest.length + GOES_ON_CHARS,
        );
        if (!following.startsWith(rest.slice(0, following.length))) continue;
        if (following.length < rest.length + GOES_ON_CHARS) return 'wait';
        if (GOES_ON.test(following.slice(rest.length))) return true;
      }
    }
    return false;
  }
}
