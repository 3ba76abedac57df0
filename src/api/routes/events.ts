import { Hono } from 'hono';
import type { DeliveryHistory } from '../../delivery/history.ts';
import type { EventId, EventPosition } from '../../model/ids.ts';
import { deliveryView, eventView } from '../delivery-view.ts';
import type { ApiEnv } from '../env.ts';
import { cursorOf, DEFAULT_PAGE, fillPage, positionOf } from '../page.ts';
import { Problem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { eventQuerySchema } from '../schemas.ts';

/** Kept events, newest first; one with its delivery to each subscription. */
export function eventRoutes(history: DeliveryHistory): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get('/events', async (context) => {
      const { type, call_id, cursor, limit, ...range } = readQuery(context, eventQuerySchema);
      const filter = { types: type === undefined ? undefined : [type], callId: call_id, ...range };
      const start = cursor === undefined ? undefined : (positionOf('e', cursor) as EventPosition);
      const { items, next } = await fillPage(limit ?? DEFAULT_PAGE, start, async (before, most) => {
        const page = await history.events({ ...filter, before, limit: most });
        return { items: page.events.map(eventView), next: page.next };
      });
      return context.json({ items, next_cursor: next === undefined ? null : cursorOf('e', next) });
    })
    .get('/events/:event_id', async (context) => {
      const id = context.req.param('event_id');
      const detail = await history.event(id as EventId);
      if (detail === undefined) {
        throw new Problem(
          'event_unknown',
          `There is no event ${id.slice(0, 200)}, or it was removed for its age`,
        );
      }
      return context.json({ ...eventView(detail.event), deliveries: detail.deliveries.map(deliveryView) });
    });
}
