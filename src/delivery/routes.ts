import type { SubscriptionId } from '../model/ids.ts';
import type { Subscription, SubscriptionStats } from '../model/subscription.ts';
import type { Store } from '../store/store.ts';
import type { SubscriptionChange, SubscriptionRegistry } from '../subscription/registry.ts';
import type { Clock, Micros } from '../util/clock.ts';
import { reasonOf } from '../util/error.ts';
import type { Logger } from '../util/log.ts';
import { Aim } from './aim.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Lane } from './lane.ts';
import type { ReceiverHealth } from './receiver-health.ts';
import type { RecoveryLanes } from './recovery.ts';
import { RequestShapes } from './request-shapes.ts';
import { aimedAt, limitsOf, newRoute, type Route } from './route.ts';
import type { DeliverySettings } from './settings.ts';

export interface RoutesOptions {
  readonly store: Pick<Store, 'due' | 'retrying' | 'keepShapes'>;
  readonly registry: SubscriptionRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The time that deliveries' due times are told in. */
  readonly now: () => Micros;
  readonly settings: DeliverySettings;
  readonly dispatcher: Dispatcher;
  readonly health: ReceiverHealth;
}

/** The ways out, one for each subscription; they follow what becomes of it. */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #aim: Aim;
  readonly #shapes: RequestShapes;
  readonly #byId = new Map<SubscriptionId, Route>();
  readonly #unsubscribe: () => void;
  #lastTarget = 0;

  /** @param stats of earlier runs. */
  constructor(options: RoutesOptions, stats: ReadonlyMap<SubscriptionId, SubscriptionStats>) {
    this.#options = options;
    const { store, registry, clock, logger, now, settings, dispatcher } = options;
    this.#shapes = new RequestShapes({ store, clock, logger });
    this.#aim = new Aim({
      registry,
      clock,
      logger,
      now,
      settings,
      onTarget: (target) => dispatcher.aim(target),
    });
    for (const subscription of registry.list()) {
      this.#open(subscription, stats.get(subscription.id));
    }
    this.#unsubscribe = registry.onChange((change) => this.#changed(change));
  }

  get(id: SubscriptionId): Route | undefined {
    return this.#byId.get(id);
  }

  /** Nothing is sent any more; attempts in flight are still told of. */
  close(): void {
    this.#unsubscribe();
    for (const { lane } of this.#byId.values()) {
      lane.close();
    }
  }

  recoveryLanes(): RecoveryLanes {
    return {
      readmitted: (id, count, dueAt) => {
        const route = this.#byId.get(id);
        route?.counters.waiting(count);
        route?.lane.lookAgain(dueAt);
      },
      quiet: async (id) => this.#byId.get(id)?.lane.quiet(),
      suspend: (id) => {
        const route = this.#byId.get(id);
        if (route !== undefined) {
          route.lane.close();
          route.lane = this.#lane(route.subscription, () => route);
        }
      },
      resume: (id) => void this.#byId.get(id)?.lane.start(),
      skipped: (id, count) => this.#byId.get(id)?.counters.waiting(-count),
    };
  }

  #changed({ kind, subscription }: SubscriptionChange): void {
    const route = this.#byId.get(subscription.id);
    if (kind === 'removed') {
      route?.lane.close();
      route?.secretEnds?.cancel();
      this.#byId.delete(subscription.id);
      if (route !== undefined) {
        this.#options.dispatcher.forget(route);
      }
    } else if (route === undefined) {
      this.#open(subscription);
    } else if (kind === 'noted') {
      route.subscription = subscription;
    } else {
      this.#adapt(route, subscription);
    }
  }

  #open(subscription: Subscription, stats?: SubscriptionStats): void {
    const lane = this.#lane(subscription, () => route);
    const period = this.#shapes.take(subscription);
    const route = newRoute(++this.#lastTarget, lane, subscription, period, stats, this.#options.settings);
    this.#byId.set(subscription.id, route);
    this.#aim.take(route);
    void lane.start();
  }

  #adapt(route: Route, subscription: Subscription): void {
    const { settings, health } = this.#options;
    const { enabled: wasEnabled, url: oldUrl } = route.subscription;
    Object.assign(route, aimedAt(subscription, settings));
    this.#aim.take(route);
    route.period = this.#shapes.take(subscription, route.period);
    route.lane.setLimits(limitsOf(subscription, settings));
    route.lane.setEnabled(subscription.enabled);
    if (subscription.url !== oldUrl) {
      route.failing.end();
      route.lane.renew();
    }
    if (subscription.enabled && !wasEnabled) {
      route.failing.end();
    } else if (wasEnabled && !subscription.enabled) {
      health.disabled(route);
    }
  }

  #lane(subscription: Subscription, route: () => Route): Lane {
    const { store, clock, logger, now, settings, dispatcher } = this.#options;
    return new Lane({
      subscriptionId: subscription.id,
      enabled: subscription.enabled,
      limits: limitsOf(subscription, settings),
      pausedUntil: subscription.pausedUntil,
      clock,
      now,
      send: (request) => dispatcher.send(route(), request),
      expire: (deliveries) => dispatcher.expire(route(), deliveries),
      due: (query) => store.due(query),
      retrying: () => store.retrying(subscription.id),
      onLoadError: (error) =>
        logger.error(`What waits for ${route().shownUrl} can't be read. ${reasonOf(error)}`),
      onPaused: (until) => this.#keepPause(subscription.id, until),
    });
  }

  /** For later runs. */
  #keepPause(id: SubscriptionId, until: Micros): void {
    const { registry, logger } = this.#options;
    registry
      .setPausedUntil(id, until)
      .catch((error: unknown) =>
        logger.error(`The pause that a receiver asked for could not be stored. ${reasonOf(error)}`),
      );
  }
}
