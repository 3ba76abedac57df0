/** How it goes right now: counters, probes, and the stream of what happens. */
import { z } from 'zod';
import { DELIVERY_STATES } from '../../model/delivery.ts';
import { MOST_COUNTED } from '../counts.ts';
import { exactTime, subscriptionName } from './common.ts';
import { attemptViewSchema, sentRequestSchema } from './deliveries.ts';
import { eventViewSchema } from './events.ts';
import { subscriptionViewSchema } from './subscriptions.ts';

const milliseconds = z.number().min(0);
const counted = z.int().min(0);

const totalsSchema = z.object({
  events: counted.describe('Accepted.'),
  delivered: counted,
  dead: counted,
  expired: counted,
  attempts_failed: counted,
  dead_letters: counted.max(MOST_COUNTED).describe('Kept now; 10,000 are that many or more.'),
  backlog: counted.describe('Deliveries that wait or are being sent now.'),
  oldest_pending_at: exactTime
    .nullable()
    .describe('When the oldest of them was made; what is kept for a disabled subscription does not count.'),
});

const minuteSchema = z
  .object({
    at: exactTime.describe('When the minute began.'),
    events: counted,
    delivered: counted,
    failed: counted.describe('Attempts that failed.'),
    dead: counted,
    expired: counted,
    latency_p50: milliseconds.nullable().describe('Milliseconds of attempts.'),
    latency_p95: milliseconds.nullable().describe('Milliseconds of attempts.'),
  })
  .meta({ id: 'Minute' });

const sourceSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  state: z.string().describe('In words.'),
});

const laneSchema = z.object({
  id: z.string().describe('Of the subscription.'),
  backlog: counted.describe('Deliveries that wait or are being sent.'),
  breaker: z
    .enum(['closed', 'open', 'half_open'])
    .describe('open: it failed too often in a row, and waits. half_open: one attempt probes.'),
  next_attempt_at: exactTime.nullable().describe('When the next retry or probe is due.'),
});

const engineSchema = z.object({ ok: z.boolean(), state: z.string().describe('In words.') });

export const statsSchema = z
  .object({
    now: exactTime,
    started_at: exactTime,
    version: z.string(),
    totals: totalsSchema.describe('Since the start, but for the backlog and the dead letters.'),
    last_hour: z
      .object({
        attempts: counted,
        success_rate: z.number().min(0).max(1).nullable().describe('Null where none was made.'),
        latency_ms: z
          .object({ p50: milliseconds, p95: milliseconds, p99: milliseconds })
          .nullable()
          .describe('Percentiles of how long they took.'),
      })
      .describe('Of attempts.'),
    minutes: z.array(minuteSchema).describe('The last 60, the oldest first.'),
    sources: z.array(sourceSchema),
    engine: engineSchema,
    subscriptions: z.array(laneSchema),
  })
  .meta({ id: 'Stats' });

export const streamQuerySchema = z.strictObject({
  events: z
    .string()
    .regex(
      /^(?:\*|[A-Za-z0-9_.-]{1,100}\*?)(?:,(?:\*|[A-Za-z0-9_.-]{1,100}\*?)){0,199}$/,
      'must be event types or patterns, such as call.*,voicemail.new',
    )
    .optional()
    .describe('Event types or patterns, such as `call.*,voicemail.new`. Default: all.'),
  subscription: subscriptionName.optional(),
});

export const streamHeaders = z.object({
  'last-event-id': z
    .string()
    .max(100, 'is not the id of an event of this stream')
    .optional()
    .describe(
      'Begins with what was kept since: the newest 1,000 events at most, behind `missed` where there are more.',
    ),
});

/** What comes under each event name of the stream, as JSON. */
export const streamEventSchemas = {
  event: eventViewSchema
    .describe('An event was accepted; the `id:` of the message is for Last-Event-ID.')
    .meta({ id: 'StreamedEvent' }),
  delivery: z
    .object({
      delivery_id: z.int(),
      event_id: z.string(),
      event_type: z.string(),
      call_id: z.string().nullable(),
      subscription_id: z.string(),
      status: z.enum(DELIVERY_STATES),
      attempt: attemptViewSchema
        .pick({ number: true, started_at: true, duration_ms: true, status: true, error: true })
        .nullable(),
      due_at: exactTime.nullable(),
    })
    .describe('A delivery changed: an attempt was made, or it ended.')
    .meta({ id: 'StreamedDelivery' }),
  subscription: z
    .union([subscriptionViewSchema, z.object({ id: z.string(), deleted: z.literal(true) })])
    .describe('A subscription was made, changed or deleted.')
    .meta({ id: 'StreamedSubscription' }),
  stats: z
    .object({
      now: exactTime,
      totals: totalsSchema,
      sources: z.array(sourceSchema),
      subscriptions: z.array(laneSchema),
      minute: minuteSchema.describe('The current one.'),
    })
    .describe('Every 2 s.')
    .meta({ id: 'StreamedStats' }),
  dropped: z
    .object({ count: counted })
    .describe('So many messages were left out: the reader was too slow.')
    .meta({ id: 'StreamedGap' }),
  missed: z
    .object({
      since: exactTime.describe('That of Last-Event-ID.'),
      until: exactTime.describe('That of the first event that follows.'),
    })
    .describe(
      'More came since Last-Event-ID than is told again: others, accepted between these times, are left out; `GET /events` lists them.',
    )
    .meta({ id: 'StreamedMiss' }),
} as const;

export const readySchema = z
  .object({
    status: z.literal('ready'),
    checks: z
      .array(z.object({ name: z.string(), ok: z.boolean(), state: z.string().describe('In words.') }))
      .optional()
      .describe('Only for who bears the token.'),
  })
  .meta({ id: 'Ready' });

export const aliveSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Alive' });

export const testSchema = z
  .strictObject({
    event_type: z.string().min(1).max(100).default('call.started').describe('A type of the catalogue.'),
  })
  .meta({ id: 'Test' });

export const testedSchema = z
  .object({
    success: z.boolean().describe('Whether the receiver took it.'),
    message: z.string().describe('One sentence, for people.'),
    event_id: z.string(),
    request: sentRequestSchema,
    attempt: attemptViewSchema,
  })
  .meta({ id: 'Tested' });

export const reloadedSchema = z
  .object({
    success: z.literal(true),
    message: z.string().describe('One sentence, for people.'),
    subscriptions: counted.describe('How many the file names.'),
    restart_needed: z.array(z.string()).describe('Keys that changed and count from the next start on.'),
  })
  .meta({ id: 'Reloaded' });
