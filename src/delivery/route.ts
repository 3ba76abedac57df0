import type { Subscription, SubscriptionStats } from '../model/subscription.ts';
import type { Timer } from '../util/clock.ts';
import { maskedUrl } from '../util/masked-url.ts';
import { contentOf } from './body.ts';
import { Counters } from './counters.ts';
import { Failing } from './failing.ts';
import type { Lane, LaneLimits } from './lane.ts';
import type { Period } from './request-shapes.ts';
import { type RetryPolicy, retryPolicy } from './retry.ts';
import type { Target } from './sender/protocol.ts';
import type { DeliverySettings } from './settings.ts';

/** Deliveries of one subscription in memory; everything else that waits is on disk only. */
const LANE_CAPACITY = 256;

/** The same, of one that gets batches, at most. */
const BATCH_CAPACITY = 8_000;

const DEFAULT_BATCH = { most: 100, waitMs: 1_000 };

/** A subscription's way out: its lane, its target at the senders, and what became of what it was sent. */
export interface Route {
  readonly target: number;
  lane: Lane;
  readonly counters: Counters;
  readonly failing: Failing;
  subscription: Subscription;
  policy: RetryPolicy;
  /** While requests are made as they are now. */
  period: Period;
  /** Its URL as logs show it. */
  shownUrl: string;
  /** Until an old secret signs no more. */
  secretEnds?: Timer | undefined;
}

export function newRoute(
  target: number,
  lane: Lane,
  subscription: Subscription,
  period: Period,
  stats: SubscriptionStats | undefined,
  settings: DeliverySettings,
): Route {
  return {
    target,
    lane,
    counters: new Counters(stats),
    failing: new Failing(subscription.failingSince),
    period,
    ...aimedAt(subscription, settings),
  };
}

/** What follows from a subscription as it is now. */
export function aimedAt(
  subscription: Subscription,
  settings: DeliverySettings,
): Pick<Route, 'subscription' | 'policy' | 'shownUrl'> {
  return {
    subscription,
    policy: retryPolicy(subscription.options.retry, settings),
    shownUrl: maskedUrl(subscription.url),
  };
}

export function limitsOf({ options }: Subscription, settings: DeliverySettings): LaneLimits {
  const { concurrency = settings.concurrency, ordering, rate_limit: perSecond, max_age: maxAge } = options;
  const batch = options.batch && {
    most: options.batch.max_events ?? DEFAULT_BATCH.most,
    waitMs: options.batch.max_wait === undefined ? DEFAULT_BATCH.waitMs : options.batch.max_wait * 1000,
  };
  return {
    concurrency,
    capacity: capacityOf(concurrency, batch?.most ?? 1),
    isOrdered: ordering !== 'none',
    perSecond,
    batch,
    maxAgeMs: maxAge === undefined ? undefined : maxAge * 1000,
  };
}

/** For batches four times as many as go at once, within bounds: so a burst is not read back from the disk. */
function capacityOf(concurrency: number, batch: number): number {
  return batch === 1
    ? LANE_CAPACITY
    : Math.min(BATCH_CAPACITY, Math.max(LANE_CAPACITY, 4 * concurrency * batch));
}

/** All but the way there. @param secrets each of which signs, the newest first. */
export function targetOf(
  route: Route,
  secrets: readonly string[],
  settings: DeliverySettings,
): Omit<Target, 'allow' | 'tls' | 'unusable'> {
  const { url, headers, options } = route.subscription;
  const timeoutMs = options.timeout === undefined ? settings.timeoutMs : options.timeout * 1000;
  return { id: route.target, url, headers, secrets, timeoutMs, content: contentOf(options, headers) };
}
