import type { Clock } from '../../util/clock.ts';
import type { Field } from '../../util/fields.ts';
import { type FromSender, packResult, type Result, type ToSender, unpackJobs } from './protocol.ts';
import { Sender } from './send.ts';

/**
 * A sender behind messages. A message costs as much as handling several results, so while most of its jobs are still
 * under way results gather for up to `gatherMs`.
 */
export class SenderEndpoint {
  readonly #gatherMs: number;
  readonly #reply: (message: FromSender) => void;
  readonly #sender: Sender;
  #underWay = 0;
  #gathered = 0;
  #results: Field[] = [];
  #turnEnd: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, gatherMs: number, reply: (message: FromSender) => void) {
    this.#gatherMs = gatherMs;
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
          this.#underWay += 1;
          this.#sender.send(job);
        }
        break;
      default:
        message satisfies never;
    }
  }

  #report(result: Result): void {
    this.#underWay -= 1;
    this.#gathered += 1;
    packResult(this.#results, result);
    this.#turnEnd ??= setImmediate(() => {
      this.#turnEnd = undefined;
      if (this.#gathered >= this.#underWay) {
        this.#flush();
      } else {
        this.#timer ??= setTimeout(() => this.#flush(), this.#gatherMs);
      }
    });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered > 0) {
      const results = this.#results;
      this.#results = [];
      this.#gathered = 0;
      this.#reply({ results });
    }
  }
}
