import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Tally } from '../../../src/delivery/tally.ts';
import { createMetrics, type MetricsOptions } from '../../../src/metrics/metrics.ts';
import { MAX_NAMED_SUBSCRIPTIONS } from '../../../src/metrics/subscription-metrics.ts';
import type { Attempt } from '../../../src/model/delivery.ts';
import { ATTEMPT_ERROR_CODES } from '../../../src/model/delivery.ts';
import { EVENT_TYPES } from '../../../src/model/event-types.ts';
import type { DeliveryId, PbxName, SubscriptionId } from '../../../src/model/ids.ts';
import type { Subscription } from '../../../src/model/subscription.ts';
import { optionsSchema } from '../../../src/model/subscription-options.ts';
import { micro } from '../../../src/util/clock.ts';
import { Histogram } from '../../../src/util/histogram.ts';
import { FakeClock } from '../../support/clock.ts';
import { NO_STATS } from '../../support/memory-subscriptions.ts';
import { parsePrometheus } from '../../support/prometheus.ts';

const clock = new FakeClock();

function subscription(id: string, changes: Partial<Subscription> = {}): Subscription {
  return {
    id: id as SubscriptionId,
    url: `https://${id}.example:8443/path-secret?token=query-secret`,
    events: ['*'],
    enabled: true,
    secret: 'signing-secret',
    headers: { Authorization: 'header-secret' },
    options: optionsSchema.parse({}),
    origin: 'api',
    createdAt: clock.now(),
    ...changes,
  };
}

function metricsWith(changes: Partial<MetricsOptions> = {}) {
  return createMetrics({
    subscriptions: () => [],
    stats: () => NO_STATS,
    breaker: () => 'closed',
    oldestPending: async () => [],
    counts: () => new Tally().counts(0),
    commits: () => new Histogram([1]).snapshot(),
    sources: [],
    clock,
    ...changes,
  });
}

async function scrape(changes: Partial<MetricsOptions>) {
  return parsePrometheus(await metricsWith(changes).text());
}

function attempt(durationMs: number, outcome: Attempt['outcome']) {
  return {
    id: 1 as DeliveryId,
    subscriptionId: 'sub_a' as SubscriptionId,
    attempt: { number: 1, startedAt: clock.now(), durationMs, outcome },
    next: { state: 'delivered' as const },
  };
}

const answered = (status: number): Attempt['outcome'] => ({
  kind: 'response',
  response: { status, headers: '{}', body: '' },
});

function published(type: string) {
  return { event: { type } };
}

describe('a subscription', () => {
  it('shows its counters, its queue and its breaker under its id and host, and nothing else of its URL', async () => {
    const stats = { successCount: 7, failureCount: 2, expiredCount: 1, failedAttempts: 9, backlog: 4 };
    const metrics = metricsWith({
      subscriptions: () => [subscription('sub_a'), subscription('sub_b', { enabled: false })],
      stats: (id) => (id === 'sub_a' ? stats : NO_STATS),
      oldestPending: async () => [
        { subscriptionId: 'sub_a' as SubscriptionId, createdAt: micro(clock.now() - 90_000_000) },
      ],
      breaker: (id) => (id === 'sub_a' ? 'open' : 'closed'),
    });
    const text = await metrics.text();
    expect(text).not.toContain('secret');
    const families = parsePrometheus(text);
    const a = 'subscription="sub_a",host="sub_a.example:8443"';
    const b = 'subscription="sub_b",host="sub_b.example:8443"';
    const values = (name: string) => Object.fromEntries(families.get(`pbx_webhooks_${name}`)?.samples ?? []);
    expect(values('deliveries_total')).toEqual({
      [`pbx_webhooks_deliveries_total{${a},outcome="delivered"}`]: 7,
      [`pbx_webhooks_deliveries_total{${a},outcome="dead"}`]: 1,
      [`pbx_webhooks_deliveries_total{${a},outcome="expired"}`]: 1,
      [`pbx_webhooks_deliveries_total{${b},outcome="delivered"}`]: 0,
      [`pbx_webhooks_deliveries_total{${b},outcome="dead"}`]: 0,
      [`pbx_webhooks_deliveries_total{${b},outcome="expired"}`]: 0,
    });
    for (const [name, ofA, ofB] of [
      ['failed_attempts_total', 9, 0],
      ['backlog', 4, 0],
      ['oldest_waiting_seconds', 90, 0],
      ['subscription_enabled', 1, 0],
      ['breaker_state', 2, 0],
    ] as const) {
      expect(values(name)).toEqual({
        [`pbx_webhooks_${name}{${a}}`]: ofA,
        [`pbx_webhooks_${name}{${b}}`]: ofB,
      });
    }
  });

  it('that is gone is gone from the next scrape', async () => {
    let list = [subscription('sub_a')];
    const metrics = metricsWith({ subscriptions: () => list, breaker: () => 'closed' });
    expect(await metrics.text()).toContain('sub_a');
    list = [];
    expect(await metrics.text()).not.toContain('sub_a');
  });
});

