import { countedSchema, doneSchema } from '../schemas/common.ts';
import {
  anyDeliveryQuerySchema,
  attemptPath,
  attemptRequestSchema,
  deadLetterFilterSchema,
  deadLetterQuerySchema,
  deadLetterRetrySchema,
  deliveryDetailSchema,
  deliveryPageSchema,
  deliveryPath,
  deliveryQuerySchema,
  replaySchema,
} from '../schemas/deliveries.ts';
import { subscriptionPath } from '../schemas/subscriptions.ts';
import { type Operation, TAKES_NOTHING } from './operation.ts';

const delivery = { ...TAKES_NOTHING, tag: 'Deliveries', path: deliveryPath } as const;
const deadLetters = { ...TAKES_NOTHING, tag: 'Dead letters' } as const;

export const deliveryOperations = {
  'GET /deliveries': {
    ...TAKES_NOTHING,
    tag: 'Deliveries',
    name: 'listDeliveries',
    summary: 'List the deliveries of all subscriptions',
    description: 'Newest first, with every attempt; also of deleted subscriptions, by their id.',
    query: anyDeliveryQuerySchema,
    answers: { 200: deliveryPageSchema },
    problems: ['subscription_unknown'],
  },
  'GET /{id}/deliveries': {
    ...TAKES_NOTHING,
    tag: 'Deliveries',
    name: 'listSubscriptionDeliveries',
    summary: 'List the deliveries of a subscription',
    description: 'Newest first, with every attempt.',
    path: subscriptionPath,
    query: deliveryQuerySchema,
    answers: { 200: deliveryPageSchema },
    problems: ['subscription_unknown'],
  },
  'GET /deliveries/{id}': {
    ...delivery,
    name: 'getDelivery',
    summary: 'Show a delivery',
    description: 'With every attempt, its event, and what would be sent for it now.',
    answers: { 200: deliveryDetailSchema },
    problems: ['delivery_unknown'],
  },
  'GET /deliveries/{id}/attempts/{number}/request': {
    ...TAKES_NOTHING,
    tag: 'Deliveries',
    name: 'getAttemptRequest',
    summary: 'Show what an attempt sent',
    description:
      'As its receiver got it, but for what is secret: as the subscription was set then, whatever became of it since; of a batch all of it. It is made anew from what is kept, by this version.',
    path: attemptPath,
    answers: { 200: attemptRequestSchema },
    problems: ['delivery_unknown', 'attempt_unknown', 'request_unknown'],
  },
  'POST /deliveries/{id}/retry': {
    ...delivery,
    name: 'retryDelivery',
    summary: 'Send a delivery again',
    description:
      'A dead letter, or at once one that waits for its next attempt. One that was delivered stays so.',
    answers: { 202: doneSchema },
    problems: ['delivery_unknown', 'subscription_unknown', 'delivery_succeeded'],
  },
  'DELETE /deliveries/{id}': {
    ...delivery,
    name: 'deleteDelivery',
    summary: 'Delete a dead letter',
    answers: { 200: doneSchema },
    problems: ['delivery_unknown', 'delivery_not_dead'],
  },
  'POST /{id}/replay': {
    ...TAKES_NOTHING,
    tag: 'Deliveries',
    name: 'replayEvents',
    summary: 'Send kept events again',
    description:
      'Those of a time range, in order and under their ids, to one subscription: also what happened before it was made.',
    path: subscriptionPath,
    body: replaySchema,
    answers: { 202: countedSchema },
    hasProgress: true,
    problems: ['subscription_unknown'],
  },
  'GET /dead-letters': {
    ...deadLetters,
    name: 'listDeadLetters',
    summary: 'List dead letters',
    description: 'Deliveries that gave up, of all subscriptions, also of deleted ones; newest first.',
    query: deadLetterQuerySchema,
    answers: { 200: deliveryPageSchema },
    problems: ['subscription_unknown'],
  },
  'POST /dead-letters/retry': {
    ...deadLetters,
    name: 'retryDeadLetters',
    summary: 'Send dead letters again',
    description: 'The oldest first; without a filter all of them. Those of deleted subscriptions stay.',
    body: deadLetterRetrySchema.prefault({}),
    answers: { 202: countedSchema },
    hasProgress: true,
    problems: ['subscription_unknown'],
  },
  'DELETE /dead-letters': {
    ...deadLetters,
    name: 'deleteDeadLetters',
    summary: 'Delete dead letters',
    description: 'For good; without a filter all of them. Their events stay.',
    query: deadLetterFilterSchema,
    answers: { 200: countedSchema },
    hasProgress: true,
    problems: ['subscription_unknown'],
  },
} as const satisfies Record<string, Operation>;
