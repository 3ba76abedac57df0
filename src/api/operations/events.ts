import { eventDetailSchema } from '../schemas/deliveries.ts';
import {
  eventPageSchema,
  eventPath,
  eventQuerySchema,
  eventTypesSchema,
  filterTrialSchema,
  filterTriedSchema,
  publishedSchema,
  publishHeaders,
  publishSchema,
} from '../schemas/events.ts';
import { type Operation, TAKES_NOTHING } from './operation.ts';

const events = { ...TAKES_NOTHING, tag: 'Events' } as const;

export const eventOperations = {
  'GET /events': {
    ...events,
    name: 'listEvents',
    summary: 'List kept events',
    description: 'Newest first.',
    query: eventQuerySchema,
    answers: { 200: eventPageSchema },
    problems: [],
  },
  'GET /events/{event_id}': {
    ...events,
    name: 'getEvent',
    summary: 'Show an event',
    description: 'With its delivery to each subscription, replays included.',
    path: eventPath,
    answers: { 200: eventDetailSchema },
    problems: ['event_unknown'],
  },
  'POST /events': {
    ...events,
    name: 'publishEvent',
    summary: 'Publish an event',
    description:
      'For scripts and other PBXs. Answers once it is on disk. With the same `Idempotency-Key` and the same body ' +
      'within 24 h, also after a restart, the answer is the same id again. The newest 100,000 keys are remembered.',
    headers: publishHeaders,
    body: publishSchema,
    answers: { 202: publishedSchema },
    problems: ['event_invalid', 'idempotency_conflict'],
  },
  'GET /event-types': {
    ...events,
    name: 'listEventTypes',
    summary: 'List event types',
    description: 'The whole catalogue, each with the JSON Schema of its `data` and a sample.',
    answers: { 200: eventTypesSchema },
    problems: [],
  },
  'POST /filters/try': {
    ...events,
    name: 'tryFilter',
    summary: 'Try a filter on recent events',
    description:
      'Tells of the newest kept events of the wanted types which ones the filter would let through.',
    body: filterTrialSchema,
    answers: { 200: filterTriedSchema },
    problems: [],
  },
} as const satisfies Record<string, Operation>;
