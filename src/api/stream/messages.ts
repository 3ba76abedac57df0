import type { z } from 'zod';
import type { DeliveryChange } from '../../delivery/feed.ts';
import { acceptedAt, type PublishedEvent } from '../../model/event.ts';
import type { EventPosition } from '../../model/ids.ts';
import { type Micros, rfc3339Micros } from '../../util/clock.ts';
import { eventView, timeOrNull } from '../delivery-view.ts';
import { cursorOf } from '../page.ts';
import type { streamEventSchemas } from '../schemas/live.ts';

type Schemas = typeof streamEventSchemas;
type MessageName = keyof Schemas;
type MessageData<Name extends MessageName> = z.output<Schemas[Name]>;

/** One message as it goes over the wire (WHATWG HTML, 9.2.6): JSON has no line breaks. */
export function message<Name extends MessageName>(name: Name, data: MessageData<Name>, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `${idLine}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Says nothing, but that the connection is alive. */
export const COMMENT = ':\n\n';

/** Its id is where the event stands among all. */
export function eventMessage(event: PublishedEvent): string {
  return message('event', eventView(event), cursorOf('e', event.position));
}

/** Between these two more events were accepted than are told again. */
export function missedMessage(after: EventPosition, until: Micros): string {
  return message('missed', { since: rfc3339Micros(acceptedAt(after)), until: rfc3339Micros(until) });
}

export function deliveryData(change: DeliveryChange): MessageData<'delivery'> {
  const { id, subscriptionId, attempt, next, published } = change;
  return {
    delivery_id: id,
    event_id: published.id,
    event_type: published.type,
    call_id: published.callId ?? null,
    subscription_id: subscriptionId,
    status: next.state,
    attempt: attempt === undefined ? null : attemptData(attempt),
    due_at: timeOrNull(next.state === 'pending' ? next.dueAt : undefined),
  };
}

function attemptData(attempt: NonNullable<DeliveryChange['attempt']>): MessageData<'delivery'>['attempt'] {
  const { outcome, number, startedAt, durationMs } = attempt;
  return {
    number,
    started_at: rfc3339Micros(startedAt),
    duration_ms: durationMs,
    status: outcome.response?.status ?? null,
    error: outcome.kind === 'error' ? outcome.message : null,
  };
}
