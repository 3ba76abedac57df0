import type { SubscriptionStats } from '../model/subscription.ts';
import type { Settlement } from '../store/store.ts';
import { type Micros, micro } from '../util/clock.ts';

/** A subscription's counters as the store keeps them, without asking it. */
export class Counters {
  #successCount: number;
  #failureCount: number;
  #expiredCount: number;
  #failedAttempts: number;
  #lastSent: Micros | undefined;
  #backlog: number;

  constructor(kept?: SubscriptionStats) {
    this.#successCount = kept?.successCount ?? 0;
    this.#failureCount = kept?.failureCount ?? 0;
    this.#expiredCount = kept?.expiredCount ?? 0;
    this.#failedAttempts = kept?.failedAttempts ?? 0;
    this.#lastSent = kept?.lastSent;
    this.#backlog = kept?.backlog ?? 0;
  }

  accepted(): void {
    this.#backlog += 1;
  }

  /** Others wait than a moment ago: `count` more, or fewer where it is negative. */
  waiting(count: number): void {
    this.#backlog += count;
  }

  settled({ attempt, next }: Settlement): void {
    if (next.state === 'delivered' && attempt !== undefined) {
      this.#successCount += 1;
      const endedAt = micro(attempt.startedAt + attempt.durationMs * 1000);
      this.#lastSent = this.#lastSent === undefined || endedAt > this.#lastSent ? endedAt : this.#lastSent;
    } else {
      this.#failedAttempts += attempt === undefined ? 0 : 1;
      this.#failureCount += next.state === 'pending' ? 0 : 1;
      this.#expiredCount += next.state === 'expired' ? 1 : 0;
    }
    this.#backlog -= next.state === 'pending' ? 0 : 1;
  }

  stats(): SubscriptionStats {
    return {
      successCount: this.#successCount,
      failureCount: this.#failureCount,
      expiredCount: this.#expiredCount,
      failedAttempts: this.#failedAttempts,
      lastSent: this.#lastSent,
      backlog: this.#backlog,
    };
  }
}
