/** What the samples of the API show: one subscription, one call's event, and two deliveries of it. */
import type { AnswerOf } from '../../src/api/operations/operations.ts';
import { eventTypeEntry } from '../../src/model/event-types.ts';

export const SUBSCRIPTION_ID = 'sub_3f1Zq8vT5cK0mX2bYw9LrA';

export const subscription: AnswerOf<'GET /{id}'> = {
  url: 'https://crm.example.com/hook',
  events: ['call.*', 'voicemail.new'],
  enabled: true,
  created_at: '2025-12-01T08:00:00Z',
  last_sent: '2025-12-07T12:00:00Z',
  success_count: 1841,
  failure_count: 2,
  id: SUBSCRIPTION_ID,
  state: 'active',
  disabled_reason: null,
  description: 'CRM screen pop',
  origin: 'api',
  signed: true,
  header_names: ['Authorization'],
  expired_count: 0,
  failed_attempts: 9,
  backlog: 0,
};

export const event: AnswerOf<'GET /events'>['items'][number] = {
  event_id: 'call.started-1765108800123',
  event_type: 'call.started',
  timestamp: '2025-12-07T12:00:00.123456Z',
  data: { ...eventTypeEntry('call.started')?.sample },
  call_id: '1701964800.42',
};

export const attempt: AnswerOf<'GET /deliveries'>['items'][number]['attempts'][number] = {
  number: 1,
  started_at: '2025-12-07T12:00:00.131002Z',
  duration_ms: 41.8,
  status: 200,
  headers: { 'content-type': 'text/plain' },
  body: 'ok',
  error: null,
  error_code: null,
};

export const delivery: AnswerOf<'GET /deliveries'>['items'][number] = {
  id: 4216,
  event_id: event.event_id,
  event_type: event.event_type,
  call_id: event.call_id,
  subscription_id: SUBSCRIPTION_ID,
  status: 'delivered',
  attempt_count: 1,
  created_at: '2025-12-07T12:00:00.124000Z',
  due_at: null,
  ended_at: '2025-12-07T12:00:00.172800Z',
  attempts: [attempt],
};

export const deadLetter: typeof delivery = {
  ...delivery,
  id: 4217,
  status: 'dead',
  attempts: [
    {
      ...attempt,
      duration_ms: 10_000,
      status: null,
      headers: null,
      body: null,
      error: 'Connection timeout',
      error_code: 'timeout',
    },
  ],
};

export const request: NonNullable<AnswerOf<'GET /deliveries/{id}'>['request']> = {
  method: 'POST',
  url: 'https://crm.example.com/hook',
  headers: {
    'Content-Type': 'application/json',
    'User-Agent': 'PBX-Webhook/1.0',
    'X-Webhook-Event': event.event_type,
    'X-Webhook-ID': event.event_id,
    'X-Webhook-Attempt': '1',
    'X-Webhook-Signature': '•••',
    Authorization: '•••',
  },
  body: JSON.stringify({
    event_id: event.event_id,
    event_type: event.event_type,
    timestamp: event.timestamp,
    data: event.data,
  }),
};

export const minute: AnswerOf<'GET /stats'>['minutes'][number] = {
  at: '2025-12-07T12:00:00.000000Z',
  events: 18,
  delivered: 35,
  failed: 1,
  dead: 0,
  expired: 0,
  latency_p50: 38.2,
  latency_p95: 96.5,
};
