import type { Hono } from 'hono';
import type { Engine } from '../../delivery/engine.ts';
import type { SubscriptionRegistry } from '../../subscription/registry.ts';
import type { ApiEnv } from '../env.ts';
import { routes } from '../route.ts';
import { subscriptionView } from '../subscription-view.ts';
import { byId } from './subscriptions.ts';

/** While a subscription is disabled its events are kept; whoever enables it says what becomes of them. */
export function enablementRoutes(
  registry: SubscriptionRegistry,
  engine: Pick<Engine, 'stats' | 'recovery'>,
): Hono<ApiEnv> {
  return routes({
    'POST /{id}/enable': async ({ path, body }) => {
      const { id } = byId(registry, path.id);
      const subscription = await engine.recovery.enable(id, body.backlog);
      const message = `Webhook subscription enabled: ${subscription.url}`;
      return { success: true, message, subscription: subscriptionView(subscription, engine.stats(id)) };
    },
    'POST /{id}/disable': async ({ path }) => {
      const { id } = byId(registry, path.id);
      const subscription = await registry.update(id, { enabled: false });
      const message = `Webhook subscription disabled: ${subscription.url}`;
      return { success: true, message, subscription: subscriptionView(subscription, engine.stats(id)) };
    },
  });
}