describe('the engine', () => {
  it('shows what was published by type, and how long attempts took by what came of them', async () => {
    const tally = new Tally();
    tally.published([published('call.started'), published('call.started'), published('my.own')]);
    tally.attempted([attempt(3, answered(204)), attempt(40, answered(200)), attempt(2_000, answered(503))]);
    tally.attempted([attempt(10_000, { kind: 'error', code: 'timeout', message: 'No response' })]);
    const families = await scrape({ counts: () => tally.counts(3) });
    expect(Object.fromEntries(families.get('pbx_webhooks_events_published_total')?.samples ?? [])).toEqual({
      'pbx_webhooks_events_published_total{type="call.started"}': 2,
      'pbx_webhooks_events_published_total{type="other"}': 1,
    });
    const times = families.get('pbx_webhooks_attempt_duration_seconds')?.samples;
    const name = 'pbx_webhooks_attempt_duration_seconds';
    expect(times?.get(`${name}_bucket{result="delivered",le="0.005"}`)).toBe(1);
    expect(times?.get(`${name}_bucket{result="delivered",le="0.05"}`)).toBe(2);
    expect(times?.get(`${name}_sum{result="delivered"}`)).toBeCloseTo(0.043);
    expect(times?.get(`${name}_count{result="status_5xx"}`)).toBe(1);
    expect(times?.get(`${name}_bucket{result="timeout",le="5"}`)).toBe(0);
    expect(times?.get(`${name}_bucket{result="timeout",le="10"}`)).toBe(1);
    expect(
      families.get('pbx_webhooks_sender_restarts_total')?.samples.get('pbx_webhooks_sender_restarts_total'),
    ).toBe(3);
  });

  it('shows how long commits took', async () => {
    const commits = new Histogram([0.005, 0.01]);
    for (const seconds of [0.004, 0.005, 0.02]) commits.observe(seconds);
    const samples = (await scrape({ commits: () => commits.snapshot() })).get(
      'pbx_webhooks_store_commit_seconds',
    )?.samples;
    expect([...(samples?.values() ?? [])]).toEqual([2, 2, 3, expect.closeTo(0.029), 3]);
  });

  it('answers without the age of the queue when the store does not tell it', async () => {
    const families = await scrape({
      subscriptions: () => [subscription('sub_a')],
      oldestPending: () => Promise.reject(new Error('the store is closed')),
    });
    expect(families.get('pbx_webhooks_oldest_waiting_seconds')?.samples.size).toBe(0);
    expect(families.get('pbx_webhooks_backlog')?.samples.size).toBe(1);
  });

  it('asks the store once for all who scrape at the same time', async () => {
    let asked = 0;
    const metrics = metricsWith({
      oldestPending: async () => {
        asked += 1;
        return [];
      },
    });
    await Promise.all(Array.from({ length: 10 }, () => metrics.text()));
    expect(asked).toBe(1);
    await metrics.text();
    expect(asked).toBe(2);
  });
});

it('shows each PBX: in sight or not, what it told, and how long it was not seen', async () => {
  const families = await scrape({
    sources: [
      {
        name: 'main' as PbxName,
        health: () => ({ state: 'connected' }),
        counts: () => ({ received: 1_234, unseenMs: 1_500 }),
      },
      {
        name: 'a"b\\c' as PbxName,
        health: () => ({ state: 'connecting' }),
        counts: () => ({ received: 0, unseenMs: 0 }),
      },
    ],
  });
  const values = (name: string) => [...(families.get(`pbx_webhooks_${name}`)?.samples ?? [])];
  expect(values('ami_events_total')[0]).toEqual(['pbx_webhooks_ami_events_total{pbx="main"}', 1_234]);
  expect(values('pbx_connected')).toEqual([
    ['pbx_webhooks_pbx_connected{pbx="main"}', 1],
    ['pbx_webhooks_pbx_connected{pbx="a\\"b\\\\c"}', 0],
  ]);
  expect(values('pbx_unseen_seconds_total')[0]?.[1]).toBe(1.5);
});

describe('what is bounded', () => {
  it('however many subscriptions, types and outcomes there are', async () => {
    const tally = new Tally();
    for (let n = 0; n < 5_000; n += 1) tally.published([published(`made.up_${n}`)]);
    for (const type of EVENT_TYPES) tally.published([published(type)]);
    for (let status = 100; status < 1_000; status += 1) tally.attempted([attempt(1, answered(status))]);
    for (const code of ATTEMPT_ERROR_CODES) {
      tally.attempted([attempt(1, { kind: 'error', code, message: '' })]);
    }
    const many = Array.from({ length: 5_000 }, (_, n) => subscription(`sub_${n}`));
    const families = await scrape({
      counts: () => tally.counts(0),
      subscriptions: () => many,
      stats: () => ({ ...NO_STATS, successCount: 1, backlog: 2 }),
      breaker: () => 'closed',
    });
    const series = (name: string) => families.get(`pbx_webhooks_${name}`)?.samples;
    expect(series('events_published_total')?.size).toBe(EVENT_TYPES.length + 1);
    expect(series('attempt_duration_seconds')?.size).toBe((5 + ATTEMPT_ERROR_CODES.length) * 17);
    expect(series('backlog')?.size).toBe(MAX_NAMED_SUBSCRIPTIONS + 1);
    expect(series('deliveries_total')?.size).toBe(3 * (MAX_NAMED_SUBSCRIPTIONS + 1));
    expect(series('backlog')?.get('pbx_webhooks_backlog{subscription="other",host="other"}')).toBe(8_000);
    expect(Math.max(...[...families.values()].map(({ samples }) => samples.size))).toBeLessThan(3_500);
  });

  it('however often a service is started: nothing of it stays in the library', async () => {
    for (let n = 0; n < 1_000; n += 1) metricsWith();
    expect(register.getMetricsAsArray()).toEqual([]);
    expect(
      parsePrometheus(await metricsWith().text()).get('process_resident_memory_bytes')?.samples.size,
    ).toBe(1);
  });
});
