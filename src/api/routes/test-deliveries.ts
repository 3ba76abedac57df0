import type { Hono } from 'hono';
import { failureText } from '../../delivery/delivery-log.ts';
import type { Engine } from '../../delivery/engine.ts';
import { previewOf } from '../../delivery/preview.ts';
import { sampleEvent } from '../../delivery/sample.ts';
import { EVENT_TYPES, type EventType, isEventType } from '../../model/event-types.ts';
import { shapeOf } from '../../model/request-shape.ts';
import type { SubscriptionRegistry } from '../../subscription/registry.ts';
import type { Clock } from '../../util/clock.ts';
import type { Expressions } from '../../util/expression/expressions.ts';
import { nearNames } from '../../util/near.ts';
import { attemptView } from '../delivery-view.ts';
import type { ApiEnv } from '../env.ts';
import { Problem } from '../problem.ts';
import { routes } from '../route.ts';
import { byId } from './subscriptions.ts';

export interface TestParts {
  readonly registry: SubscriptionRegistry;
  readonly engine: Pick<Engine, 'sendTest'>;
  readonly trials: Expressions;
  readonly clock: Clock;
}

/** A sample, sent now: whether a receiver understands what it will get. */
export function testDeliveryRoutes({ registry, engine, trials, clock }: TestParts): Hono<ApiEnv> {
  return routes({
    'POST /{id}/test': async ({ path, body: { event_type: type } }) => {
      const subscription = byId(registry, path.id);
      const { id, url } = subscription;
      const sample = sampleEvent(known(type), clock.now());
      const { event, attempt, succeeded } = await engine.sendTest(id, sample);
      const { status } = attempt.outcome.response ?? {};
      return {
        success: succeeded,
        message: succeeded
          ? `Test delivered: ${type} -> ${url} (status: ${status})`
          : `Test failed: ${type} -> ${url} - ${failureText(attempt)}`,
        event_id: event.id,
        request: previewOf(
          shapeOf(subscription),
          { events: [event], number: 1, at: attempt.startedAt },
          trials,
        ),
        attempt: attemptView(attempt),
      };
    },
  });
}

function known(type: string): EventType {
  if (isEventType(type)) return type;
  const near = nearNames(type, EVENT_TYPES);
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'GET /api/webhooks/event-types lists them';
  const message = `is not a type of the catalogue; ${hint}`;
  throw new Problem('invalid_request', `event_type ${message}`, [{ path: 'event_type', message }]);
}
