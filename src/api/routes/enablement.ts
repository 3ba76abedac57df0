import { Hono } from 'hono';
import type { Engine } from '../../delivery/engine.ts';
import type { SubscriptionRegistry } from '../../subscription/registry.ts';
import { readOptionalBody } from '../body.ts';
import type { ApiEnv } from '../env.ts';
import { enableSchema, noBodySchema } from '../schemas.ts';
import { BY_ID, byId, subscriptionView } from './subscriptions.ts';

/** While a subscription is disabled its events are kept; whoever enables it says what becomes of them. */
export function enablementRoutes(
  registry: SubscriptionRegistry,
  engine: Pick<Engine, 'stats' | 'recovery'>,
): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .post(`${BY_ID}/enable`, async (context) => {
      const { id } = byId(registry, context.req.param('id'));
      const { backlog } = await readOptionalBody(context, enableSchema);
      const subscription = await engine.recovery.enable(id, backlog);
      const message = `Webhook subscription enabled: ${subscription.url}`;
      return context.json({
        success: true,
        message,
        subscription: subscriptionView(subscription, engine.stats(id)),
      });
    })
    .post(`${BY_ID}/disable`, async (context) => {
      const { id } = byId(registry, context.req.param('id'));
      await readOptionalBody(context, noBodySchema);
      const subscription = await registry.update(id, { enabled: false });
      const message = `Webhook subscription disabled: ${subscription.url}`;
      return context.json({
        success: true,
        message,
        subscription: subscriptionView(subscription, engine.stats(id)),
      });
    });
}
