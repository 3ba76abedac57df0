import type { Attempt } from '../../src/model/delivery.ts';
import { envelopeOf, type PublishedEvent } from '../../src/model/event.ts';
import type { DeliveryId, EventId, SubscriptionId } from '../../src/model/ids.ts';
import type { Subscription } from '../../src/model/subscription.ts';
import type { AttemptSettlement, NewDelivery, Store } from '../../src/store/store.ts';
import { type Micros, micro, microsFromMs } from '../../src/util/clock.ts';

export const T0 = microsFromMs(1_765_108_800_000);

export function at(seconds: number): Micros {
  return micro(T0 + seconds * 1_000_000);
}

export function subscription(name: string, over: Partial<Subscription> = {}): Subscription {
  return {
    id: `sub_${name}` as SubscriptionId,
    url: `https://${name}.example.com/hook`,
    events: ['*'],
    enabled: true,
    headers: {},
    options: {},
    origin: 'api',
    createdAt: T0,
    ...over,
  };
}

export function event(ms: number, over: Partial<PublishedEvent> = {}): PublishedEvent {
  const type = over.type ?? 'call.started';
  const id = over.id ?? (`${type}-${1_765_108_800_000 + ms}` as EventId);
  const occurredAt = micro(T0 + ms * 1000);
  return { id, type, occurredAt, body: envelopeOf(id, { type, occurredAt, data: { n: ms } }), ...over };
}

export function delivery(id: number, subscriptionId: SubscriptionId, dueAt: Micros = T0): NewDelivery {
  return { id: id as DeliveryId, subscriptionId, dueAt };
}

/** Publishes one event by itself. */
export function publish(
  store: Store,
  event: PublishedEvent,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  return store.publish([{ event, deliveries }]);
}

export function attempt(number: number, over: Partial<Attempt> = {}): Attempt {
  return {
    number,
    startedAt: at(number),
    durationMs: 12.5,
    outcome: { kind: 'response', response: { status: 204, headers: '{"server":"test"}', body: '' } },
    ...over,
  };
}

export function settlement(
  id: number,
  subscriptionId: SubscriptionId,
  next: AttemptSettlement['next'] = { state: 'delivered' },
  made: Attempt = attempt(1),
): AttemptSettlement {
  return { id: id as DeliveryId, subscriptionId, attempt: made, next };
}

export function failedAttempt(number: number, over: Partial<Attempt> = {}): Attempt {
  return attempt(number, {
    outcome: { kind: 'error', code: 'timeout', message: 'Connection timeout' },
    ...over,
  });
}
