/**
 * Every id of a PBX is a string and every id of ours a string or a number: a brand keeps them from being swapped.
 */
declare const brand: unique symbol;
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** `<event_type>-<epoch ms>[-<n>]`, unique for ever, the same on every retry and replay. */
export type EventId = Branded<string, 'EventId'>;
/** `n` of an event id stays below it: with ten bits for `n`, milliseconds and `n` fit one exact number until 2248. */
export const EVENTS_PER_MS = 1_024;
/**
 * An event's place among all, as its id tells it: the millisecond at which it was accepted times
 * {@link EVENTS_PER_MS}, plus `n`. It goes up from event to event, and outlives the event.
 */
export type EventPosition = Branded<number, 'EventPosition'>;
/** `sub_<22 base64url characters>`; the URL is what identifies a subscription to a person. */
export type SubscriptionId = Branded<string, 'SubscriptionId'>;
/** Row number of a delivery in the store; never used twice. */
export type DeliveryId = Branded<number, 'DeliveryId'>;
/** What ties the events of one call together: Asterisk's Linkedid, SIP's Call-ID. */
export type CallId = Branded<string, 'CallId'>;
/** The configured name of a source, such as `main`. */
export type PbxName = Branded<string, 'PbxName'>;
