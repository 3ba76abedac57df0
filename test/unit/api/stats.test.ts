import { afterEach, beforeEach, expect, test } from 'vitest';
import { deferred } from '../../../src/util/deferred.ts';
import { FakeClock } from '../../support/clock.ts';
import { callEvent, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { hang, Receiver, reply } from '../../support/receiver.ts';
import { rigApi } from '../../support/rig-api.ts';

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let rig: Rig;
let api: Awaited<ReturnType<typeof rigApi>>;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  rig = await startRig({
    folder: folder.path,
    clock: new FakeClock(),
    settings: { maxRetries: 2, concurrency: 1 },
  });
  api = await rigApi(rig);
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

const stats = () => api.call('GET /stats');
const publish = (data: Record<string, unknown> = {}) => rig.engine.publish(callEvent(rig.clock, data));

/** Resolves once so many lines of the log hold `text`. */
async function logged(text: string, count: number): Promise<void> {
  while (rig.logger.lines.filter((line) => line.includes(text)).length < count) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('before anything happened all is zero, and the hour has its sixty minutes', async () => {
  const told = await stats();
  expect(told).toMatchObject({
    now: '2025-12-07T12:00:00.000000Z',
    started_at: '2025-12-07T12:00:00.000000Z',
    totals: { events: 0, delivered: 0, dead: 0, expired: 0, attempts_failed: 0, backlog: 0 },
    last_hour: { attempts: 0, success_rate: null, latency_ms: null },
    engine: { ok: true, state: 'ready' },
    sources: [],
    subscriptions: [],
  });
  expect(told.totals.oldest_pending_at).toBeNull();
  expect(told.minutes).toHaveLength(60);
  expect(told.minutes[0]).toMatchObject({ at: '2025-12-07T11:01:00.000000Z', latency_p50: null });
  expect(told.minutes[59]?.at).toBe('2025-12-07T12:00:00.000000Z');
});

test('what happens is counted since the start and in its minute', async () => {
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['call.*'], max_age: 120 });
  await publish({ n: 1 });
  await logged('Webhook delivered', 1);
  rig.clock.advance(60_000);
  receiver.script.push(reply(500), reply(500));
  await publish({ n: 2 });
  await rig.clock.armed(5_000);
  rig.clock.advance(5_000);
  await logged('failed after 2 attempts', 1);
  const told = await stats();
  expect(told.totals).toMatchObject({ events: 2, delivered: 1, dead: 1, attempts_failed: 2, backlog: 0 });
  expect(told.last_hour).toMatchObject({ attempts: 3, success_rate: 1 / 3 });
  expect(told.minutes.slice(-2)).toMatchObject([
    { at: '2025-12-07T12:00:00.000000Z', events: 1, delivered: 1, failed: 0, dead: 0 },
    { at: '2025-12-07T12:01:00.000000Z', events: 1, delivered: 0, failed: 2, dead: 1 },
  ]);
  await rig.registry.update(id, { enabled: false });
  await publish({ n: 3 });
  rig.clock.advance(180_000);
  await rig.registry.update(id, { enabled: true });
  await logged('Webhook expired', 1);
  expect((await stats()).totals).toMatchObject({ events: 4, expired: 1, dead: 1 });
});

test('dead letters are those that are kept now', async () => {
  await rig.registry.add({ url: receiver.url(), events: ['*'], retry: { attempts: 1 } });
  receiver.script.push(reply(500), reply(500));
  await publish({ n: 1 });
  await publish({ n: 2 });
  await logged('failed after 1 attempts', 2);
  expect((await stats()).totals).toMatchObject({ dead: 2, dead_letters: 2 });
  await api.call('DELETE /dead-letters');
  expect((await stats()).totals).toMatchObject({ dead: 2, dead_letters: 0 });
});

