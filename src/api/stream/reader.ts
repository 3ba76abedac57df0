import type { EventPosition, SubscriptionId } from '../../model/ids.ts';
import { type Deferred, deferred } from '../../util/deferred.ts';
import { Fifo } from '../../util/fifo.ts';
import type { PatternMatcher } from '../../util/patterns.ts';
import { message } from './messages.ts';

/**
 * What waits for one reader: no more messages, and no more characters, but for a single message. Enough for the bursts
 * in which a busy PBX has its events come from the disk; the texts are shared by all readers.
 */
const MAX_MESSAGES = 5_000;
const MAX_CHARACTERS = 4_000_000;

/** Characters that are handed over at once. */
const CHUNK = 64 * 1024;

/** One message; of an event where that stands. */
export interface Queued {
  readonly text: string;
  readonly position?: EventPosition | undefined;
}

export interface ReaderOptions {
  readonly wants: PatternMatcher;
  /** Undefined: all. */
  readonly subscriptionId: SubscriptionId | undefined;
  /** Ends the connection of a reader that takes nothing any more. */
  readonly cut: () => void;
}

/**
 * What waits for whoever reads one stream. When they are too slow what comes is left out until half of what waits has
 * been taken; then they are told how much was missed, where it is missing.
 */
export class StreamReader {
  readonly options: ReaderOptions;
  readonly #queue = new Fifo<Queued>();
  #opening: Promise<void> | undefined;
  #characters = 0;
  #dropped = 0;
  /** Only the newest one is of any use. */
  #stats: string | undefined;
  #waiting: Deferred<void> | undefined;
  #isOver = false;

  constructor(options: ReaderOptions) {
    this.options = options;
  }

  /** Tells these first; what comes until they are there waits behind them, but for those that are among them. */
  openWith(kept: Promise<readonly Queued[]>): void {
    this.#opening = kept.then((first) => {
      const told = new Set(first.map(({ position }) => position));
      const waiting: Queued[] = [];
      for (let one = this.#queue.shift(); one !== undefined; one = this.#queue.shift()) waiting.push(one);
      this.#characters = 0;
      for (const one of first) this.#add(one);
      for (const one of waiting) if (one.position === undefined || !told.has(one.position)) this.#add(one);
    });
    this.#opening.catch(() => {});
  }

  push(text: string, position?: EventPosition): void {
    if (!this.#hasRoom()) {
      this.#dropped += 1;
      return;
    }
    this.#tellDropped();
    this.#add({ text, position });
    this.#waiting?.resolve();
  }

  setStats(text: string): void {
    this.#stats = text;
    this.#waiting?.resolve();
  }

  /** Unless there is something to say anyway. */
  pushComment(text: string): void {
    if (this.#queue.size === 0) this.push(text);
  }

  /** Nothing is told any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whoever read is gone. */
  leave(): void {
    this.#isOver = true;
  }

  /** Nothing more comes; a connection that takes nothing is cut. */
  end(): void {
    this.#isOver = true;
    if (this.#waiting === undefined) this.options.cut();
    this.#waiting?.resolve();
  }

  /** What waits, as soon as something does; undefined at the end. Rejects when what was to come first can't be read. */
  async next(): Promise<string | undefined> {
    await this.#opening;
    while (!this.#isOver) {
      const text = this.#take();
      if (text !== '') return text;
      this.#waiting = deferred<void>();
      await this.#waiting.promise;
      this.#waiting = undefined;
    }
    return undefined;
  }

  #hasRoom(): boolean {
    const part = this.#dropped === 0 ? 1 : 0.5;
    return this.#queue.size < MAX_MESSAGES * part && this.#characters < MAX_CHARACTERS * part;
  }

  #take(): string {
    let text = '';
    while (text.length < CHUNK) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      text += next.text;
    }
    this.#characters -= text.length;
    if (this.#queue.size === 0) this.#tellDropped();
    const stats = this.#stats ?? '';
    this.#stats = undefined;
    return text + stats;
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#add({ text: message('dropped', { count: this.#dropped }) });
    this.#dropped = 0;
  }

  #add(queued: Queued): void {
    this.#queue.push(queued);
    this.#characters += queued.text.length;
  }
}
