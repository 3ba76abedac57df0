import type { Hono } from 'hono';
import type { DeliveryHistory } from '../../delivery/history.ts';
import type { PublishedEvent } from '../../model/event.ts';
import type { EventPosition, SubscriptionId } from '../../model/ids.ts';
import type { SubscriptionRegistry } from '../../subscription/registry.ts';
import { reasonOf } from '../../util/error.ts';
import type { Logger } from '../../util/log.ts';
import { compilePatterns } from '../../util/patterns.ts';
import type { ApiEnv } from '../env.ts';
import { positionIn } from '../page.ts';
import { Problem } from '../problem.ts';
import { routes } from '../route.ts';
import type { StreamHub } from '../stream/hub.ts';
import { type Kept, keptAfter } from '../stream/kept.ts';
import { eventMessage, missedMessage } from '../stream/messages.ts';
import type { Queued, StreamReader } from '../stream/reader.ts';
import { namedSubscription } from './subscriptions.ts';

export interface StreamParts {
  readonly hub: StreamHub;
  readonly registry: SubscriptionRegistry;
  readonly history: Pick<DeliveryHistory, 'events'>;
}

const HEADERS = {
  'Content-Type': 'text/event-stream',
  // Tells nginx to hand on each message as it comes.
  'X-Accel-Buffering': 'no',
};

/** What happens, as server-sent events (WHATWG HTML, 9.2). */
export function streamRoutes({ hub, registry, history }: StreamParts): Hono<ApiEnv> {
  return routes({
    'GET /stream': ({ query, headers }, context) => {
      const subscriptionId =
        query.subscription === undefined ? undefined : namedSubscription(registry, query.subscription);
      const types = query.events?.split(',');
      const wants = compilePatterns(types ?? ['*']);
      const after = positionAfter(headers['last-event-id']);
      if (context.req.method === 'HEAD') return context.body(null, 200, HEADERS);
      const reader = hub.join({ wants, subscriptionId, cut: () => context.env?.outgoing?.destroy() });
      if (after !== undefined) {
        const kept = keptAfter(history, {
          after,
          types: types ?? typesFor(subscriptionId, registry),
          wants: (event) =>
            wants(event.type) && (subscriptionId === undefined || isFor(subscriptionId, event, registry)),
          isOver: () => reader.isOver,
        });
        reader.openWith(kept.then((found) => openingOf(after, found)));
      }
      return context.body(bodyOf(reader, hub, context.get('logger')), 200, HEADERS);
    },
  });
}

/** A browser that has seen no event sends an empty id, or none. */
function positionAfter(lastEventId: string | undefined): EventPosition | undefined {
  if (lastEventId === undefined || lastEventId === '') return undefined;
  const position = positionIn('e', lastEventId);
  if (position === undefined) {
    const message = 'is not the id of an event of this stream';
    throw new Problem('invalid_request', `Last-Event-ID ${message}`, [{ path: 'last-event-id', message }]);
  }
  return position as EventPosition;
}

function isFor(id: SubscriptionId, event: PublishedEvent, registry: SubscriptionRegistry): boolean {
  return registry.wants(id, { ...event, data: JSON.parse(event.data) });
}

function typesFor(id: SubscriptionId | undefined, registry: SubscriptionRegistry): readonly string[] {
  return id === undefined ? ['*'] : (registry.get(id)?.events ?? []);
}

/** What was kept since, behind a word on what of it is left out. */
function openingOf(after: EventPosition, { events, cutAt }: Kept): readonly Queued[] {
  const told = events.map((event) => ({ text: eventMessage(event), position: event.position }));
  return cutAt === undefined ? told : [{ text: missedMessage(after, cutAt) }, ...told];
}

/** Takes from the reader only what its own reader has room for. Where what was kept can't be read it ends, to be asked again. */
function bodyOf(reader: StreamReader, hub: StreamHub, logger: Logger): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const text = await reader.next();
          if (text === undefined) controller.close();
          else controller.enqueue(encoder.encode(text));
        } catch (error) {
          hub.leave(reader);
          logger.warn(`A stream could not begin with what was kept: ${reasonOf(error)}`);
          controller.close();
        }
      },
      cancel: () => hub.leave(reader),
    },
    { highWaterMark: 0 },
  );
}
