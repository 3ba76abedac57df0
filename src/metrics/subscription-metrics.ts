import { Counter, Gauge, type Registry } from 'prom-client';
import type { BreakerState } from '../delivery/breaker.ts';
import type { SubscriptionId } from '../model/ids.ts';
import type { Subscription, SubscriptionStats } from '../model/subscription.ts';
import type { OldestPending } from '../store/store.ts';
import type { Clock } from '../util/clock.ts';

export interface SubscriptionMetricsOptions {
  /** Oldest first. */
  readonly subscriptions: () => readonly Subscription[];
  readonly stats: (id: SubscriptionId) => SubscriptionStats;
  /** What rejects here leaves its own metric out of the answer and no other. */
  readonly oldestPending: () => Promise<readonly OldestPending[]>;
  readonly breaker: (id: SubscriptionId) => BreakerState;
  readonly clock: Clock;
}

/** Subscriptions with series of their own; those made after them share one, under the name `other`. */
export const MAX_NAMED_SUBSCRIPTIONS = 1_000;

const LABELS = ['subscription', 'host'] as const;
type Labels = Record<(typeof LABELS)[number], string>;
const OTHER: Labels = { subscription: 'other', host: 'other' };

const BREAKER_VALUES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };

export function registerSubscriptions(registry: Registry, options: SubscriptionMetricsOptions): void {
  const registers = [registry];
  registerCounters(registry, options);
  gauge('pbx_webhooks_backlog', 'Deliveries that wait or are being sent', (metric, labels, { id }) =>
    metric.inc(labels, options.stats(id).backlog),
  );
  gauge('pbx_webhooks_subscription_enabled', 'Whether it is sent to', (metric, labels, { enabled }) =>
    metric.inc(labels, enabled ? 1 : 0),
  );
  registerOldest(registry, options);
  const help = '0 closed: it sends, 1 half open: one attempt probes, 2 open: deliveries wait';
  gauge('pbx_webhooks_breaker_state', help, (metric, labels, { id }) => {
    // Those that share a series have no state in common.
    if (labels !== OTHER) metric.set(labels, BREAKER_VALUES[options.breaker(id)]);
  });

  function gauge(
    name: string,
    help: string,
    add: (metric: Gauge<keyof Labels>, labels: Labels, subscription: Subscription) => void,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: LABELS,
      registers,
      collect() {
        this.reset();
        for (const [labels, subscription] of labelled(options)) add(this, labels, subscription);
      },
    });
  }
}

function registerCounters(registry: Registry, options: SubscriptionMetricsOptions): void {
  const registers = [registry];
  new Counter({
    name: 'pbx_webhooks_deliveries_total',
    help: 'Deliveries that ended, by outcome, over all runs',
    labelNames: [...LABELS, 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const [labels, { id }] of labelled(options)) {
        const { successCount, failureCount, expiredCount } = options.stats(id);
        this.inc({ ...labels, outcome: 'delivered' }, successCount);
        this.inc({ ...labels, outcome: 'dead' }, failureCount - expiredCount);
        this.inc({ ...labels, outcome: 'expired' }, expiredCount);
      }
    },
  });
  new Counter({
    name: 'pbx_webhooks_failed_attempts_total',
    help: 'Attempts that failed, over all runs',
    labelNames: LABELS,
    registers,
    collect() {
      this.reset();
      for (const [labels, { id }] of labelled(options)) this.inc(labels, options.stats(id).failedAttempts);
    },
  });
}

function registerOldest(registry: Registry, options: SubscriptionMetricsOptions): void {
  new Gauge({
    name: 'pbx_webhooks_oldest_waiting_seconds',
    help: 'Age of the oldest delivery that waits, new or for its next attempt, 0 when none waits',
    labelNames: LABELS,
    registers: [registry],
    async collect() {
      const oldest = await options.oldestPending().catch(() => undefined);
      this.reset();
      if (oldest === undefined) return;
      const createdAt = new Map(oldest.map((pending) => [pending.subscriptionId, pending.createdAt]));
      const now = options.clock.now();
      let others = 0;
      for (const [labels, { id }] of labelled(options)) {
        const age = Math.max(0, now - (createdAt.get(id) ?? now)) / 1_000_000;
        if (labels === OTHER) others = Math.max(others, age);
        this.set(labels, labels === OTHER ? others : age);
      }
    },
  });
}

/** Each subscription and its labels: never more of its URL than the host, as path and query may hold a secret. */
function labelled({ subscriptions }: SubscriptionMetricsOptions): (readonly [Labels, Subscription])[] {
  return subscriptions().map((subscription, index) => {
    if (index >= MAX_NAMED_SUBSCRIPTIONS) return [OTHER, subscription];
    return [{ subscription: subscription.id, host: new URL(subscription.url).host }, subscription];
  });
}
