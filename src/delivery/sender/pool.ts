import type { Clock } from '../../util/clock.ts';
import type { Logger } from '../../util/log.ts';
import type { ResolveName } from '../name-resolver.ts';
import { type ChannelListener, openHere, openThread } from './channel.ts';
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
}

/** Spreads jobs over senders; each job is answered once, also when the thread that had it dies. */
export class SenderPool<J extends Job> {
  readonly #targets = new Map<number, Target>();
  readonly #members: readonly Member<J>[];

  constructor({ threads, ...options }: SenderPoolOptions<J>) {
    const { clock, resolve } = options;
    const open = threads > 0 ? openThread : (listener: ChannelListener) => openHere(clock, listener, resolve);
    this.#members = Array.from(
      { length: Math.max(1, threads) },
      () => new Member({ ...options, open, targets: this.#targets }),
    );
  }

  /** Senders that died and were replaced. */
  get restarts(): number {
    return this.#members.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** From now on jobs for this target go as it says. */
  setTarget(target: Target): void {
    this.#targets.set(target.id, target);
    for (const member of this.#members) {
      member.setTarget(target);
    }
  }

  /** No more jobs for this target will come. */
  forget(target: number): void {
    this.#targets.delete(target);
    for (const member of this.#members) {
      member.forget(target);
    }
  }

  send(job: J): void {
    this.#leastLoaded()?.send(job);
  }

  /** Cuts off what is under way; nothing is told any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()));
  }

  #leastLoaded(): Member<J> | undefined {
    let least = this.#members[0];
    for (const member of this.#members) {
      if (least !== undefined && member.load < least.load) {
        least = member;
      }
    }
    return least;
  }
}
