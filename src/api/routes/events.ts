import type { Hono } from 'hono';
import { z } from 'zod';
import type { DeliveryHistory } from '../../delivery/history.ts';
import { EVENT_CATALOGUE } from '../../model/event-types.ts';
import type { EventId, EventPosition } from '../../model/ids.ts';
import { deliveryView, eventView } from '../delivery-view.ts';
import type { ApiEnv } from '../env.ts';
import { cursorOf, DEFAULT_PAGE, fillPage, positionOf } from '../page.ts';
import { Problem } from '../problem.ts';
import { routes } from '../route.ts';

/** Kept events, newest first; one with its delivery to each subscription; and what events there can be. */
export function eventRoutes(history: DeliveryHistory): Hono<ApiEnv> {
  return routes({
    'GET /events': async ({ query: { type, call_id, cursor, limit, ...range } }) => {
      const filter = { types: type === undefined ? undefined : [type], callId: call_id, ...range };
      const start = cursor === undefined ? undefined : (positionOf('e', cursor) as EventPosition);
      const { items, next } = await fillPage(limit ?? DEFAULT_PAGE, start, async (before, most) => {
        const page = await history.events({ ...filter, before, limit: most });
        return { items: page.events.map(eventView), next: page.next };
      });
      return { items, next_cursor: next === undefined ? null : cursorOf('e', next) };
    },
    'GET /events/{event_id}': async ({ path }) => {
      const detail = await history.event(path.event_id as EventId);
      if (detail === undefined) {
        throw new Problem(
          'event_unknown',
          `There is no event ${path.event_id.slice(0, 200)}, or it was removed for its age`,
        );
      }
      return { ...eventView(detail.event), deliveries: detail.deliveries.map(deliveryView) };
    },
    'GET /event-types': () => ({ items: EVENT_TYPE_VIEWS, next_cursor: null }),
  });
}

const EVENT_TYPE_VIEWS = EVENT_CATALOGUE.map(({ name, description, data, sample }) => ({
  event_type: name,
  description,
  schema: { ...z.toJSONSchema(data) },
  sample: { ...sample },
}));
