import type { Attempt } from '../../model/delivery.ts';
import type { Clock, Timer } from '../../util/clock.ts';
import { reasonOf } from '../../util/error.ts';
import type { Logger } from '../../util/log.ts';
import { Slots } from '../../util/slots.ts';
import type { ChannelListener, SenderChannel } from './channel.ts';
import { type FromSender, type Job, packJobs, type Target, unpackResults } from './protocol.ts';

/** Times that a job is sent again after the thread that had it died; then the job itself is suspected. */
const MAX_RESENDS = 2;

/** Wait before a thread that died is replaced: 0.1 s, doubled with each death in a row. */
const FIRST_RESTART_MS = 100;
const MAX_RESTART_MS = 30_000;

export type Answered<J extends Job> = readonly [job: J, attempt: Attempt];

export interface MemberOptions<J extends Job> {
  readonly open: (listener: ChannelListener) => SenderChannel;
  readonly clock: Clock;
  readonly logger: Logger;
  /** All that a replacement has to be told of. */
  readonly targets: ReadonlyMap<number, Target>;
  readonly onResults: (results: readonly Answered<J>[]) => void;
}

interface Waiting<J extends Job> {
  readonly job: J;
  resends: number;
}

/** One sender of the pool and what it has to do; outlives the thread that does it. */
export class Member<J extends Job> {
  readonly #options: MemberOptions<J>;
  readonly #waiting = new Slots<Waiting<J>>();
  /** What was not handed to the thread yet. */
  #outbox: { readonly id: number; readonly job: J }[] = [];
  #channel: SenderChannel | undefined;
  #restart: Timer | undefined;
  /** In a row. */
  #deaths = 0;
  #restarts = 0;
  #stopped = false;

  constructor(options: MemberOptions<J>) {
    this.#options = options;
    this.#open();
  }

  /** Jobs that it has not answered. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Whether it has a thread right now. */
  get isUp(): boolean {
    return this.#channel !== undefined;
  }

  /** Times that its thread died and was replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** What was to be sent before goes as it was until now. */
  setTarget(target: Target): void {
    this.#flush();
    this.#channel?.post({ op: 'target', target });
  }

  forget(target: number): void {
    this.#channel?.post({ op: 'forget', target });
  }

  /** Once it has stopped, nothing. */
  send(job: J): void {
    if (this.#stopped) return;
    const id = this.#waiting.put({ job, resends: 0 });
    if (this.#outbox.push({ id, job }) === 1) setImmediate(() => this.#flush());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#restart?.cancel();
    const channel = this.#channel;
    this.#channel = undefined;
    this.#waiting.clear();
    this.#outbox = [];
    await channel?.stop();
  }

  #open(): void {
    const { open, targets } = this.#options;
    this.#channel = open({
      onMessage: (message: FromSender) => this.#receive(message),
      onDeath: (error: Error) => this.#replace(error),
    });
    for (const target of targets.values()) {
      this.#channel.post({ op: 'target', target });
    }
    this.#outbox = Array.from(this.#waiting.entries(), ([id, { job }]) => ({ id, job }));
    this.#flush();
  }

  #flush(): void {
    if (this.#channel !== undefined && this.#outbox.length > 0) {
      const outbox = this.#outbox;
      this.#outbox = [];
      this.#channel.post(packJobs(outbox));
    }
  }

  #receive(message: FromSender): void {
    if (this.#stopped) return;
    this.#deaths = 0;
    const answered: Answered<J>[] = [];
    for (const { job: id, attempt } of unpackResults(message)) {
      const waiting = this.#waiting.take(id);
      if (waiting !== undefined) answered.push([waiting.job, attempt]);
    }
    this.#options.onResults(answered);
  }

  #replace(error: Error): void {
    this.#channel = undefined;
    this.#restarts += 1;
    const { clock, logger } = this.#options;
    const suspects: J[] = [];
    for (const [id, waiting] of this.#waiting.entries()) {
      waiting.resends += 1;
      if (waiting.resends > MAX_RESENDS) {
        this.#waiting.take(id);
        suspects.push(waiting.job);
      }
    }
    this.#outbox = [];
    const delayMs = Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** this.#deaths++);
    logger.error(
      `A sender thread died (${reasonOf(error)}); it is replaced in ${delayMs / 1000} s and sends its ${this.load} attempts under way again`,
    );
    this.#restart = clock.after(delayMs, () => this.#open());
    if (suspects.length > 0) {
      const now = clock.now();
      const outcome = { kind: 'error', code: 'aborted', message: `Sender died: ${reasonOf(error)}` } as const;
      this.#options.onResults(
        suspects.map((job) => [job, { number: job.attempt, startedAt: now, durationMs: 0, outcome }]),
      );
    }
  }
}
