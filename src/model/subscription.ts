import type { Micros } from '../util/clock.ts';
import type { SubscriptionId } from './ids.ts';
import type { SubscriptionOptions } from './subscription-options.ts';

/** Where a subscription came from: those of the config file are declarative, those of the API stay until deleted. */
export type SubscriptionOrigin = 'config' | 'api';

/** Why a subscription is disabled: someone asked, the receiver said 410 Gone, or it failed for days. */
export type DisabledReason = 'requested' | 'gone' | 'failing';

export interface OldSecret {
  readonly secret: string;
  readonly until: Micros;
}

/** The header of a subscription from which the template `pagerduty` takes its key: headers are never shown again. */
export const PAGERDUTY_KEY_HEADER = 'X-Routing-Key';

/** Where events go, and which. */
export interface Subscription {
  readonly id: SubscriptionId;
  /** Absolute http(s) URL without credentials; unique among all subscriptions. */
  readonly url: string;
  /** Exact types, `*`, or a prefix wildcard such as `call.*`. */
  readonly events: readonly string[];
  readonly enabled: boolean;
  readonly disabledReason?: DisabledReason | undefined;
  /** Since when every attempt failed; undefined while it is well. */
  readonly failingSince?: Micros | undefined;
  /** The receiver asked to be left alone until then; may be past. */
  readonly pausedUntil?: Micros | undefined;
  /** Signs every attempt; never shown again. */
  readonly secret?: string | undefined;
  /** Replaced ones that sign as well until then, while the receiver learns the new one. */
  readonly oldSecrets?: readonly OldSecret[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly description?: string | undefined;
  readonly options: SubscriptionOptions;
  readonly origin: SubscriptionOrigin;
  readonly createdAt: Micros;
}

/**
 * Counters of deliveries that ended (guide) and of attempts; kept with the subscription. They never go back: a dead
 * letter that is retried and delivered counts as a failure and as a success.
 */
export interface SubscriptionStats {
  readonly successCount: number;
  /** Dead and expired ones; not those that someone had skipped. */
  readonly failureCount: number;
  /** Of these the expired ones. */
  readonly expiredCount: number;
  readonly failedAttempts: number;
  /** The last successful delivery. */
  readonly lastSent?: Micros | undefined;
  /** Deliveries that wait or are being sent. */
  readonly backlog: number;
}
