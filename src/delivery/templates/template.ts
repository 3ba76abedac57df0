import type { EventFields } from './fields.ts';

/** The event that a template renders. */
export interface TemplateEvent {
  readonly id: string;
  readonly type: string;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly fields: EventFields;
}

/** What a subscription gives a template beside the event. */
export interface TemplateSettings {
  /** The subscription's own headers. */
  readonly headers: Readonly<Record<string, string>>;
}

export type Rendering =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string; readonly headers: Readonly<Record<string, string>> }
  /** It can't be rendered, and why. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Makes what one service documents, within its limits, of any event, however much the event leaves out. */
export type Template = (event: TemplateEvent, settings: TemplateSettings) => Rendering;
