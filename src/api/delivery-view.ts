import type { z } from 'zod';
import type { DeliveryRecord } from '../delivery/history.ts';
import type { Attempt } from '../model/delivery.ts';
import { envelopeOf, type PublishedEvent } from '../model/event.ts';
import { type Micros, rfc3339Micros } from '../util/clock.ts';
import type { attemptViewSchema, deliveryViewSchema } from './schemas/deliveries.ts';
import type { eventViewSchema } from './schemas/events.ts';

export type DeliveryView = z.output<typeof deliveryViewSchema>;
export type AttemptView = z.output<typeof attemptViewSchema>;
export type EventView = z.output<typeof eventViewSchema>;

export function deliveryView(delivery: DeliveryRecord): DeliveryView {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    call_id: delivery.callId ?? null,
    subscription_id: delivery.subscriptionId,
    status: delivery.state,
    attempt_count: delivery.attempts,
    created_at: rfc3339Micros(delivery.createdAt),
    due_at: timeOrNull(delivery.dueAt),
    ended_at: timeOrNull(delivery.endedAt),
    attempts: delivery.history.map(attemptView),
  };
}

export function attemptView({ number, startedAt, durationMs, outcome }: Attempt): AttemptView {
  const { response } = outcome;
  return {
    number,
    started_at: rfc3339Micros(startedAt),
    duration_ms: durationMs,
    status: response?.status ?? null,
    headers: response === undefined ? null : JSON.parse(response.headers),
    body: response?.body ?? null,
    error: outcome.kind === 'error' ? outcome.message : null,
    error_code: outcome.kind === 'error' ? outcome.code : null,
  };
}

/** The four keys as every receiver gets them, and the call that it belongs to. */
export function eventView(event: PublishedEvent): EventView {
  return { ...JSON.parse(envelopeOf(event)), call_id: event.callId ?? null };
}

export function timeOrNull(time: Micros | undefined): string | null {
  return time === undefined ? null : rfc3339Micros(time);
}
