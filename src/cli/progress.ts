/** How often the line is drawn anew at most, in milliseconds. */
const DRAW_EVERY_MS = 100;

/** How far long work is, on standard error where that is a terminal: `1,234 sent again, 512/s`. */
export class Progress {
  readonly #what: string;
  readonly #startedAt = performance.now();
  #count = 0;
  #drawnAt = 0;

  /** @param what such as `deleted`. */
  constructor(what: string) {
    this.#what = what;
  }

  get count(): number {
    return this.#count;
  }

  add(count: number): void {
    this.set(this.#count + count);
  }

  set(count: number): void {
    this.#count = count;
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#drawnAt < DRAW_EVERY_MS) return;
    this.#drawnAt = now;
    const rate = Math.round(count / Math.max(0.001, (now - this.#startedAt) / 1000));
    process.stderr.write(
      `\r\x1b[K${count.toLocaleString('en')} ${this.#what}, ${rate.toLocaleString('en')}/s`,
    );
  }

  /** Takes the line away: what follows says how it ended. */
  end(): void {
    if (this.#drawnAt > 0) process.stderr.write('\r\x1b[K');
    this.#drawnAt = 0;
  }
}
