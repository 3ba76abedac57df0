import type { Hono } from 'hono';
import type { DeadFilter } from '../../delivery/history.ts';
import type { DeliveryId } from '../../model/ids.ts';
import type { SubscriptionRegistry } from '../../subscription/registry.ts';
import type { ApiEnv } from '../env.ts';
import { routes } from '../route.ts';
import { type DeliveryParts, listDeliveries } from './deliveries.ts';
import { namedSubscription } from './subscriptions.ts';

/** Deliveries that gave up, of all subscriptions, also of deleted ones; kept until retried or deleted. */
export function deadLetterRoutes({ registry, history, recovery }: DeliveryParts): Hono<ApiEnv> {
  return routes({
    'GET /dead-letters': ({ query: { cursor, limit, ...asked } }) =>
      listDeliveries(history, { ...filterOf(registry, asked), state: 'dead' }, { cursor, limit }),
    'POST /dead-letters/retry': async ({ body }, _context, onProgress) => {
      const count = await recovery.retryDead(filterOf(registry, body), onProgress);
      return { success: true, message: `${letters(count)} sent again`, count };
    },
    'DELETE /dead-letters': async ({ query }, _context, onProgress) => {
      const count = await recovery.deleteDead(filterOf(registry, query), onProgress);
      return { success: true, message: `${letters(count)} deleted`, count };
    },
  });
}

interface Asked extends Pick<DeadFilter, 'types' | 'since' | 'until'> {
  /** Its id or its URL. */
  readonly subscription?: string | undefined;
  readonly type?: string | undefined;
  readonly ids?: readonly DeliveryId[] | undefined;
}

function filterOf(
  registry: SubscriptionRegistry,
  { subscription, type, types, ids, ...range }: Asked,
): DeadFilter {
  return {
    ...range,
    ids,
    subscriptionId: subscription === undefined ? undefined : namedSubscription(registry, subscription),
    types: type === undefined ? types : [type],
  };
}

function letters(count: number): string {
  return count === 1 ? '1 dead letter is' : `${count} dead letters are`;
}
