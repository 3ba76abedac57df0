import type { PbxEvent } from '../model/event.ts';
import type { SubscriptionId } from '../model/ids.ts';
import type { DisabledReason } from '../model/subscription.ts';
import type { SubscriptionRegistry } from '../subscription/registry.ts';
import { type Micros, rfc3339Seconds } from '../util/clock.ts';
import { reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import type { Route } from './route.ts';

export interface ReceiverHealthOptions {
  readonly registry: SubscriptionRegistry;
  readonly logger: Logger;
  readonly now: () => Micros;
  /** Publishes an event for everyone but `except`. */
  readonly publish: (event: PbxEvent, except: SubscriptionId) => Promise<void>;
}

/** Sees to receivers that fail for long or are gone: says so, and in the end disables their subscriptions. */
export class ReceiverHealth {
  readonly #options: ReceiverHealthOptions;

  constructor(options: ReceiverHealthOptions) {
    this.#options = options;
  }

  /** Its breaker opened. */
  opened({ subscription, shownUrl, failing }: Route): void {
    const { registry, logger, now } = this.#options;
    failing.begin(now());
    logger.warn(
      `${shownUrl} failed many times in a row: it is tried again in 30 s, then less and less often; its events wait`,
    );
    this.#unlessRefused(registry.setFailingSince(subscription.id, failing.since));
  }

  /** Also where the breaker knows nothing of what failed before a restart. */
  succeeded({ subscription, shownUrl, failing }: Route): void {
    if (failing.since === undefined) return;
    const { registry, logger } = this.#options;
    failing.end();
    logger.info(`${shownUrl} takes events again`);
    this.#unlessRefused(registry.setFailingSince(subscription.id, undefined));
  }

  /** Warns of a receiver that has failed for days, and in the end sends it nothing more. */
  failed(route: Route): void {
    const verdict = route.failing.verdict(this.#options.now());
    if (verdict.kind === 'warn') {
      this.#options.logger.warn(
        `${route.shownUrl} has failed for ${verdict.days} days: after 5 days it is disabled, its events are kept`,
      );
    } else if (verdict.kind === 'give_up') {
      this.disable(route, 'failing');
    }
  }

  disable({ subscription: { id } }: Route, reason: DisabledReason): void {
    const { registry } = this.#options;
    if (registry.get(id)?.enabled === true) {
      this.#unlessRefused(registry.disable(id, reason));
    }
  }

  /** It has been disabled, by whomever: the others are told. */
  disabled({ subscription, shownUrl }: Route): void {
    const { now, publish } = this.#options;
    const at = now();
    const data = {
      timestamp: rfc3339Seconds(at),
      url: shownUrl,
      reason: subscription.disabledReason ?? 'requested',
    };
    // Itself it would get that only once it is enabled again.
    this.#unlessRefused(publish({ type: 'subscription.disabled', occurredAt: at, data }, subscription.id));
  }

  #unlessRefused(change: Promise<unknown>): void {
    change.catch((error: unknown) =>
      this.#options.logger.error(`What happened to a subscription could not be stored. ${reasonOf(error)}`),
    );
  }
}
