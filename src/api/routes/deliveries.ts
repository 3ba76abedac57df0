import { type Context, Hono } from 'hono';
import type { DeliveryHistory, DeliveryQuery } from '../../delivery/history.ts';
import type { Recovery } from '../../delivery/recovery.ts';
import type { DeliveryId } from '../../model/ids.ts';
import type { SubscriptionRegistry } from '../../subscription/registry.ts';
import { readBody } from '../body.ts';
import { deliveryView, eventView } from '../delivery-view.ts';
import type { ApiEnv } from '../env.ts';
import { cursorOf, DEFAULT_PAGE, fillPage, positionOf } from '../page.ts';
import { Problem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { deliveryQuerySchema, replaySchema } from '../schemas.ts';
import { BY_ID, byId } from './subscriptions.ts';

export interface DeliveryParts {
  readonly registry: SubscriptionRegistry;
  readonly history: DeliveryHistory;
  readonly recovery: Recovery;
}

/** What was sent to a subscription and what came of it; one more time, or a time range again. */
export function deliveryRoutes({ registry, history, recovery }: DeliveryParts): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get(`${BY_ID}/deliveries`, async (context) => {
      const { id } = byId(registry, context.req.param('id'));
      const { status, type, call_id, cursor, limit, ...range } = readQuery(context, deliveryQuerySchema);
      const filter = {
        subscriptionId: id,
        state: status,
        types: type === undefined ? undefined : [type],
        callId: call_id,
        ...range,
      };
      return context.json(await listDeliveries(history, filter, { cursor, limit }));
    })
    .post(`${BY_ID}/replay`, async (context) => {
      const { id, url } = byId(registry, context.req.param('id'));
      const { status, ...range } = await readBody(context, replaySchema);
      const count = await recovery.replay(id, { ...range, state: status });
      return context.json({ success: true, message: `${events(count)} sent again to ${url}`, count }, 202);
    })
    .get('/deliveries/:id', async (context) => {
      const id = deliveryId(context);
      const delivery = await history.delivery(id);
      if (delivery === undefined) {
        throw unknown(id);
      }
      return context.json({ ...deliveryView(delivery), event: eventView(delivery.event) });
    })
    .post('/deliveries/:id/retry', async (context) => {
      const id = deliveryId(context);
      const { kind } = await recovery.retry(id);
      switch (kind) {
        case 'retried':
          return context.json({ success: true, message: `Delivery ${id} is sent again` }, 202);
        case 'unknown':
          throw unknown(id);
        case 'removed':
          throw new Problem('subscription_unknown', `The subscription of delivery ${id} has been deleted`);
        case 'delivered':
          throw new Problem(
            'delivery_succeeded',
            `Delivery ${id} succeeded; POST /api/webhooks/<subscription>/replay sends events again`,
          );
        default:
          return kind satisfies never;
      }
    });
}

/** One page of deliveries as the API shows lists. */
export async function listDeliveries(
  history: DeliveryHistory,
  filter: Omit<DeliveryQuery, 'before' | 'limit'>,
  {
    cursor,
    limit = DEFAULT_PAGE,
  }: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
) {
  const start = cursor === undefined ? undefined : (positionOf('d', cursor) as DeliveryId);
  const { items, next } = await fillPage(limit, start, async (before, most) => {
    const page = await history.deliveries({ ...filter, before, limit: most });
    return { items: page.deliveries.map(deliveryView), next: page.next };
  });
  return { items, next_cursor: next === undefined ? null : cursorOf('d', next) };
}

function deliveryId(context: Context<ApiEnv>): DeliveryId {
  const text = context.req.param('id') ?? '';
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw unknown(text.slice(0, 100));
  }
  return Number(text) as DeliveryId;
}

function unknown(id: DeliveryId | string): Problem {
  return new Problem('delivery_unknown', `There is no delivery ${id}, or it was removed for its age`);
}

function events(count: number): string {
  return count === 1 ? '1 event is' : `${count} events are`;
}
