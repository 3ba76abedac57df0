import { StringDecoder } from 'node:string_decoder';
import type { Attempt, AttemptOutcome, AttemptResponse } from '../../model/delivery.ts';
import type { Clock, Micros, Timer } from '../../util/clock.ts';
import type { AttemptFailure } from './failure.ts';
import type { Exchange } from './http/connection.ts';

/** How much of a response's body is kept. */
export const KEPT_BODY_BYTES = 16 * 1024;

/** How much of a response's body is read at all; a receiver that sends more gets its connection closed. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * One POST and what comes of it, told exactly once: a whole response, or why there is none by the deadline.
 * The deadline holds before there is a connection.
 */
export class Post implements Exchange {
  readonly startedAt: Micros;
  readonly #number: number;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #timeoutMs: number;
  readonly #done: (attempt: Attempt) => void;
  #deadline: Timer | undefined;
  #isSent = false;
  #status: number | undefined;
  #headers = '{}';
  #chunks: Buffer[] | undefined;
  #bytes = 0;
  #ended = false;

  constructor(number: number, timeoutMs: number, clock: Clock, done: (attempt: Attempt) => void) {
    this.#number = number;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#done = done;
    this.startedAt = clock.now();
    this.#startedMs = clock.elapsedMs();
  }

  /** From now on the deadline holds: called as soon as the request was handed over, which it would only delay. */
  watch(): void {
    if (this.#ended) return;
    this.#deadline = this.#clock.after(this.#timeoutMs, () => this.onFail(this.#timeout()));
  }

  onSent(): void {
    this.#isSent = true;
  }

  onHead(status: number, headers: string): void {
    this.#status = status;
    this.#headers = headers;
  }

  onBody(chunk: Buffer): void {
    if (this.#bytes < KEPT_BODY_BYTES) {
      this.#chunks ??= [];
      // A copy: what comes next is written over it.
      this.#chunks.push(Buffer.from(chunk.subarray(0, KEPT_BODY_BYTES - this.#bytes)));
    }
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BODY_BYTES) {
      this.onFail({
        code: 'invalid',
        message: `Response body larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB`,
      });
    }
  }

  onEnd(): void {
    const response = this.#response();
    if (response === undefined) {
      this.onFail({ code: 'invalid', message: 'Response without a status' });
    } else {
      this.#end({ kind: 'response', response });
    }
  }

  onFail(failure: AttemptFailure): void {
    this.#end({ kind: 'error', ...failure, response: this.#response() });
  }

  #end(outcome: AttemptOutcome): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#deadline?.cancel();
    const durationMs = this.#clock.elapsedMs() - this.#startedMs;
    this.#done({ number: this.#number, startedAt: this.startedAt, durationMs, outcome });
  }

  #timeout(): AttemptFailure {
    const within = `within ${this.#timeoutMs / 1000} s`;
    if (!this.#isSent) {
      return { code: 'timeout', message: 'Connection timeout' };
    }
    return {
      code: 'timeout',
      message: this.#status === undefined ? `No response ${within}` : `Response not complete ${within}`,
    };
  }

  #response(): AttemptResponse | undefined {
    return this.#status === undefined
      ? undefined
      : { status: this.#status, headers: this.#headers, body: this.#text() };
  }

  /** The decoder leaves out a character that the limit cut in two. */
  #text(): string {
    return this.#chunks === undefined ? '' : new StringDecoder('utf8').write(Buffer.concat(this.#chunks));
  }
}
