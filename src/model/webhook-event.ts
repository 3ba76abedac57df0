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

/** What a receiver gets of a subscription with `batch`. */
export interface WebhookBatch<Type extends EventType = EventType> {
  /** The same as long as the same events are sent together. */
  readonly batch_id: string;
  /** Of events: one or more. */
  readonly count: number;
  /** Those of one call in their order. */
  readonly events: readonly WebhookEvent<Type>[];
}

/** What a receiver gets of a subscription with `format: cloudevents`; with `batch` an array of them. */
export type WebhookCloudEvent<Type extends EventType = EventType> = {
  [Name in Type]: {
    readonly specversion: '1.0';
    /** The event's id: the same on every retry and replay. */
    readonly id: string;
    /** `/pbx/<name>`; `/pbx` where the event is of no PBX. */
    readonly source: string;
    readonly type: `pbx.${Name}`;
    /** The event's `call_id`, where it has one. */
    readonly subject?: string;
    /** RFC 3339, UTC, six decimals. */
    readonly time: string;
    readonly datacontenttype: 'application/json';
    readonly data: EventDataOf<Name>;
  };
}[Type];
