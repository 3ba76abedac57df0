import type { Clock } from '../../util/clock.ts';
import type { Logger } from '../../util/log.ts';
import type { ResolveName } from '../name-resolver.ts';
import { type ChannelListener, openThread, type SenderChannel } from './channel.ts';
import { SenderHere } from './here.ts';
import { type Answered, Member } from './member.ts';
import type { Job, Target } from './protocol.ts';

export interface SenderPoolOptions<J extends Job> {
  /** 0: the main thread sends. */
  readonly threads: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Only where the main thread sends. */
  readonly resolve?: ResolveName | undefined;
  readonly onResults: (results: readonly Answered<J>[]) => void;
  /** Default: a thread. */
  readonly open?: ((listener: ChannelListener) => SenderChannel) | undefined;
}

/** A job goes alone if there was none for so long before it, in milliseconds: at most 500 a second do. */
const ALONE_MS = 2;

/** One thread takes so many jobs before another is woken for one. */
const BUSY_LOAD = 8;

/**
 * Spreads jobs over senders; each job is answered once, also when the thread that had it dies. One that goes alone
 * goes from this thread: waking another and being woken by it takes longer than the rest of it, so that a screen pop
 * of a quiet PBX comes sooner, whatever receivers hang. Only bodies that need not be made, though: this thread reads
 * the PBX. The same holds between threads: one that is awake does a job sooner and for less than one that sleeps. What
 * may take long to make, a transform, begins at the other end; with eight under way whichever has least takes more.
 */
export class SenderPool<J extends Job> {
  readonly #targets = new Map<number, Target>();
  readonly #threads: readonly Member<J>[];
  readonly #here: SenderHere<J>;
  readonly #members: readonly (Member<J> | SenderHere<J>)[];
  readonly #clock: Clock;
  #lastSentMs = Number.NEGATIVE_INFINITY;

  constructor({ threads, ...options }: SenderPoolOptions<J>) {
    const { clock, logger, resolve, onResults, open = openThread } = options;
    this.#clock = clock;
    this.#threads = Array.from(
      { length: threads },
      () => new Member({ open, clock, logger, targets: this.#targets, onResults }),
    );
    this.#here = new SenderHere({ clock, resolve, onResults });
    this.#members = [...this.#threads, this.#here];
  }

  /** Senders that died and were replaced. */
  get restarts(): number {
    return this.#threads.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** From now on jobs for this target go as it says. */
  setTarget(target: Target): void {
    this.#targets.set(target.id, target);
    for (const member of this.#members) member.setTarget(target);
  }

  /** No more jobs for this target will come. */
  forget(target: number): void {
    this.#targets.delete(target);
    for (const member of this.#members) member.forget(target);
  }

  send(job: J): void {
    this.#senderFor(job).send(job);
  }

  /** Cuts off what is under way; nothing is told any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()));
  }

  #senderFor(job: J): Member<J> | SenderHere<J> {
    const [first, ...others] = this.#threads;
    const now = this.#clock.elapsedMs();
    const goesHere = first === undefined || this.#goesHere(job, now);
    this.#lastSentMs = now;
    if (goesHere) return this.#here;
    const isTransformed = this.#targets.get(job.target)?.content?.transform !== undefined;
    const preferred = isTransformed ? this.#threads.findLast(isUp) : this.#threads.find(isUp);
    if (preferred !== undefined && preferred.load < BUSY_LOAD) return preferred;
    return others.reduce((a, b) => (b.load < a.load ? b : a), first);
  }

  #goesHere({ target }: Job, nowMs: number): boolean {
    return nowMs - this.#lastSentMs >= ALONE_MS && this.#targets.get(target)?.content === undefined;
  }
}

function isUp({ isUp }: { readonly isUp: boolean }): boolean {
  return isUp;
}
