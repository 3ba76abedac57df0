import { testedSchema, testSchema } from '../schemas/live.ts';
import {
  enableSchema,
  newSubscriptionSchema,
  noBodySchema,
  rotationSchema,
  secretRotatedSchema,
  subscriptionByUrlQuery,
  subscriptionDeletedSchema,
  subscriptionDoneSchema,
  subscriptionListSchema,
  subscriptionPatchSchema,
  subscriptionPath,
  subscriptionViewSchema,
} from '../schemas/subscriptions.ts';
import { type Operation, TAKES_NOTHING } from './operation.ts';

const one = { ...TAKES_NOTHING, tag: 'Subscriptions', path: subscriptionPath } as const;

export const subscriptionOperations = {
  'GET /': {
    ...TAKES_NOTHING,
    tag: 'Subscriptions',
    summary: 'List subscriptions',
    description: 'All of them, as a bare array.',
    answers: { 200: subscriptionListSchema },
    problems: [],
  },
  'POST /': {
    ...TAKES_NOTHING,
    tag: 'Subscriptions',
    summary: 'Add a subscription',
    body: newSubscriptionSchema,
    answers: { 201: subscriptionDoneSchema },
    problems: ['subscription_exists', 'refused_address'],
  },
  'DELETE /': {
    ...TAKES_NOTHING,
    tag: 'Subscriptions',
    summary: 'Delete a subscription by its URL',
    description: 'What still waits for it is dropped; its history stays.',
    query: subscriptionByUrlQuery,
    answers: { 200: subscriptionDeletedSchema },
    problems: ['subscription_unknown'],
  },
  'GET /{id}': {
    ...one,
    summary: 'Show a subscription',
    answers: { 200: subscriptionViewSchema },
    problems: ['subscription_unknown'],
  },
  'PATCH /{id}': {
    ...one,
    summary: 'Change a subscription',
    description:
      'What is absent stays; null takes a secret, a description or an option away. `headers` replaces all of them.',
    body: subscriptionPatchSchema,
    answers: { 200: subscriptionViewSchema },
    problems: ['subscription_unknown', 'subscription_exists', 'refused_address'],
  },
  'DELETE /{id}': {
    ...one,
    summary: 'Delete a subscription',
    description: 'What still waits for it is dropped; its history stays.',
    answers: { 200: subscriptionDeletedSchema },
    problems: ['subscription_unknown'],
  },
  'POST /{id}/enable': {
    ...one,
    summary: 'Enable a subscription',
    description: 'The events that were kept while it was disabled are sent, or skipped.',
    body: enableSchema.prefault({}),
    answers: { 200: subscriptionDoneSchema },
    problems: ['subscription_unknown'],
  },
  'POST /{id}/disable': {
    ...one,
    summary: 'Disable a subscription',
    description: 'Its events are kept until it is enabled again.',
    body: noBodySchema.prefault({}),
    answers: { 200: subscriptionDoneSchema },
    problems: ['subscription_unknown'],
  },
  'POST /{id}/rotate-secret': {
    ...one,
    summary: 'Give a subscription a new secret',
    description: 'The secret before it signs as well until the overlap ends.',
    body: rotationSchema.prefault({}),
    answers: { 200: secretRotatedSchema },
    problems: ['subscription_unknown'],
  },
  'POST /{id}/test': {
    ...one,
    summary: 'Send a sample to a subscription now',
    description:
      'A signed sample of the catalogue, sent once through its own settings; it enters no history and no counter.',
    body: testSchema.prefault({}),
    answers: { 200: testedSchema },
    problems: ['subscription_unknown'],
  },
} as const satisfies Record<string, Operation>;
