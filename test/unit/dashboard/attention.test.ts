import { describe, expect, it } from 'vitest';
import { isBehind, movedOn } from '../../../src/dashboard/session/stats.ts';
import type { Stats, Subscription } from '../../../src/dashboard/types.ts';
import { type Known, mattersOf } from '../../../src/dashboard/views/overview/attention.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');

const STATS: Stats = {
  now: '2026-11-29T12:00:00.000000Z',
  started_at: '2026-11-29T10:00:00.000000Z',
  version: '0.1.0',
  totals: {
    events: 10,
    delivered: 10,
    dead: 0,
    expired: 0,
    attempts_failed: 0,
    dead_letters: 0,
    backlog: 0,
    oldest_pending_at: null,
  },
  last_hour: { attempts: 10, success_rate: 1, latency_ms: null },
  minutes: [],
  sources: [{ name: 'main', ok: true, state: 'connected' }],
  engine: { ok: true, state: 'running' },
  subscriptions: [{ id: 'sub_1', backlog: 0, breaker: 'closed', next_attempt_at: null }],
};

const SUBSCRIPTION: Subscription = {
  url: 'https://crm.example.com/hook',
  events: ['*'],
  enabled: true,
  created_at: '2026-11-29T10:00:00Z',
  last_sent: null,
  success_count: 0,
  failure_count: 0,
  id: 'sub_1',
  state: 'active',
  disabled_reason: null,
  description: null,
  origin: 'api',
  signed: true,
  header_names: [],
  expired_count: 0,
  failed_attempts: 0,
  backlog: 0,
};

const WELL: Known = {
  stats: STATS,
  subscriptions: [SUBSCRIPTION],
  newestDead: undefined,
  now: NOW,
};

function keysOf(known: Partial<Known>): readonly string[] {
  return mattersOf({ ...WELL, ...known }).map(({ key }) => key);
}

describe('attention', () => {
  it('is asked for nothing where all is well', () => {
    expect(mattersOf(WELL)).toEqual([]);
  });

  it('is asked for a lost PBX before what it led to', () => {
    const stats = {
      ...STATS,
      sources: [{ name: 'branch', ok: false, state: 'connection refused' }],
      totals: { ...STATS.totals, backlog: 3, oldest_pending_at: '2026-11-29T11:00:00.000000Z' },
    };
    expect(keysOf({ stats })).toEqual(['source branch', 'waiting']);
    expect(mattersOf({ ...WELL, stats })[1]?.title).toBe('The oldest delivery has waited for 1 h');
  });

  it('is not asked for what waits less than a minute', () => {
    const totals = { ...STATS.totals, backlog: 3, oldest_pending_at: '2026-11-29T11:59:30.000000Z' };
    expect(keysOf({ stats: { ...STATS, totals } })).toEqual([]);
  });

  it('is asked for a breaker that is open, and says when it is tried again', () => {
    const lane = {
      id: 'sub_1',
      backlog: 7,
      breaker: 'open',
      next_attempt_at: '2026-11-29T12:00:30Z',
    } as const;
    const [matter] = mattersOf({ ...WELL, stats: { ...STATS, subscriptions: [lane] } });
    expect(matter?.title).toBe('crm.example.com is failing');
    expect(matter?.text).toContain('7 deliveries wait; it is tried again in 30 s.');
  });

  it('is asked for dead letters, as many as are kept, as far as they are counted', () => {
    const titleOf = (dead_letters: number) =>
      mattersOf({ ...WELL, stats: { ...STATS, totals: { ...STATS.totals, dead_letters } } })[0]?.title;
    expect(titleOf(1)).toBe('1 delivery gave up');
    expect(titleOf(9_999)).toBe('9,999 deliveries gave up');
    expect(titleOf(10_000)).toBe('10,000+ deliveries gave up');
  });

  it.each(['gone', 'failing'] as const)('is asked for one that was disabled as %s', (disabled_reason) => {
    const subscriptions = [{ ...SUBSCRIPTION, enabled: false, disabled_reason }];
    expect(keysOf({ subscriptions })).toEqual(['subscription sub_1']);
  });

  it('is not asked for one that someone disabled', () => {
    const subscriptions = [{ ...SUBSCRIPTION, enabled: false, disabled_reason: 'requested' as const }];
    expect(keysOf({ subscriptions })).toEqual([]);
  });
});

describe('live numbers', () => {
  const minute = (at: string, delivered: number) => ({
    ...{ at, delivered, events: 0, failed: 0, dead: 0, expired: 0 },
    ...{ latency_p50: null, latency_p95: null },
  });
  const before = {
    ...STATS,
    minutes: [minute('2026-11-29T11:58:00.000000Z', 1), minute('2026-11-29T11:59:00.000000Z', 2)],
  };
  const news = (at: string, delivered: number) => {
    const { totals, sources, subscriptions } = STATS;
    const now = '2026-11-29T12:00:02.000000Z';
    return { now, totals, sources, subscriptions, minute: minute(at, delivered) };
  };

  it('replace those of the current minute', () => {
    const { minutes } = movedOn(before, news('2026-11-29T11:59:00.000000Z', 3));
    expect(minutes.map(({ delivered }) => delivered)).toEqual([1, 3]);
  });

  it('push the oldest minute out when another begins', () => {
    const next = news('2026-11-29T12:00:00.000000Z', 4);
    expect(movedOn(before, next).minutes.map(({ delivered }) => delivered)).toEqual([2, 4]);
    expect(isBehind(before, next)).toBe(false);
  });

  it('that are older than what is shown change nothing', () => {
    const late = { ...news('2026-11-29T11:58:00.000000Z', 9), now: '2026-11-29T11:58:59.000000Z' };
    expect(movedOn(before, late)).toBe(before);
  });

  it('are asked for anew where minutes were missed', () => {
    expect(isBehind(before, news('2026-11-29T12:01:00.000000Z', 0))).toBe(true);
  });
});
