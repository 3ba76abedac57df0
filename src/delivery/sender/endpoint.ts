import type { Clock } from '../../util/clock.ts';
import type { Field } from '../../util/fields.ts';
import { Fifo } from '../../util/fifo.ts';
import {
  type FromSender,
  type NumberedJob,
  packResult,
  type Result,
  type ToSender,
  unpackJobs,
} from './protocol.ts';
import { Sender } from './send.ts';

/**
 * Jobs that begin in one turn. An event for a thousand receivers at one host would else open a thousand connections,
 * where answers of the first free those that the next can use; and whoever hangs holds up nobody: each turn begins as many.
 */
const JOBS_PER_TURN = 64;

/**
 * A sender behind messages. A message costs as much as handling several results, so while most of its jobs are still
 * under way results gather for up to `gatherMs`.
 */
export class SenderEndpoint {
  readonly #gatherMs: number;
  readonly #reply: (message: FromSender) => void;
  readonly #sender: Sender;
  readonly #waiting = new Fifo<NumberedJob>();
  /** How many more may begin in this turn. */
  #room = JOBS_PER_TURN;
  #nextTurn: NodeJS.Immediate | undefined;
  /** Also those that have not begun. */
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
        this.#send(this.#waiting.size);
        this.#sender.setTarget(message.target);
        break;
      case 'forget':
        this.#send(this.#waiting.size);
        this.#sender.forget(message.target);
        break;
      case 'jobs':
        for (const job of unpackJobs(message)) {
          this.#underWay += 1;
          this.#waiting.push(job);
        }
        this.#sendInTurn();
        break;
      default:
        message satisfies never;
    }
  }

  #sendInTurn(): void {
    const count = Math.min(this.#room, this.#waiting.size);
    this.#room -= count;
    this.#send(count);
    this.#nextTurn ??= setImmediate(() => {
      this.#nextTurn = undefined;
      this.#room = JOBS_PER_TURN;
      if (this.#waiting.size > 0) this.#sendInTurn();
    });
  }

  #send(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const job = this.#waiting.shift();
      if (job !== undefined) this.#sender.send(job);
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
