import { parseHead, type ResponseHead, UnreadableResponseError } from './response-head.ts';

/** Larger heads, or trailers, are refused; in bytes. */
const MAX_HEAD = 16 * 1024;

/** Of the line before a chunk, with its extensions; in bytes. */
const MAX_CHUNK_LINE = 4 * 1024;

/** Interim responses (1xx) before the one that counts: whoever sends more keeps a core busy until the attempt ends. */
const MAX_INTERIM = 100;

const START = 'HTTP/1.';
const HEAD_END = /\n\r?\n/g;
const CHUNK_LINE = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?\r?\n$/i;
const EMPTY_LINE = /^\r?\n$/;

/** Hears of a response as it comes in. */
export interface ResponseListener {
  /** @param headers see {@link ResponseHead} */
  onHead(status: number, headers: string): void;
  /** @param chunk lies in memory that the next one is written over */
  onBody(chunk: Buffer): void;
}

type State = 'head' | 'length' | 'until_close' | 'chunk_line' | 'chunk' | 'chunk_end' | 'trailers' | 'whole';

/**
 * Reads responses to POSTs, one after the other, from bytes that are cut anywhere (RFC 9112, 6 and 7). Interim ones (1xx) are
 * passed over. Lines may end without CR, and a header's value may go on in the next line; what else is not HTTP/1.1 is refused.
 */
export class ResponseReader {
  #listener: ResponseListener | undefined;
  #state: State = 'whole';
  /** What has come of a head or line. */
  #text = '';
  /** Bytes that are missing to the body or chunk; that trailers may still have. */
  #left = 0;
  /** Of this response so far. */
  #interim = 0;
  #head: ResponseHead | undefined;
  /** That of the response before: the next is mostly the same, but for its date each second. */
  #lastText = '';
  #hasSurplus = false;

  /** Whether the end of the connection is the end of the response. */
  get endsWithConnection(): boolean {
    return this.#state === 'until_close';
  }

  /** For how long the connection may be used again, in milliseconds, once the response is whole. */
  get keptMs(): number {
    return this.#hasSurplus ? 0 : (this.#head?.keptMs ?? 0);
  }

  /** What comes from now on is a new response. */
  begin(listener: ResponseListener): void {
    this.#listener = listener;
    this.#state = 'head';
    this.#text = '';
    this.#interim = 0;
  }

  /**
   * Whether the response is whole with these bytes.
   *
   * @throws {UnreadableResponseError} of what is no response
   */
  read(bytes: Buffer): boolean {
    let at = 0;
    while (this.#state !== 'whole' && at < bytes.length) at = this.#take(bytes, at);
    this.#hasSurplus = at < bytes.length;
    return this.#state === 'whole';
  }

  #take(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(bytes, at);
      case 'chunk_line':
        return this.#takeLine(bytes, at, MAX_CHUNK_LINE, (line) => this.#beginChunk(line));
      case 'chunk_end':
        return this.#takeLine(bytes, at, MAX_CHUNK_LINE, (line) => {
          if (!EMPTY_LINE.test(line)) throw new UnreadableResponseError('a chunk is longer than it says');
          this.#state = 'chunk_line';
        });
      case 'trailers':
        return this.#takeLine(bytes, at, this.#left, (line) => {
          this.#left -= line.length;
          if (EMPTY_LINE.test(line)) this.#state = 'whole';
        });
      default:
        return this.#takeBody(bytes, at);
    }
  }

  #takeHead(bytes: Buffer, at: number): number {
    const before = this.#text.length;
    const text = this.#text + bytes.toString('latin1', at, at + MAX_HEAD + 1 - before);
    if (!text.startsWith(START) && !START.startsWith(text)) {
      throw new UnreadableResponseError(`it does not begin with ${START}`);
    }
    HEAD_END.lastIndex = Math.max(0, before - 2);
    if (!HEAD_END.test(text)) {
      if (text.length > MAX_HEAD)
        throw new UnreadableResponseError(`its headers are larger than ${MAX_HEAD} bytes`);
      this.#text = text;
      return bytes.length;
    }
    const end = HEAD_END.lastIndex;
    this.#text = '';
    this.#beginBody(end === text.length ? text : text.slice(0, end));
    return at + end - before;
  }

  #beginBody(text: string): void {
    const head = this.#head !== undefined && text === this.#lastText ? this.#head : parseHead(text);
    this.#head = head;
    this.#lastText = text;
    const { status, headers, framing } = head;
    if (status === 101) throw new UnreadableResponseError('it changes to a protocol that was not asked for');
    if (status < 200) {
      this.#interim += 1;
      if (this.#interim > MAX_INTERIM)
        throw new UnreadableResponseError(`more than ${MAX_INTERIM} interim ones came before it`);
      return;
    }
    this.#listener?.onHead(status, headers);
    if (framing === 'chunked') {
      this.#state = 'chunk_line';
    } else if (framing === 'until_close') {
      this.#state = framing;
    } else {
      this.#left = framing;
      this.#state = framing === 0 ? 'whole' : 'length';
    }
  }

  #beginChunk(line: string): void {
    const [, size] = CHUNK_LINE.exec(line) ?? [];
    if (size === undefined) throw new UnreadableResponseError('a chunk does not say how long it is');
    this.#left = Number.parseInt(size, 16);
    this.#state = 'chunk';
    if (this.#left > 0) return;
    this.#left = MAX_HEAD;
    this.#state = 'trailers';
  }

  #takeBody(bytes: Buffer, at: number): number {
    if (this.#state === 'until_close') {
      this.#listener?.onBody(bytes.subarray(at));
      return bytes.length;
    }
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'chunk_end' : 'whole';
    this.#listener?.onBody(bytes.subarray(at, end));
    return end;
  }

  #takeLine(bytes: Buffer, at: number, limit: number, onLine: (line: string) => void): number {
    const feed = bytes.indexOf(0x0a, at);
    const end = feed === -1 ? bytes.length : feed + 1;
    if (this.#text.length + end - at > limit) {
      throw new UnreadableResponseError(`a line of its body's frame is longer than ${limit} bytes`);
    }
    const line = this.#text + bytes.toString('latin1', at, end);
    this.#text = feed === -1 ? line : '';
    if (feed !== -1) onLine(line);
    return end;
  }
}
