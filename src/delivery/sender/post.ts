import type { IncomingHttpHeaders } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import type { Dispatcher } from 'undici';
import type { Attempt, AttemptOutcome, AttemptResponse } from '../../model/delivery.ts';
import type { Clock, Micros, Timer } from '../../util/clock.ts';
import { type AttemptFailure, failureOf } from './failure.ts';

/** How much of a response's body is kept. */
export const KEPT_BODY_BYTES = 16 * 1024;

/** How much of a response's body is read at all; a receiver that sends more gets its connection closed. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * One POST and what comes of it, told exactly once: a whole response, or why there is none by the deadline.
 * The deadline holds from the first moment, before there is a connection.
 */
export class Post implements Dispatcher.DispatchHandler {
  readonly startedAt: Micros;
  readonly #number: number;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #timeoutMs: number;
  readonly #deadline: Timer;
  readonly #done: (attempt: Attempt) => void;
  #controller: Dispatcher.DispatchController | undefined;
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
    this.#deadline = clock.after(timeoutMs, () => this.fail(this.#timeout()));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status >= 200) {
      this.#status = status;
      this.#headers = JSON.stringify(headers);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#bytes < KEPT_BODY_BYTES) {
      this.#chunks ??= [];
      // A copy: the rest of the buffer it lies in is let go.
      this.#chunks.push(Buffer.from(chunk.subarray(0, KEPT_BODY_BYTES - this.#bytes)));
    }
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BODY_BYTES) {
      this.fail({
        code: 'invalid',
        message: `Response body larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB`,
      });
    }
  }

  onResponseEnd(): void {
    const response = this.#response();
    if (response === undefined) {
      this.fail({ code: 'invalid', message: 'Response without a status' });
    } else {
      this.#end({ kind: 'response', response });
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(failureOf(error));
  }

  fail(failure: AttemptFailure): void {
    if (!this.#ended) {
      this.#end({ kind: 'error', ...failure, response: this.#response() });
      this.#controller?.abort(new Error(failure.message));
    }
  }

  #end(outcome: AttemptOutcome): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#deadline.cancel();
    const durationMs = this.#clock.elapsedMs() - this.#startedMs;
    this.#done({ number: this.#number, startedAt: this.startedAt, durationMs, outcome });
  }

  #timeout(): AttemptFailure {
    const within = `within ${this.#timeoutMs / 1000} s`;
    if (this.#controller === undefined) {
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
