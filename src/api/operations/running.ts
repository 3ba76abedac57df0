import { z } from 'zod';
import {
  aliveSchema,
  readySchema,
  reloadedSchema,
  statsSchema,
  streamEventSchemas,
  streamHeaders,
  streamQuerySchema,
} from '../schemas/live.ts';
import { type Operation, TAKES_NOTHING } from './operation.ts';

const running = { ...TAKES_NOTHING, tag: 'Operation' } as const;
/** Asked by probes and scrapers, which may add what they like to the address. */
const probed = { ...running, query: z.object({}) } as const;

const streamed = Object.entries(streamEventSchemas).map(
  ([name, schema]) => `- \`${name}\` (${schema.meta()?.id}): ${schema.description}`,
);

export const runningOperations = {
  'GET /stats': {
    ...running,
    name: 'getStats',
    summary: 'Counters and percentiles',
    description:
      'Since the start, of the last hour and of each of its minutes; which PBX is seen; every backlog.',
    answers: { 200: statsSchema },
    problems: [],
  },
  'GET /stream': {
    ...running,
    name: 'streamNews',
    summary: 'What happens, live',
    description: `Server-sent events; each message is named, its data JSON. A comment every 15 s says that the connection lives. At most 100 streams at a time:\n\n${streamed.join('\n')}`,
    query: streamQuerySchema,
    headers: streamHeaders,
    answers: { 200: z.string() },
    media: 'text/event-stream',
    problems: ['subscription_unknown', 'too_many_streams'],
  },
  'POST /config/reload': {
    ...running,
    name: 'reloadConfig',
    summary: 'Read the config file again',
    description:
      'As SIGHUP does: subscriptions change without dropping a delivery. A bad file is refused whole and the old one stays.',
    answers: { 200: reloadedSchema },
    problems: ['config_invalid', 'no_config_file'],
  },
  'GET /openapi.json': {
    ...running,
    name: 'getOpenApi',
    summary: 'This description, as OpenAPI 3.1',
    answers: { 200: z.record(z.string(), z.unknown()) },
    problems: [],
  },
  'GET /healthz': {
    ...probed,
    name: 'getHealth',
    summary: 'Whether the process lives',
    description: 'Needs no token. Also at `/healthz`.',
    answers: { 200: aliveSchema },
    problems: [],
  },
  'GET /readyz': {
    ...probed,
    name: 'getReadiness',
    summary: 'Whether events are seen, stored and sent',
    description: 'Needs no token; who bears it is told the parts. Also at `/readyz`.',
    answers: { 200: readySchema },
    problems: ['not_ready'],
  },
  'GET /metrics': {
    ...probed,
    name: 'getMetrics',
    summary: 'Metrics for Prometheus',
    description: 'Also at `/metrics`.',
    answers: { 200: z.string() },
    media: 'text/plain',
    problems: [],
  },
} as const satisfies Record<string, Operation>;
