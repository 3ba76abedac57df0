import type { Clock } from '../../util/clock.ts';
import type { Field } from '../../util/fields.ts';
import { type FromSender, packResult, type Result, type ToSender, unpackJobs } from './protocol.ts';
import { Sender } from './send.ts';

/** A sender behind messages, the same in a thread and on the main thread; answers once for each turn of its loop. */
export class SenderEndpoint {
  readonly #reply: (message: FromSender) => void;
  readonly #sender: Sender;
  #results: Field[] = [];

  constructor(clock: Clock, reply: (message: FromSender) => void) {
    this.#reply = reply;
    this.#sender = new Sender(clock, (result) => this.#report(result));
  }

  receive(message: ToSender): void {
    switch (message.op) {
      case 'target':
        this.#sender.setTarget(message.target);
        break;
      case 'forget':
        this.#sender.forget(message.target);
        break;
      case 'jobs':
        for (const job of unpackJobs(message)) {
          this.#sender.send(job);
        }
        break;
      default:
        message satisfies never;
    }
  }

  stop(): Promise<void> {
    return this.#sender.stop();
  }

  #report(result: Result): void {
    if (this.#results.length === 0) {
      setImmediate(() => {
        const results = this.#results;
        this.#results = [];
        this.#reply({ results });
      });
    }
    packResult(this.#results, result);
  }
}
