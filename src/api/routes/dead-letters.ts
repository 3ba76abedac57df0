import { Hono } from 'hono';
import type { DeadFilter } from '../../delivery/history.ts';
import type { SubscriptionId } from '../../model/ids.ts';
import type { SubscriptionRegistry } from '../../subscription/registry.ts';
import { readOptionalBody } from '../body.ts';
import type { ApiEnv } from '../env.ts';
import { readQuery } from '../query.ts';
import { deadLetterFilterSchema, deadLetterQuerySchema, deadLetterRetrySchema } from '../schemas.ts';
import { type DeliveryParts, listDeliveries } from './deliveries.ts';
import { isSubscriptionId, subscriptionByUrl } from './subscriptions.ts';

/** Deliveries that gave up, of all subscriptions, also of deleted ones; kept until retried or deleted. */
export function deadLetterRoutes({ registry, history, recovery }: DeliveryParts): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get('/dead-letters', async (context) => {
      const { cursor, limit, ...asked } = readQuery(context, deadLetterQuerySchema);
      const filter = { ...filterOf(registry, asked), state: 'dead' } as const;
      return context.json(await listDeliveries(history, filter, { cursor, limit }));
    })
    .post('/dead-letters/retry', async (context) => {
      const asked = await readOptionalBody(context, deadLetterRetrySchema);
      const count = await recovery.retryDead(filterOf(registry, asked));
      return context.json({ success: true, message: `${letters(count)} sent again`, count }, 202);
    })
    .delete('/dead-letters', async (context) => {
      const asked = readQuery(context, deadLetterFilterSchema);
      const count = await recovery.deleteDead(filterOf(registry, asked));
      return context.json({ success: true, message: `${letters(count)} deleted`, count });
    });
}

interface Asked extends Pick<DeadFilter, 'types' | 'since' | 'until'> {
  /** Its id or its URL. */
  readonly subscription?: string | undefined;
  readonly type?: string | undefined;
}

function filterOf(
  registry: SubscriptionRegistry,
  { subscription, type, types, ...range }: Asked,
): DeadFilter {
  return {
    ...range,
    subscriptionId: subscription === undefined ? undefined : idOf(registry, subscription),
    types: type === undefined ? types : [type],
  };
}

/** An id may be that of a subscription that was deleted since. */
function idOf(registry: SubscriptionRegistry, subscription: string): SubscriptionId {
  return isSubscriptionId(subscription) ? subscription : subscriptionByUrl(registry, subscription).id;
}

function letters(count: number): string {
  return count === 1 ? '1 dead letter is' : `${count} dead letters are`;
}
