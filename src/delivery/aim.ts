import type { SubscriptionRegistry } from '../subscription/registry.ts';
import type { Clock, Micros } from '../util/clock.ts';
import type { Logger } from '../util/log.ts';
import { accessOf } from './access.ts';
import { type Route, targetOf } from './route.ts';
import type { Target } from './sender/protocol.ts';
import type { DeliverySettings } from './settings.ts';

export interface AimOptions {
  readonly registry: Pick<SubscriptionRegistry, 'namedByConfig'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly now: () => Micros;
  readonly settings: DeliverySettings;
  /** Tells the senders. */
  readonly onTarget: (target: Target) => void;
}

/** Tells the senders where a route leads and how to send there: also once an old secret signs no more. */
export class Aim {
  readonly #options: AimOptions;

  constructor(options: AimOptions) {
    this.#options = options;
  }

  take(route: Route): void {
    const { registry, clock, logger, now, settings, onTarget } = this.#options;
    const { secret, oldSecrets = [] } = route.subscription;
    const at = now();
    const old = oldSecrets.filter(({ until }) => until > at);
    const secrets = secret === undefined ? [] : [secret, ...old.map((one) => one.secret)];
    const namedByConfig = registry.namedByConfig(route.subscription);
    const access = accessOf(route.subscription, { allow: settings.allow, namedByConfig });
    if (access.unusable !== undefined) {
      logger.error(`Nothing can be sent to ${route.shownUrl}. ${access.unusable}`);
    }
    onTarget({ ...targetOf(route, secrets, settings), ...access });
    const next = Math.min(...old.map(({ until }) => until));
    route.secretEnds?.cancel();
    route.secretEnds = Number.isFinite(next)
      ? clock.after(Math.ceil((next - at) / 1000), () => this.take(route))
      : undefined;
  }
}
