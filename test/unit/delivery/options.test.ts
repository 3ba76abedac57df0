import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliverySettings } from '../../../src/delivery/settings.ts';
import type { PbxEvent } from '../../../src/model/event.ts';
import type { CallId, EventId } from '../../../src/model/ids.ts';
import type { SubscriptionOptions } from '../../../src/model/subscription-options.ts';
import { micro } from '../../../src/util/clock.ts';
import { verify } from '../../../src/verify.ts';
import { FakeClock } from '../../support/clock.ts';
import { callEvent, idOf, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { hang, Receiver, reply } from '../../support/receiver.ts';

const HOUR = 3_600 * 1_000_000;
const DAY_MS = 24 * 3_600 * 1000;

let receiver: Receiver;
let folder: ReturnType<typeof temporaryFolder>;
const rigs: Rig[] = [];

beforeEach(async () => {
  receiver = await Receiver.start();
  folder = temporaryFolder();
});
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.stop()));
  await receiver.stop();
  folder.remove();
});

async function start(settings: Partial<DeliverySettings> = {}, clock = new FakeClock()): Promise<Rig> {
  const rig = await startRig({ folder: folder.path, clock, settings });
  rigs.push(rig);
  return rig;
}

async function subscribe(rig: Rig, options: SubscriptionOptions = {}) {
  return rig.registry.add({ url: receiver.url(), events: ['call.*', 'voicemail.*'], ...options });
}

/** An event of a call, which ties it to the others of that call. */
function ofCall({ clock }: Rig, call: string, n: number): PbxEvent {
  return { ...callEvent(clock, { n, call_id: call }), callId: call as CallId };
}

const numbers = (): unknown[] => receiver.requests.map(({ body }) => JSON.parse(body).data.n);

