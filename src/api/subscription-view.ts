import type { Subscription, SubscriptionStats } from '../model/subscription.ts';
import { rfc3339Seconds } from '../util/clock.ts';
import type { SubscriptionView } from './schemas/subscriptions.ts';

export function subscriptionView(subscription: Subscription, stats: SubscriptionStats): SubscriptionView {
  return {
    url: subscription.url,
    events: [...subscription.events],
    enabled: subscription.enabled,
    created_at: rfc3339Seconds(subscription.createdAt),
    last_sent: stats.lastSent === undefined ? null : rfc3339Seconds(stats.lastSent),
    success_count: stats.successCount,
    failure_count: stats.failureCount,
    id: subscription.id,
    state: subscription.enabled ? 'active' : 'disabled',
    disabled_reason: subscription.disabledReason ?? null,
    description: subscription.description ?? null,
    origin: subscription.origin,
    signed: subscription.secret !== undefined,
    header_names: Object.keys(subscription.headers),
    expired_count: stats.expiredCount,
    failed_attempts: stats.failedAttempts,
    backlog: stats.backlog,
    ...subscription.options,
  };
}
