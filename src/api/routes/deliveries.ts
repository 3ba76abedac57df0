import type { Hono } from 'hono';
import type { DeliveryDetail, DeliveryHistory, DeliveryQuery } from '../../delivery/history.ts';
import { previewOf, type RequestPreview } from '../../delivery/preview.ts';
import type { Recovery } from '../../delivery/recovery.ts';
import { sentRequest } from '../../delivery/sent-request.ts';
import type { DeliveryId } from '../../model/ids.ts';
import { shapeOf } from '../../model/request-shape.ts';
import type { SubscriptionRegistry } from '../../subscription/registry.ts';
import type { Clock } from '../../util/clock.ts';
import type { Expressions } from '../../util/expression/expressions.ts';
import { deliveryView, eventView } from '../delivery-view.ts';
import type { ApiEnv } from '../env.ts';
import type { AnswerOf } from '../operations/operations.ts';
import { cursorOf, DEFAULT_PAGE, fillPage, positionOf } from '../page.ts';
import { Problem } from '../problem.ts';
import { type InputOf, routes } from '../route.ts';
import { byId, namedSubscription } from './subscriptions.ts';

export interface DeliveryParts {
  readonly registry: SubscriptionRegistry;
  readonly history: DeliveryHistory;
  readonly recovery: Recovery;
  /** Evaluates what someone looks at; what is delivered is made elsewhere, so that neither holds up the other. */
  readonly trials: Expressions;
  readonly clock: Clock;
}

/** What was sent to a subscription and what came of it; one more time, or a time range again. */
export function deliveryRoutes(parts: DeliveryParts): Hono<ApiEnv> {
  const { registry, history, recovery } = parts;
  return routes({
    'GET /deliveries': ({ query: { subscription, ...asked } }) => {
      const subscriptionId =
        subscription === undefined ? undefined : namedSubscription(registry, subscription);
      return listDeliveries(history, { ...filterOf(asked), subscriptionId }, asked);
    },
    'GET /{id}/deliveries': ({ path, query }) => {
      const { id } = byId(registry, path.id);
      return listDeliveries(history, { ...filterOf(query), subscriptionId: id }, query);
    },
    'POST /{id}/replay': async ({ path, body: { status, ...range } }, _context, onProgress) => {
      const { id, url } = byId(registry, path.id);
      const count = await recovery.replay(id, { ...range, state: status }, onProgress);
      return { success: true, message: `${events(count)} sent again to ${url}`, count };
    },
    'GET /deliveries/{id}': async ({ path }) => {
      const id = deliveryId(path.id);
      const delivery = await history.delivery(id);
      if (delivery === undefined) {
        throw unknown(id);
      }
      return {
        ...deliveryView(delivery),
        event: eventView(delivery.event),
        request: requestFor(delivery, parts),
      };
    },
    'GET /deliveries/{id}/attempts/{number}/request': async ({ path }) => {
      const id = deliveryId(path.id);
      const delivery = await history.delivery(id);
      if (delivery === undefined) {
        throw unknown(id);
      }
      return sentIn(delivery, path.number, parts);
    },
    'DELETE /deliveries/{id}': async ({ path }) => {
      const id = deliveryId(path.id);
      if ((await recovery.deleteDead({ ids: [id] })) === 1) {
        return { success: true, message: `Delivery ${id} is deleted` };
      }
      const delivery = await history.delivery(id);
      if (delivery === undefined) {
        throw unknown(id);
      }
      throw new Problem(
        'delivery_not_dead',
        `Delivery ${id} is ${delivery.state}; only a dead letter can be deleted`,
      );
    },
    'POST /deliveries/{id}/retry': async ({ path }) => {
      const id = deliveryId(path.id);
      const { kind } = await recovery.retry(id);
      switch (kind) {
        case 'retried':
          return { success: true, message: `Delivery ${id} is sent again` };
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
    },
  });
}

function filterOf({ status, type, call_id, since, until }: InputOf<'GET /{id}/deliveries'>['query']) {
  return {
    state: status,
    types: type === undefined ? undefined : [type],
    callId: call_id,
    since,
    until,
  };
}

/** One page of deliveries as the API shows lists. */
export async function listDeliveries(
  history: DeliveryHistory,
  filter: Omit<DeliveryQuery, 'before' | 'limit'>,
  {
    cursor,
    limit = DEFAULT_PAGE,
  }: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
): Promise<AnswerOf<'GET /deliveries'>> {
  const start = cursor === undefined ? undefined : (positionOf('d', cursor) as DeliveryId);
  const { items, next } = await fillPage(limit, start, async (before, most) => {
    const page = await history.deliveries({ ...filter, before, limit: most });
    return { items: page.deliveries.map(deliveryView), next: page.next };
  });
  return { items, next_cursor: next === undefined ? null : cursorOf('d', next) };
}

/** As its next attempt would be, made now; null once its subscription is gone. */
function requestFor(
  { subscriptionId, event, attempts }: DeliveryDetail,
  { registry, trials, clock }: DeliveryParts,
): RequestPreview | null {
  const subscription = registry.get(subscriptionId);
  if (subscription === undefined) return null;
  const next = { events: [event], number: attempts + 1, at: clock.wall() } as const;
  return previewOf(shapeOf(subscription), next, trials);
}

async function sentIn(
  delivery: DeliveryDetail,
  number: string,
  { history, trials }: DeliveryParts,
): Promise<AnswerOf<'GET /deliveries/{id}/attempts/{number}/request'>> {
  const attempt = delivery.history.find((one) => String(one.number) === number);
  if (attempt === undefined) {
    throw new Problem(
      'attempt_unknown',
      `Delivery ${delivery.id} has no attempt ${number.slice(0, 100)}, or it is no longer kept`,
    );
  }
  const request = await sentRequest(history, delivery, attempt, trials);
  if (request === undefined) {
    throw new Problem('request_unknown', 'How the subscription was set at that time is no longer kept');
  }
  return { ...request, notes: [...request.notes] };
}

function deliveryId(text: string): DeliveryId {
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
