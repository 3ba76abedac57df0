export type { Health, HealthCheck } from './api/health.ts';
export { ConfigError, type ConfigIssue } from './config/error.ts';
export { EngineError } from './delivery/engine.ts';
export { HostError, type HostErrorCode } from './host-sources.ts';
export {
  EVENT_TYPES,
  type EventDataOf as EventData,
  type EventType,
  isEventType,
} from './model/event-types.ts';
export type { EventId } from './model/ids.ts';
export type { WebhookBatch, WebhookCloudEvent, WebhookEvent } from './model/webhook-event.ts';
export {
  type PbxHost,
  PluginError,
  type PluginErrorCode,
  register as default,
  type WebhookPlugin,
} from './plugin.ts';
export type { AsteriskManager } from './source/ami/host/manager.ts';
export { StoreError, type StoreErrorCode } from './store/store.ts';
export type { Logger } from './util/log.ts';
export {
  type RequestHeaders,
  type SignOptions,
  sign,
  VerificationError,
  type VerificationErrorCode,
  type VerifyOptions,
  verify,
  verifySignature,
} from './verify.ts';
