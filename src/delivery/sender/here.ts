import type { Clock } from '../../util/clock.ts';
import { Slots } from '../../util/slots.ts';
import type { ResolveName } from '../name-resolver.ts';
import type { Answered } from './member.ts';
import type { Job, Target } from './protocol.ts';
import { Sender } from './send.ts';

export interface SenderHereOptions<J extends Job> {
  readonly clock: Clock;
  readonly resolve: ResolveName | undefined;
  readonly onResults: (results: readonly Answered<J>[]) => void;
}

/** The sender of this thread: a job goes at once, and results of a turn are told together. */
export class SenderHere<J extends Job> {
  readonly #sender: Sender;
  readonly #onResults: (results: readonly Answered<J>[]) => void;
  readonly #jobs = new Slots<J>();
  #results: Answered<J>[] = [];
  #stopped = false;

  constructor({ clock, resolve, onResults }: SenderHereOptions<J>) {
    this.#onResults = onResults;
    this.#sender = new Sender(
      clock,
      ({ job: id, attempt }) => {
        const job = this.#jobs.take(id);
        if (job !== undefined && this.#results.push([job, attempt]) === 1) setImmediate(() => this.#tell());
      },
      resolve,
    );
  }

  setTarget(target: Target): void {
    this.#sender.setTarget(target);
  }

  forget(target: number): void {
    this.#sender.forget(target);
  }

  /** Once it has stopped, nothing. */
  send(job: J): void {
    if (this.#stopped) return;
    const id = this.#jobs.put(job);
    const { target, events, attempt } = job;
    this.#sender.send({ id, target, events, attempt });
  }

  stop(): void {
    this.#stopped = true;
    this.#jobs.clear();
    this.#results = [];
    this.#sender.stop();
  }

  #tell(): void {
    const results = this.#results;
    this.#results = [];
    if (results.length > 0) this.#onResults(results);
  }
}