test('an hour later only the totals remember', async () => {
  await rig.registry.add({ url: receiver.url(), events: ['*'] });
  await publish();
  await logged('Webhook delivered', 1);
  rig.clock.advance(59 * 60_000);
  expect((await stats()).last_hour).toMatchObject({ attempts: 1, success_rate: 1 });
  rig.clock.advance(60_000);
  const told = await stats();
  expect(told.last_hour).toEqual({ attempts: 0, success_rate: null, latency_ms: null });
  expect(told.minutes.every(({ events }) => events === 0)).toBe(true);
  expect(told.totals).toMatchObject({ events: 1, delivered: 1 });
});

test('latencies are those of attempts, to a tenth', async () => {
  await rig.registry.add({ url: receiver.url(), events: ['*'] });
  for (const ms of [10, 20, 30, 1_000]) {
    const { promise: answer, resolve } = deferred<() => void>();
    receiver.script.push((response, request) => resolve(() => reply(204)(response, request)));
    const before = receiver.requests.length;
    await publish({ ms });
    const go = await answer;
    rig.clock.advance(ms);
    go();
    await logged('Webhook delivered', before + 1);
  }
  const { latency_ms: latency } = (await stats()).last_hour;
  expect(latency?.p50).toBeGreaterThan(15);
  expect(latency?.p50).toBeLessThan(26);
  expect(latency?.p99).toBeGreaterThan(800);
  expect(latency?.p99).toBeLessThan(1_300);
});

test('an attempt that sent nothing says nothing of how long receivers take', async () => {
  await rig.registry.add({ url: receiver.url(), events: ['*'], filter: { where: 'data.n + "x" = 1' } });
  await publish({ n: 1 });
  expect(await stats()).toMatchObject({
    totals: { dead: 1, attempts_failed: 1 },
    last_hour: { attempts: 1, success_rate: 0, latency_ms: null },
  });
});

test('each subscription shows what waits for it, its breaker and when it is tried next', async () => {
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'], retry: { attempts: 1 } });
  receiver.behaviour = reply(500);
  for (let n = 0; n < 10; n += 1) await publish({ n });
  await logged('failed after 1 attempts', 10);
  rig.clock.advance(1_000);
  await publish({ n: 10 });
  await rig.clock.armed(29_000);
  expect(await stats()).toMatchObject({
    totals: { backlog: 1, oldest_pending_at: '2025-12-07T12:00:01.000000Z' },
    subscriptions: [{ id, backlog: 1, breaker: 'open', next_attempt_at: '2025-12-07T12:00:30.000000Z' }],
  });
  receiver.script.push(hang);
  rig.clock.advance(29_000);
  await receiver.received(11);
  expect((await stats()).subscriptions).toEqual([
    { id, backlog: 1, breaker: 'half_open', next_attempt_at: null },
  ]);
});

test('a retry, a pause that the receiver asked for and nothing at all are told apart', async () => {
  const retrying = await rig.registry.add({ url: receiver.url('/retrying'), events: ['*'] });
  const paused = await rig.registry.add({ url: receiver.url('/paused'), events: ['*'] });
  receiver.behaviour = (response, request) =>
    reply(request.url === '/paused' ? 503 : 500, '', { 'retry-after': '3600' })(response, request);
  await publish();
  await logged('attempt 1/2', 2);
  await rig.clock.armed(5_000);
  await rig.clock.armed(3_600_000);
  await rig.registry.add({ url: receiver.url('/idle'), events: ['*'] });
  const { subscriptions } = await stats();
  expect(Object.fromEntries(subscriptions.map(({ id, next_attempt_at: at }) => [id, at]))).toMatchObject({
    [retrying.id]: '2025-12-07T12:00:05.000000Z',
    [paused.id]: '2025-12-07T13:00:00.000000Z',
  });
  expect(subscriptions[2]?.next_attempt_at).toBeNull();
});

test('what is kept for a disabled subscription is backlog, but nothing that has waited for too long', async () => {
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
  await rig.registry.update(id, { enabled: false });
  await publish({ n: 1 });
  expect((await stats()).totals).toMatchObject({ backlog: 1, oldest_pending_at: null });
});
