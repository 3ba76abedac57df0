import type { EventDataOf, EventType } from './event-types.ts';

/**
 * What a receiver gets, as a union: `event_type` tells which `data` it has.
 *
 *     const event = verify(body, headers, secret);
 *     switch (event.event_type) {
 *       case 'call.ended':
 *         return save(event.data.call_id, event.data.disposition, event.data.duration);
 *       default: // what you do not know: new types may come with any version
 *     }
 */
export type WebhookEvent<Type extends EventType = EventType> = {
  [Name in Type]: {
    /** The same on every retry and replay. */
    readonly event_id: string;
    readonly event_type: Name;
    /** RFC 3339, UTC, six decimals. */
    readonly timestamp: string;
    readonly data: EventDataOf<Name>;
  };
}[Type];
