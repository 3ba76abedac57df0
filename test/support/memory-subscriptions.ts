import type { SubscriptionId } from '../../src/model/ids.ts';
import type { Subscription, SubscriptionStats } from '../../src/model/subscription.ts';
import { StoreError, type StoreErrorCode } from '../../src/store/store.ts';
import type { RegistryOptions } from '../../src/subscription/registry.ts';

export const NO_STATS: SubscriptionStats = {
  successCount: 0,
  failureCount: 0,
  expiredCount: 0,
  failedAttempts: 0,
  backlog: 0,
};

/** The part of a store that keeps subscriptions, in memory; refuses writes while `failure` is set. */
export class MemorySubscriptions implements NonNullable<RegistryOptions['store']> {
  readonly kept = new Map<SubscriptionId, Subscription>();
  failure: StoreErrorCode | undefined;
  writes = 0;

  subscriptions() {
    return Promise.resolve(
      [...this.kept.values()].map((subscription) => ({ subscription, stats: NO_STATS })),
    );
  }

  async saveSubscription(subscription: Subscription): Promise<void> {
    await this.#write();
    this.kept.set(subscription.id, structuredClone(subscription));
  }

  async removeSubscription(id: SubscriptionId): Promise<number> {
    await this.#write();
    this.kept.delete(id);
    return 0;
  }

  async #write(): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) {
      throw new StoreError(this.failure, `The store refused to write (${this.failure})`);
    }
    this.writes += 1;
  }
}
