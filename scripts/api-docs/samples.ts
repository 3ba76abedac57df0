/** One true-to-life request and answer of each operation; the compiler holds them against the table. */
import { readFileSync } from 'node:fs';
import type { RequestOf } from '../../src/api/client.ts';
import type { AnswerOf, OperationKey } from '../../src/api/operations/operations.ts';
import { eventTypeEntry } from '../../src/model/event-types.ts';
import {
  attempt,
  deadLetter,
  delivery,
  event,
  minute,
  request,
  SUBSCRIPTION_ID,
  subscription,
} from './views.ts';

interface Sample<Key extends OperationKey> {
  readonly request: Omit<RequestOf<Key>, 'signal'>;
  readonly answer: AnswerOf<Key>;
}

const one = { path: { id: SUBSCRIPTION_ID } } as const;
const started = eventTypeEntry('call.started');

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

export const SAMPLES: { readonly [Key in OperationKey]: Sample<Key> } = {
  'GET /': { request: {}, answer: [subscription] },
  'POST /': {
    request: {
      body: {
        url: 'https://crm.example.com/hook',
        events: ['call.*', 'voicemail.new'],
        secret: 's3cret',
        description: 'CRM screen pop',
      },
    },
    answer: {
      success: true,
      message: 'Webhook subscription added: https://crm.example.com/hook',
      subscription: {
        ...subscription,
        last_sent: null,
        success_count: 0,
        failure_count: 0,
        failed_attempts: 0,
      },
    },
  },
  'DELETE /': {
    request: { query: { url: 'https://crm.example.com/hook' } },
    answer: { success: true, message: 'Webhook subscription deleted: https://crm.example.com/hook' },
  },
  'GET /{id}': { request: one, answer: subscription },
  'PATCH /{id}': {
    request: { ...one, body: { events: ['call.*'], retry: { preset: 'persistent' }, description: null } },
    answer: { ...subscription, events: ['call.*'], retry: { preset: 'persistent' }, description: null },
  },
  'DELETE /{id}': {
    request: one,
    answer: {
      success: true,
      message: 'Webhook subscription deleted: https://crm.example.com/hook',
      warning: 'The config file names it: it comes back when the file is read again, unless removed there',
    },
  },
  'POST /{id}/enable': {
    request: { ...one, body: { backlog: 'send' } },
    answer: {
      success: true,
      message: 'Webhook subscription enabled: https://crm.example.com/hook',
      subscription,
    },
  },
  'POST /{id}/disable': {
    request: one,
    answer: {
      success: true,
      message: 'Webhook subscription disabled: https://crm.example.com/hook',
      subscription: { ...subscription, enabled: false, state: 'disabled', disabled_reason: 'requested' },
    },
  },
  'POST /{id}/rotate-secret': {
    request: { ...one, body: { overlap_seconds: 86_400 } },
    answer: {
      success: true,
      message: 'The new secret is shown this once; the one before it signs as well until the overlap ends',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
      subscription,
    },
  },
  'POST /{id}/test': {
    request: { ...one, body: { event_type: 'call.started' } },
    answer: {
      success: true,
      message: 'https://crm.example.com/hook answered 200',
      event_id: event.event_id,
      request,
      attempt,
    },
  },
  'GET /deliveries': {
    request: { query: { status: 'dead', since: '2025-12-07T00:00:00Z', limit: 50 } },
    answer: { items: [deadLetter], next_cursor: 'ZDQyMTc' },
  },
  'GET /{id}/deliveries': {
    request: { ...one, query: { call_id: '1701964800.42' } },
    answer: { items: [delivery], next_cursor: null },
  },
  'GET /deliveries/{id}': {
    request: { path: { id: delivery.id } },
    answer: { ...delivery, event, request },
  },
  'GET /deliveries/{id}/attempts/{number}/request': {
    request: { path: { id: delivery.id, number: 1 } },
    answer: { ...request, events: 1, notes: [] },
  },
  'POST /deliveries/{id}/retry': {
    request: { path: { id: deadLetter.id } },
    answer: { success: true, message: `Delivery ${deadLetter.id} is sent again` },
  },
  'DELETE /deliveries/{id}': {
    request: { path: { id: deadLetter.id } },
    answer: { success: true, message: `Delivery ${deadLetter.id} is deleted` },
  },
  'POST /{id}/replay': {
    request: { ...one, body: { since: '2025-12-07T12:00:00Z', until: '2025-12-07T13:00:00Z' } },
    answer: {
      success: true,
      message: '118 events are sent again to https://crm.example.com/hook',
      count: 118,
    },
  },
  'GET /dead-letters': {
    request: { query: { type: 'call.*' } },
    answer: { items: [deadLetter], next_cursor: null },
  },
  'POST /dead-letters/retry': {
    request: { body: { subscription: 'https://crm.example.com/hook', since: '2025-12-07T12:00:00Z' } },
    answer: { success: true, message: '12 dead letters are sent again', count: 12 },
  },
  'DELETE /dead-letters': {
    request: { query: { ids: [4217, 4218] } },
    answer: { success: true, message: '2 dead letters are deleted', count: 2 },
  },
  'GET /events': {
    request: { query: { call_id: '1701964800.42' } },
    answer: { items: [event], next_cursor: null },
  },
  'GET /events/{event_id}': {
    request: { path: { event_id: event.event_id } },
    answer: { ...event, deliveries: [delivery] },
  },
  'POST /events': {
    request: {
      headers: { 'idempotency-key': 'door-2025-12-07-1' },
      body: { event_type: 'user.event', data: { name: 'DoorOpened', fields: { Door: 'front' } } },
    },
    answer: { event_id: 'user.event-1765108800123' },
  },
  'GET /event-types': {
    request: {},
    answer: {
      items: [
        {
          event_type: 'call.started',
          description: started?.description ?? '',
          schema: { type: 'object', properties: { call_id: { type: 'string' } }, required: ['call_id'] },
          sample: { ...started?.sample },
        },
      ],
      next_cursor: null,
    },
  },
  'POST /filters/try': {
    request: {
      body: { events: ['call.*'], filter: { extensions: ['10*'], where: 'data.duration > 30' }, limit: 100 },
    },
    answer: { examined: 100, matched: 1, items: [{ event, matches: true }] },
  },
  'GET /stats': {
    request: {},
    answer: {
      now: '2025-12-07T12:00:30.000000Z',
      started_at: '2025-12-01T08:00:00.000000Z',
      version,
      totals: {
        events: 81_204,
        delivered: 162_391,
        dead: 12,
        expired: 0,
        attempts_failed: 431,
        dead_letters: 3,
        backlog: 5,
        oldest_pending_at: '2025-12-07T12:00:28.000000Z',
      },
      last_hour: { attempts: 2_120, success_rate: 0.998, latency_ms: { p50: 38.2, p95: 96.5, p99: 210.4 } },
      minutes: [minute],
      sources: [{ name: 'main', ok: true, state: 'up' }],
      engine: { ok: true, state: 'ready' },
      subscriptions: [{ id: SUBSCRIPTION_ID, backlog: 5, breaker: 'closed', next_attempt_at: null }],
    },
  },
  'GET /stream': {
    request: { query: { events: 'call.*' } },
    answer: `id: ZTE4MDc0NzE0\nevent: event\ndata: ${JSON.stringify(event)}\n\n`,
  },
  'POST /config/reload': {
    request: {},
    answer: {
      success: true,
      message: 'Read again: 2 subscriptions; api counts from the next start on',
      subscriptions: 2,
      restart_needed: ['api'],
    },
  },
  'GET /openapi.json': { request: {}, answer: { openapi: '3.1.1' } },
  'GET /healthz': { request: {}, answer: { status: 'ok' } },
  'GET /readyz': {
    request: {},
    answer: { status: 'ready', checks: [{ name: 'engine', ok: true, state: 'ready' }] },
  },
  'GET /metrics': {
    request: {},
    answer:
      '# HELP pbx_webhooks_events_total Events accepted.\n# TYPE pbx_webhooks_events_total counter\npbx_webhooks_events_total 81204\n',
  },
};
