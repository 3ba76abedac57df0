import type { Hono } from 'hono';
import { givenEvent } from '../../delivery/given-event.ts';
import type { IdempotentPublisher } from '../../delivery/idempotent-publisher.ts';
import type { Clock } from '../../util/clock.ts';
import type { ApiEnv } from '../env.ts';
import { routes } from '../route.ts';

export interface PublishParts {
  readonly publisher: Pick<IdempotentPublisher, 'publish'>;
  readonly clock: Clock;
}

/** Events of scripts and of other PBXs. */
export function publishRoutes({ publisher, clock }: PublishParts): Hono<ApiEnv> {
  return routes({
    'POST /events': async ({ body: { event_type: type, data }, headers }) => {
      const event = givenEvent(type, data, clock.now());
      const key = headers['idempotency-key'];
      const once = key === undefined ? undefined : { key, content: JSON.stringify([type, data]) };
      return { event_id: await publisher.publish(event, once) };
    },
  });
}
