import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../../util/deferred.ts';
import { reasonOf } from '../../util/error.ts';
import { Fifo } from '../../util/fifo.ts';
import { StoreError } from '../store.ts';
import { storeError } from './failure.ts';
import { type Answer, callOf, type Reply, type Request, replyIn } from './wire.ts';

type AnswerTo<Op extends Request['op']> = Extract<Answer, { op: Op }>;

/** The near end of the store's thread: one promise for each question. */
export class ThreadClient {
  readonly #path: string;
  readonly #onLost: (error: StoreError) => void;
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  /** The thread answers in the order of asking. */
  readonly #open = new Fifo<Deferred<Answer>>();
  #lost: StoreError | undefined;
  #ending = false;

  /** `onLost` is told once if the thread dies without having been ended. */
  constructor(path: string, onLost: (error: StoreError) => void) {
    this.#path = path;
    this.#onLost = onLost;
    // The extension of this file: it runs from source, from the build and under a test runner.
    this.#worker = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), {
      // node:sqlite is stable enough for us, and its warning is no business of whoever runs the PBX.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('messageerror', (error) => this.#lose(reasonOf(error)));
    this.#worker.on('error', (error) => this.#lose(reasonOf(error)));
    this.#exited = once(this.#worker, 'exit').finally(() => this.#lose('it ended by itself'));
    this.#exited.catch(() => {});
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  async ask<Op extends Request['op']>(request: Extract<Request, { op: Op }>): Promise<AnswerTo<Op>> {
    if (this.#lost !== undefined) {
      throw this.#lost;
    }
    const waiting = deferred<Answer>();
    this.#worker.postMessage(callOf(request));
    this.#open.push(waiting);
    const answer = await waiting.promise;
    if (!answers(request.op, answer)) {
      throw new TypeError(`the store's thread answered ${answer.op} to ${request.op}`);
    }
    return answer;
  }

  /** Resolves when the thread is gone; what it still had to do is refused. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#worker.terminate();
    await this.#exited.catch(() => {});
  }

  #settle(reply: Reply): void {
    const waiting = this.#open.shift();
    const told = replyIn(reply);
    if ('error' in told) {
      waiting?.reject(new StoreError(told.error.code, told.error.message));
    } else {
      waiting?.resolve(told.answer);
    }
  }

  #lose(reason: string): void {
    if (this.#lost === undefined) {
      const says = `its thread died (${reason}); restart pbx-webhooks`;
      this.#lost = storeError('store_failed', this.#path, says);
      if (!this.#ending) {
        this.#onLost(this.#lost);
      }
    }
    for (let waiting = this.#open.shift(); waiting !== undefined; waiting = this.#open.shift()) {
      waiting.reject(this.#lost);
    }
  }
}

function answers<Op extends Request['op']>(op: Op, answer: Answer): answer is AnswerTo<Op> {
  return answer.op === op;
}