/** Until `count` lines of the log hold `text`. */
async function logged({ logger }: Rig, text: string, count: number): Promise<void> {
  while (logger.lines.filter((line) => line.includes(text)).length < count) {
    await nextTurn();
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Until the newest delivery shows that many attempts on disk. */
async function settledUpTo(rig: Rig, attempts: number): Promise<void> {
  while ((await rig.deliveries())[0]?.attempts !== attempts) await nextTurn();
}

describe('ordering: call', () => {
  test('later events of a call wait for a retry, other calls flow on', async () => {
    const rig = await start();
    await subscribe(rig);
    receiver.script.push(reply(500));
    await rig.engine.publish(ofCall(rig, 'a', 1));
    await rig.logger.line('attempt 1/3');
    await rig.engine.publish(ofCall(rig, 'a', 2));
    await rig.engine.publish(ofCall(rig, 'b', 3));
    await rig.engine.publish(ofCall(rig, 'a', 4));
    await logged(rig, 'delivered', 1);
    expect(numbers()).toEqual([1, 3]);
    await rig.clock.armed(5_000);
    rig.clock.advance(5_000);
    await receiver.received(5);
    expect(numbers()).toEqual([1, 3, 1, 2, 4]);
  });

  test('they still wait after a restart', async () => {
    const rig = await start();
    await subscribe(rig);
    receiver.script.push(reply(500));
    await rig.engine.publish(ofCall(rig, 'a', 1));
    await logged(rig, 'attempt 1/3', 1);
    await rig.engine.publish(ofCall(rig, 'a', 2));
    await rig.clock.armed(5_000);
    await rig.stop();
    const next = await start({}, rig.clock);
    await next.engine.publish(ofCall(next, 'a', 3));
    await next.engine.publish(ofCall(next, 'b', 4));
    await receiver.received(2);
    next.clock.advance(5_000);
    await receiver.received(5);
    expect(numbers()).toEqual([1, 4, 1, 2, 3]);
  });

  test('an event that gave up holds nothing up any more', async () => {
    const rig = await start();
    await subscribe(rig, { retry: { attempts: 1 } });
    receiver.script.push(reply(500));
    await rig.engine.publish(ofCall(rig, 'a', 1));
    await rig.engine.publish(ofCall(rig, 'a', 2));
    await receiver.received(2);
    expect(numbers()).toEqual([1, 2]);
  });

  test('ordering: none lets them overtake', async () => {
    const rig = await start();
    await subscribe(rig, { ordering: 'none' });
    receiver.script.push(reply(500));
    await rig.engine.publish(ofCall(rig, 'a', 1));
    await logged(rig, 'attempt 1/3', 1);
    await rig.engine.publish(ofCall(rig, 'a', 2));
    await receiver.received(2);
    expect(numbers()).toEqual([1, 2]);
  });
});

describe('Retry-After', () => {
  test('leaves the receiver alone for as long as it asks, whatever waits', async () => {
    const rig = await start();
    await subscribe(rig);
    receiver.script.push(reply(429, '', { 'retry-after': '120' }));
    await rig.engine.publish(ofCall(rig, 'a', 1));
    await logged(rig, 'attempt 1/3', 1);
    await rig.engine.publish(ofCall(rig, 'b', 2));
    await rig.clock.armed(120_000);
    rig.clock.advance(119_999);
    expect(numbers()).toEqual([1]);
    rig.clock.advance(1);
    await receiver.received(3);
    expect(numbers().slice(1).sort()).toEqual([1, 2]);
  });

  /** The receiver wants an hour of peace, and a second event waits for it. */
  async function pausedForAnHour() {
    const rig = await start();
    const { id } = await subscribe(rig);
    receiver.script.push(reply(429, '', { 'retry-after': '3600' }));
    await rig.engine.publish(ofCall(rig, 'a', 1));
    await logged(rig, 'attempt 1/3', 1);
    await rig.engine.publish(ofCall(rig, 'b', 2));
    while (rig.registry.get(id)?.pausedUntil === undefined) await nextTurn();
    return { rig, id };
  }

  test('holds over a restart, also for what is published after it', async () => {
    const { rig } = await pausedForAnHour();
    await rig.stop();
    rig.clock.advance(600_000);
    const next = await start({}, rig.clock);
    await next.registry.add({ url: receiver.url('/other'), events: ['call.*'] });
    await next.engine.publish(ofCall(next, 'c', 3));
    await receiver.received(2);
    const paths = () => receiver.requests.map(({ path }) => path);
    expect(paths()).toEqual(['/hook', '/other']);
    await next.clock.armed(3_000_000);
    next.clock.advance(2_999_999);
    expect(paths()).toEqual(['/hook', '/other']);
    next.clock.advance(1);
    await receiver.received(5);
    expect(numbers().slice(2).sort()).toEqual([1, 2, 3]);
  });

  test('is kept once for answers that ask for nearly the same, and for later ones anew', async () => {
    const { rig, id } = await pausedForAnHour();
    const first = rig.registry.get(id)?.pausedUntil ?? micro(0);
    expect(first).toBe(rig.clock.now() + HOUR);
    await rig.registry.setPausedUntil(id, micro(first - 500_000));
    expect(rig.registry.get(id)?.pausedUntil).toBe(first);
    await rig.registry.setPausedUntil(id, micro(first + 1));
    await rig.registry.setPausedUntil(id, micro(first + 900_000));
    expect(rig.registry.get(id)?.pausedUntil).toBe(first + 1_000_000);
  });

  test('ends when the subscription is enabled anew, for later runs as well', async () => {
    const { rig, id } = await pausedForAnHour();
    await rig.registry.update(id, { enabled: false });
    await rig.stop();
    const next = await start({}, rig.clock);
    await next.registry.update(id, { enabled: true });
    await receiver.received(2);
    expect(numbers()).toEqual([1, 2]);
    expect(next.registry.get(id)?.pausedUntil).toBeUndefined();
  });

  test('is of the URL that asked: another one gets at once what waits', async () => {
    const { rig, id } = await pausedForAnHour();
    await rig.registry.update(id, { description: 'the same receiver' });
    expect(rig.registry.get(id)?.pausedUntil).toBeDefined();
    await rig.registry.update(id, { url: receiver.url('/other') });
    await receiver.received(2);
    expect(receiver.requests[1]).toMatchObject({ path: '/other' });
    expect(rig.registry.get(id)?.pausedUntil).toBeUndefined();
  });
});

describe('max_age', () => {
  test('an event that is too old ends as expired, without an attempt', async () => {
    const rig = await start({ concurrency: 1 });
    const { id } = await subscribe(rig, { max_age: 30, timeout: 60 });
    receiver.script.push(hang);
    await rig.engine.publish(callEvent(rig.clock, { n: 1 }));
    await receiver.received(1);
    await rig.engine.publish(callEvent(rig.clock, { n: 2 }));
    rig.clock.advance(31_000);
    await rig.engine.publish(callEvent(rig.clock, { n: 3 }));
    rig.clock.advance(29_000);
    await logged(rig, 'Webhook expired: call.started', 1);
    await receiver.received(2);
    expect(numbers()).toEqual([1, 3]);
    await logged(rig, 'delivered', 1);
    const states = (await rig.deliveries()).map(({ state, history }) => [state, history.length]);
    expect(states).toContainEqual(['expired', 0]);
    expect(rig.engine.stats(id)).toMatchObject({ successCount: 1, failureCount: 1 });
  });

  test('one that someone asked for is sent however old it is, with as many attempts as a new one', async () => {
    const rig = await start();
    await subscribe(rig, { max_age: 30, retry: { attempts: 2, delay: 5 } });
    receiver.script.push(reply(500), reply(500), reply(500));
    await rig.engine.publish(callEvent(rig.clock, { n: 1 }));
    await rig.logger.line('attempt 1/2');
    await settledUpTo(rig, 1);
    rig.clock.advance(5_000);
    await rig.logger.line('failed after 2 attempts');
    while ((await rig.deliveries())[0]?.state !== 'dead') await nextTurn();
    rig.clock.advance(60_000);
    expect(await rig.engine.recovery.retryDead({})).toBe(1);
    await logged(rig, 'attempt 1/2', 2);
    await settledUpTo(rig, 3);
    rig.clock.advance(5_000);
    await rig.logger.line('delivered');
    expect(receiver.requests).toHaveLength(4);
    while ((await rig.deliveries())[0]?.state !== 'delivered') await nextTurn();
    expect((await rig.deliveries())[0]).toMatchObject({ attempts: 4 });
  });
});

describe('second chances', () => {
  test('a replay sends only what the filter lets through', async () => {
    const rig = await start();
    const { id } = await subscribe(rig);
    for (const [n, queue] of ['a', 'b', 'a'].entries()) {
      await rig.engine.publish(callEvent(rig.clock, { n, queue }));
    }
    await logged(rig, 'delivered', 3);
    while (rig.engine.stats(id).backlog > 0) await nextTurn();
    while ((await rig.deliveries()).some(({ state }) => state === 'pending')) await nextTurn();
    await rig.registry.update(id, { filter: { queues: ['a'] } });
    rig.clock.advance(1_000);
    expect(await rig.engine.recovery.replay(id, {})).toBe(2);
    await logged(rig, 'delivered', 5);
    expect(numbers()).toEqual([0, 1, 2, 0, 2]);
  });

  test('what waits for the retry of a delivery that is skipped waits no longer', async () => {
    const rig = await start();
    const { id } = await subscribe(rig);
    receiver.script.push(reply(500));
    await rig.engine.publish(ofCall(rig, 'a', 1));
    await rig.logger.line('attempt 1/3');
    await rig.engine.publish(ofCall(rig, 'a', 2));
    await rig.registry.update(id, { enabled: false });
    const enabled = rig.engine.recovery.enable(id, 'skip');
    await rig.engine.publish(ofCall(rig, 'a', 3));
    await enabled;
    await rig.logger.line('delivered');
    expect(numbers()).toEqual([1, 3]);
    expect(rig.engine.stats(id)).toMatchObject({ successCount: 1, failureCount: 0, backlog: 0 });
  });
});

describe('batch', () => {
  test('many events go in one request, in their order, and each ends with it', async () => {
    const rig = await start();
    const { id } = await subscribe(rig, { batch: { max_events: 3, max_wait: 2 } });
    const ids: EventId[] = [];
    for (const n of [1, 2, 3, 4]) ids.push(await rig.engine.publish(ofCall(rig, 'a', n)));
    const [request] = await receiver.received(1);
    const batch = JSON.parse(request?.body ?? '');
    expect(batch).toMatchObject({ count: 3, batch_id: expect.stringMatching(/./) });
    expect(batch.events.map((event: { event_id: string }) => event.event_id)).toEqual(ids.slice(0, 3));
    expect(request?.headers).toMatchObject({
      'x-webhook-event': 'batch',
      'x-webhook-id': batch.batch_id,
      'x-webhook-attempt': '1',
    });
    await logged(rig, 'delivered: batch of 3', 1);
    await rig.clock.armed(2_000);
    rig.clock.advance(2_000);
    const [, second] = await receiver.received(2);
    expect(JSON.parse(second?.body ?? '')).toMatchObject({ count: 1, events: [{ event_id: ids[3] }] });
    await logged(rig, 'delivered: call.started', 1);
    expect(rig.engine.stats(id)).toMatchObject({ successCount: 4, backlog: 0 });
  });

  test('a batch that fails comes again with the same events under the same ids', async () => {
    const rig = await start();
    await subscribe(rig, { batch: { max_events: 2, max_wait: 1 } });
    receiver.script.push(reply(500));
    for (const n of [1, 2]) await rig.engine.publish(ofCall(rig, 'a', n));
    await logged(rig, 'attempt 1/3): batch of 2', 1);
    await rig.clock.armed(5_000);
    rig.clock.advance(5_000);
    const [first, second] = await receiver.received(2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['x-webhook-attempt']).toBe('2');
  });
});

describe('rate_limit and concurrency', () => {
  test('no more attempts a second than asked for', async () => {
    const rig = await start();
    await subscribe(rig, { rate_limit: 2 });
    for (const n of [1, 2, 3]) await rig.engine.publish(callEvent(rig.clock, { n }));
    await receiver.received(1);
    await rig.clock.armed(500);
    expect(receiver.requests).toHaveLength(1);
    rig.clock.advance(500);
    await receiver.received(2);
    await rig.clock.armed(500);
    rig.clock.advance(500);
    await receiver.received(3);
  });

  test('no more at once than asked for, also when that changes', async () => {
    const rig = await start();
    const { id } = await subscribe(rig, { concurrency: 1 });
    receiver.behaviour = hang;
    for (const n of [1, 2, 3]) await rig.engine.publish(callEvent(rig.clock, { n }));
    await receiver.received(1);
    expect(receiver.requests).toHaveLength(1);
    await rig.registry.update(id, { concurrency: 3 });
    await receiver.received(3);
  });
});

describe('a receiver that fails', () => {
  /** Ten attempts in a row, each of an event of its own, have failed. */
  async function broken(rig: Rig): Promise<void> {
    receiver.behaviour = reply(500);
    for (let n = 0; n < 10; n += 1) await rig.engine.publish(callEvent(rig.clock, { n }));
    await logged(rig, 'failed after 1 attempts', 10);
  }

  test('is spared after ten failures: one probe in 30 s, then later, and nothing is dropped', async () => {
    const rig = await start({ concurrency: 1, maxRetries: 1 });
    const { id } = await subscribe(rig);
    await broken(rig);
    await rig.engine.publish(callEvent(rig.clock, { n: 10 }));
    await rig.engine.publish(callEvent(rig.clock, { n: 11 }));
    await rig.clock.armed(30_000);
    rig.clock.advance(29_999);
    expect(receiver.requests).toHaveLength(10);
    rig.clock.advance(1);
    await logged(rig, 'failed after 1 attempts', 11);
    receiver.behaviour = reply(204);
    await rig.clock.armed(60_000);
    expect(receiver.requests).toHaveLength(11);
    rig.clock.advance(60_000);
    await rig.logger.line('takes events again');
    expect(numbers().slice(10)).toEqual([10, 11]);
    while (rig.registry.get(id)?.failingSince !== undefined)
      await new Promise((resolve) => setImmediate(resolve));
  });

  test('is probed every ten minutes in the end, and no more seldom', async () => {
    const rig = await start({ concurrency: 1, maxRetries: 1 });
    await subscribe(rig);
    await broken(rig);
    for (let n = 10; n < 20; n += 1) await rig.engine.publish(callEvent(rig.clock, { n }));
    for (const [probe, pause] of [30, 60, 120, 240, 480, 600, 600, 600].entries()) {
      await rig.clock.armed(pause * 1000);
      rig.clock.advance(pause * 1000 - 1);
      expect(receiver.requests).toHaveLength(10 + probe);
      rig.clock.advance(1);
      await logged(rig, 'failed after 1 attempts', 11 + probe);
    }
  });

  test('has no part in what becomes of another URL: that one is sent to at once', async () => {
    const rig = await start({ concurrency: 1, maxRetries: 1 });
    const { id } = await subscribe(rig);
    await broken(rig);
    while (rig.registry.get(id)?.failingSince === undefined) await nextTurn();
    await rig.engine.publish(callEvent(rig.clock, { n: 10 }));
    expect(rig.engine.breaker(id)).toBe('open');
    await rig.registry.update(id, { url: receiver.url('/other') });
    expect(rig.registry.get(id)?.failingSince).toBeUndefined();
    await logged(rig, 'failed after 1 attempts', 11);
    expect(receiver.requests.at(-1)).toMatchObject({ path: '/other' });
    expect(rig.engine.breaker(id)).toBe('closed');
    rig.clock.advance(6 * DAY_MS);
    await rig.engine.publish(callEvent(rig.clock, { n: 11 }));
    await logged(rig, 'failed after 1 attempts', 12);
    expect(rig.registry.get(id)?.enabled).toBe(true);
  });

  test('that was mended while nobody looked fails anew, not still', async () => {
    const rig = await start();
    const { id } = await subscribe(rig, { retry: { attempts: 1 } });
    await broken(rig);
    while (rig.registry.get(id)?.failingSince === undefined) await nextTurn();
    await rig.stop();
    receiver.behaviour = reply(204);
    const next = await start({}, rig.clock);
    await next.engine.publish(callEvent(next.clock));
    while (next.registry.get(id)?.failingSince !== undefined) await nextTurn();
    next.clock.advance(6 * 86_400_000);
    receiver.behaviour = reply(500);
    await next.engine.publish(callEvent(next.clock));
    await logged(next, 'failed after 1 attempts', 1);
    expect(next.registry.get(id)?.enabled).toBe(true);
  });

  test('is disabled after five days, with warnings before, an event to the others, also over a restart', async () => {
    const rig = await start({ concurrency: 1, maxRetries: 1 });
    const { id } = await subscribe(rig);
    await broken(rig);
    await rig.logger.line('failed many times in a row');
    while (rig.registry.get(id)?.failingSince === undefined)
      await new Promise((resolve) => setImmediate(resolve));
    await rig.stop();
    const next = await start({ concurrency: 1, maxRetries: 1 }, rig.clock);
    const monitor = await Receiver.start();
    await next.registry.add({ url: monitor.url('/monitor'), events: ['subscription.*'] });
    next.clock.advance(2 * DAY_MS);
    await next.engine.publish(callEvent(next.clock));
    expect(await next.logger.line('has failed for')).toContain(
      'has failed for 2 days: after 5 days it is disabled',
    );
    next.clock.advance(3 * DAY_MS);
    await next.engine.publish(callEvent(next.clock));
    await next.logger.line('Subscription disabled (failing)');
    expect(next.registry.get(id)).toMatchObject({ enabled: false, disabledReason: 'failing' });
    const [told] = await monitor.received(1);
    expect(JSON.parse(told?.body ?? '')).toMatchObject({
      event_type: 'subscription.disabled',
      data: { url: receiver.url(), reason: 'failing' },
    });
    await monitor.stop();
  });

  test('that is enabled again is tried at once', async () => {
    const rig = await start({ concurrency: 1, maxRetries: 1 });
    const { id } = await subscribe(rig);
    await broken(rig);
    await rig.engine.publish(callEvent(rig.clock, { n: 10 }));
    receiver.behaviour = reply(204);
    await rig.registry.update(id, { enabled: false });
    await rig.registry.update(id, { enabled: true });
    await receiver.received(11);
    expect(numbers().at(-1)).toBe(10);
  });

  /** Gives nothing for an event that is `bad`. */
  const transform = 'data[$not(bad = true)].{ "data": { "n": n } }';

  test('is not one for which no body can be made: its next event goes at once', async () => {
    const rig = await start({ concurrency: 1 });
    const { id } = await subscribe(rig, { transform });
    for (let n = 0; n < 12; n += 1) await rig.engine.publish(callEvent(rig.clock, { n, bad: true }));
    await rig.engine.publish(callEvent(rig.clock, { n: 12 }));
    await receiver.received(1);
    expect(numbers()).toEqual([12]);
    expect(rig.engine.breaker(id)).toBe('closed');
    expect(rig.registry.get(id)?.failingSince).toBeUndefined();
    expect(rig.engine.stats(id)).toMatchObject({ failureCount: 12 });
  });

  test('is not taken to be well because of an event for which no body can be made', async () => {
    const rig = await start({ concurrency: 1, maxRetries: 1 });
    const { id } = await subscribe(rig, { transform });
    receiver.behaviour = reply(500);
    for (let n = 0; n < 9; n += 1) await rig.engine.publish(callEvent(rig.clock, { n }));
    await rig.engine.publish(callEvent(rig.clock, { bad: true }));
    await rig.engine.publish(callEvent(rig.clock, { n: 9 }));
    await rig.logger.line('failed many times in a row');
    expect(numbers()).toHaveLength(10);
    expect(rig.engine.breaker(id)).toBe('open');
  });

  test('is probed by the next event when no body can be made for the one that was to probe', async () => {
    const rig = await start({ concurrency: 1, maxRetries: 1 });
    const { id } = await subscribe(rig, { transform });
    await broken(rig);
    receiver.behaviour = reply(204);
    for (const n of [10, 11, 12]) await rig.engine.publish(callEvent(rig.clock, { n, bad: n < 12 }));
    await rig.clock.armed(30_000);
    rig.clock.advance(30_000);
    await rig.logger.line('takes events again');
    expect(numbers().at(-1)).toBe(12);
    expect(rig.engine.breaker(id)).toBe('closed');
  });
});

describe('a secret that is replaced', () => {
  const signatures = (n: number) => String(receiver.requests[n]?.headers['webhook-signature']).split(' ');

  test('by a patch or the file signs as well for 24 h', async () => {
    const rig = await start();
    const input = { url: receiver.url(), events: ['*'] };
    const { id } = await rig.registry.add({ ...input, secret: 'the first one' });
    await rig.registry.update(id, { secret: 'the second one' });
    await rig.engine.publish(callEvent(rig.clock));
    await receiver.received(1);
    rig.clock.advance(DAY_MS - 1);
    await rig.registry.applyConfig([{ ...input, secret: 'the third one' }]);
    await rig.engine.publish(callEvent(rig.clock));
    await receiver.received(2);
    rig.clock.advance(1);
    await rig.engine.publish(callEvent(rig.clock));
    await receiver.received(3);
    expect([0, 1, 2].map((n) => signatures(n).length)).toEqual([2, 3, 2]);
    const { body = '', headers = {} } = receiver.requests[2] ?? {};
    const now = rig.clock.wall() / 1_000_000;
    const verifies = (secret: string) => expect(() => verify(body, headers, secret, { now }));
    verifies('the third one').not.toThrow();
    verifies('the second one').not.toThrow();
    verifies('the first one').toThrow();
  });
});

describe('a rotated secret', () => {
  test('signs with the one before it for as long as asked', async () => {
    const rig = await start();
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'], secret: 'the first one' });
    const after = await rig.registry.rotateSecret(id, 3_600);
    expect(after.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await rig.engine.publish(callEvent(rig.clock));
    const [during] = await receiver.received(1);
    expect(String(during?.headers['webhook-signature']).split(' ')).toHaveLength(2);
    rig.clock.advance(3_600_000);
    await rig.engine.publish(callEvent(rig.clock));
    const [, later] = await receiver.received(2);
    expect(String(later?.headers['webhook-signature']).split(' ')).toHaveLength(1);
    expect(idOf(later ?? { body: '{}' })).not.toBe(idOf(during ?? { body: '{}' }));
  });
});
