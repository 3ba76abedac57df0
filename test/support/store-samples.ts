import type { Attempt } from '../../src/model/delivery.ts';
import type { PublishedEvent } from '../../src/model/event.ts';
import {
  type DeliveryId,
  EVENTS_PER_MS,
  type EventId,
  type EventPosition,
  type SubscriptionId,
} from '../../src/model/ids.ts';
import type { Memo } from '../../src/model/memo.ts';
import type { Subscription } from '../../src/model/subscription.ts';
import type {
  AttemptSettlement,
  DeliveryQuery,
  DeliveryRecord,
  Publication,
  Settlement,
  Store,
} from '../../src/store/store.ts';
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
  const position = positionOf(id, type);
  return { id, position, type, occurredAt, data: JSON.stringify({ n: ms }), ...over };
}

/** As its id tells it. */
function positionOf(id: EventId, type: string): EventPosition {
  const [ms, n = 0] = id
    .slice(type.length + 1)
    .split('-')
    .map(Number);
  return ((ms ?? 0) * EVENTS_PER_MS + n) as EventPosition;
}

interface NewDelivery {
  readonly id: DeliveryId;
  readonly subscriptionId: SubscriptionId;
}

export function delivery(id: number, subscriptionId: SubscriptionId): NewDelivery {
  return { id: id as DeliveryId, subscriptionId };
}

/** Of each delivery the event that it was last published with: what became of it is told with its event. */
const events = new Map<number, PublishedEvent>();

/** An event with deliveries whose ids follow each other. */
export function publication(event: PublishedEvent, deliveries: readonly NewDelivery[]): Publication {
  for (const { id } of deliveries) events.set(id, event);
  const firstDelivery = deliveries[0]?.id ?? (0 as DeliveryId);
  return { event, firstDelivery, to: deliveries.map(({ subscriptionId }) => subscriptionId) };
}

/** Publishes one event by itself. */
export function publish(
  store: Store,
  event: PublishedEvent,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  return publishTogether(store, [publication(event, deliveries)]);
}

/** Publishes one unit, and rejects if it was refused. */
export async function publishTogether(
  store: Pick<Store, 'publish'>,
  publications: readonly Publication[],
  memos: readonly Memo[] = [],
  ended: readonly Settlement[] = [],
): Promise<void> {
  const refused = (await store.publish([{ publications, memos, ended }])).get(0);
  if (refused !== undefined) throw refused;
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
  return { ...ofDelivery(id, subscriptionId), attempt: made, next };
}

export function expiry(id: number, subscriptionId: SubscriptionId, endedAt: Micros): Settlement {
  return { ...ofDelivery(id, subscriptionId), next: { state: 'expired', endedAt } };
}

function ofDelivery(
  id: number,
  subscriptionId: SubscriptionId,
): Pick<Settlement, 'id' | 'subscriptionId' | 'event'> {
  return { id: id as DeliveryId, subscriptionId, event: (events.get(id) ?? event(id)).position };
}

export function failedAttempt(number: number, over: Partial<Attempt> = {}): Attempt {
  return attempt(number, {
    outcome: { kind: 'error', code: 'timeout', message: 'Connection timeout' },
    ...over,
  });
}

/** All that a query finds: a page may hold fewer than asked for, on a slow machine more so. */
export async function allDeliveries(
  store: Store,
  query: Partial<DeliveryQuery> = {},
): Promise<readonly DeliveryRecord[]> {
  const found: DeliveryRecord[] = [];
  for (let before: DeliveryId | undefined; ; ) {
    const page = await store.deliveries({ limit: 500, before, ...query });
    found.push(...page.deliveries);
    if (page.next === undefined) return found;
    if (before !== undefined && page.next > before)
      throw new RangeError('the next page begins before this one');
    before = page.next;
  }
}
