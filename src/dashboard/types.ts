/** What the API answers with, under the names that the views have for it. */
import type { AnswerOf, RequestOf } from '../api/client.ts';

export type Subscription = AnswerOf<'GET /{id}'>;
export type Delivery = AnswerOf<'GET /deliveries'>['items'][number];
export type DeliveryStatus = Delivery['status'];
export type DeliveryDetail = AnswerOf<'GET /deliveries/{id}'>;
export type Attempt = Delivery['attempts'][number];
export type PbxEvent = AnswerOf<'GET /events'>['items'][number];
export type EventDetail = AnswerOf<'GET /events/{event_id}'>;
export type EventTypeEntry = AnswerOf<'GET /event-types'>['items'][number];
export type Stats = AnswerOf<'GET /stats'>;
export type Minute = Stats['minutes'][number];
export type Lane = Stats['subscriptions'][number];
export type TestResult = AnswerOf<'POST /{id}/test'>;
export type SentRequest = TestResult['request'];
export type AttemptRequest = AnswerOf<'GET /deliveries/{id}/attempts/{number}/request'>;
export type FilterTrial = AnswerOf<'POST /filters/try'>;
export type SubscriptionBody = NonNullable<RequestOf<'POST /'>['body']>;
export type SubscriptionPatch = NonNullable<RequestOf<'PATCH /{id}'>['body']>;
