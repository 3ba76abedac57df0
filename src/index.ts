import type { EventDataOf, EventType } from './model/event-types.ts';

export type { Health, HealthCheck } from './api/health.ts';
export { ConfigError, type ConfigIssue } from './config/error.ts';
export { EngineError } from './delivery/engine.ts';
export type { EventData } from './model/event.ts';
export { EVENT_TYPES, type EventDataOf, type EventType, isEventType } from './model/event-types.ts';
export type { EventId } from './model/ids.ts';
export {
  type PbxHost,
  PluginError,
  type PluginErrorCode,
  register as default,
  type WebhookPlugin,
} from './plugin.ts';
export { StoreError, type StoreErrorCode } from './store/store.ts';
export type { Logger } from './util/log.ts';
export {
  type RequestHeaders,
  VerificationError,
  type VerificationErrorCode,
  type VerifyOptions,
  verify,
} from './verify.ts';

/**
 * What a receiver gets, as a union to switch over:
 *
 *     const event = verify(body, headers, secret) as WebhookEvent;
 *     if (event.event_type === 'call.ended') console.log(event.data.duration);
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
