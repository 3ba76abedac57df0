import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import net, { type AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DeliverySettings } from '../../../src/delivery/settings.ts';
import type { EventId, SubscriptionId } from '../../../src/model/ids.ts';
import { type Store, StoreError } from '../../../src/store/store.ts';
import { FakeClock } from '../../support/clock.ts';
import { bound, callEvent, idOf, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { cut, endless, garbage, hang, Receiver, reply, reset, stall } from '../../support/receiver.ts';

const folders: { remove(): void }[] = [];
const rigs: Rig[] = [];
let receiver: Receiver;
let folder: string;

beforeEach(async () => {
  receiver = await Receiver.start();
  const temporary = temporaryFolder();
  folder = temporary.path;
  folders.push(temporary);
});
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.stop()));
  await receiver.stop();
  for (const temporary of folders.splice(0)) {
    temporary.remove();
  }
});

async function start(
  settings: Partial<DeliverySettings> = {},
  more: { clock?: FakeClock; wrap?: (store: Store) => Store } = {},
): Promise<Rig> {
  const rig = await startRig({ folder, clock: new FakeClock(), settings, ...more });
  rigs.push(rig);
  return rig;
}

const WHEN = '2025-12-07T12:00:00.000000Z';

describe('an attempt', () => {
  test('is a POST of exactly the four keys, with the headers of the guide', async () => {
    const rig = await start();
    await rig.registry.add({ url: receiver.url('/hook?token=abc'), events: ['*'] });
    const id = await rig.engine.publish(callEvent(rig.clock, { from_extension: '1001', name: 'Zoë' }));
    const [request] = await receiver.received(1);
    expect(request).toMatchObject({
      method: 'POST',
      path: '/hook?token=abc',
      body: `{"event_id":"${id}","event_type":"call.started","timestamp":"${WHEN}","data":{"call_id":"1765108800.12","from_extension":"1001","name":"Zoë"}}`,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'PBX-Webhook/1.0',
        'x-webhook-event': 'call.started',
        'x-webhook-id': 'call.started-1765108800000',
        'x-webhook-attempt': '1',
      },
    });
    for (const name of ['x-webhook-signature', 'webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      expect(request?.headers).not.toHaveProperty(name);
    }
  });

  test('with a secret carries both signatures over the bytes that were sent', async () => {
    const rig = await start();
    const secret = `whsec_${Buffer.from('a key of 24 bytes or so!').toString('base64')}`;
    await rig.registry.add({ url: receiver.url(), events: ['*'], secret });
    await rig.engine.publish(callEvent(rig.clock, { name: 'Zoë \u{1F4DE}' }));
    const [request] = await receiver.received(1);
    const { body = '', headers = {} } = request ?? {};
    const own = createHmac('sha256', secret).update(body).digest('hex');
    expect(headers['x-webhook-signature']).toBe(`sha256=${own}`);
    expect(headers['webhook-id']).toBe('call_started-1765108800000');
    expect(headers['webhook-timestamp']).toBe('1765108800');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const standard = createHmac('sha256', 'a key of 24 bytes or so!').update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${standard}`);
  });

  test("carries the subscription's headers, which override the guide's and nothing else", async () => {
    const rig = await start();
    const forged = { 'X-Webhook-Signature': 'sha256=forged', 'Webhook-ID': 'forged', host: 'forged.example' };
    await rig.registry.add({
      url: receiver.url(),
      events: ['*'],
      secret: 's3cret',
      headers: {
        Authorization: 'Bearer t',
        'user-agent': 'Mine/2',
        'X-Webhook-Event': 'mine',
        'Content-Length': '3',
        Connection: 'close',
        'Transfer-Encoding': 'chunked',
        ...forged,
      },
    });
    await rig.engine.publish(callEvent(rig.clock));
    const [request] = await receiver.received(1);
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer t',
      'user-agent': 'Mine/2',
      'x-webhook-event': 'mine',
      'content-type': 'application/json',
      host: new URL(receiver.origin).host,
      'content-length': String(request?.body.length),
      connection: 'keep-alive',
      'webhook-id': 'call_started-1765108800000',
    });
    expect(request?.headers['x-webhook-signature']).toMatch(/^sha256=[0-9a-f]{64}$/);
    const names = request?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(new Set(names).size).toBe(names?.length);
  });

  test('that ends in a 2xx is a success: counted, logged with its query masked, kept with its response', async () => {
    const rig = await start();
    receiver.behaviour = reply(201, 'thanks', { 'x-receipt': '42' });
    const { id } = await rig.registry.add({ url: receiver.url('/hook?token=abc&flag'), events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock));
    const line = await rig.logger.line('delivered');
    expect(line).toBe(
      `info Webhook delivered: call.started -> ${receiver.origin}/hook?token=***&*** (status: 201)`,
    );
    expect(rig.engine.stats(id)).toEqual({
      successCount: 1,
      failureCount: 0,
      expiredCount: 0,
      failedAttempts: 0,
      lastSent: rig.clock.now(),
      backlog: 0,
    });
    await rig.engine.stop(0);
    const [record] = await rig.deliveries();
    expect(record).toMatchObject({ state: 'delivered', attempts: 1 });
    expect(record?.history).toMatchObject([
      { number: 1, outcome: { kind: 'response', response: { status: 201, body: 'thanks' } } },
    ]);
    expect(JSON.parse(record?.history[0]?.outcome.response?.headers ?? '')).toMatchObject({
      'x-receipt': '42',
    });
  });

  test('keeps the first 16 KiB of a response, cut between characters, and reads the rest', async () => {
    const rig = await start();
    receiver.behaviour = reply(200, `x${'é'.repeat(100_000)}`);
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock));
    await rig.logger.line('delivered');
    await rig.engine.stop(0);
    const [record] = await rig.deliveries();
    const kept = record?.history[0]?.outcome.response?.body;
    expect(kept).toBe(`x${'é'.repeat((16 * 1024 - 2) / 2)}`);
  });

  test.each([
    ['301', reply(301, '', { location: '/elsewhere' }), 'HTTP 301 Moved Permanently'],
    ['404', reply(404), 'HTTP 404 Not Found'],
    ['503', reply(503, 'busy'), 'HTTP 503 Service Unavailable'],
    ['599, which has no name', reply(599), 'HTTP 599'],
    ['a reset', reset, 'Connection reset by the receiver'],
    ['half a response', cut, 'Connection closed before the response was complete'],
    ['something that is not HTTP', garbage, 'Response is not HTTP'],
    [
      'a status below 100',
      (_response, request) => void request.socket.end('HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n'),
      'Response is not HTTP',
    ],
    ['an endless body', endless, 'Response body larger than 16 MiB'],
  ])('that meets %s has failed', async (_name, behaviour, reason) => {
    const rig = await start({ maxRetries: 1 });
    receiver.behaviour = behaviour;
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock));
    expect(await rig.logger.line('attempt 1/1')).toContain(
      `warn Webhook delivery failed (attempt 1/1): call.started -> ${receiver.url()} - ${reason}`,
    );
    expect(rig.engine.stats(id)).toMatchObject({
      successCount: 0,
      failureCount: 1,
      failedAttempts: 1,
      backlog: 0,
    });
    expect(receiver.requests).toHaveLength(1);
  });

  test('to a port that nobody listens on has failed, and says where', async () => {
    const rig = await start({ maxRetries: 1 });
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await rig.registry.add({ url: `http://127.0.0.1:${port}/`, events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock));
    expect(await rig.logger.line('attempt 1/1')).toContain(`Connection refused (127.0.0.1:${port})`);
  });

  test.each([
    ['never answers', hang, 'No response within 10 s'],
    ['never ends its response', stall, 'Response not complete within 10 s'],
  ])('is cut off at its timeout when the receiver %s', async (_name, behaviour, reason) => {
    const rig = await start({ maxRetries: 1 });
    receiver.script.push(behaviour);
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock));
    await receiver.received(1);
    // The head of a stalled response has to arrive first; a second request there and back takes longer.
    await fetch(receiver.url('/other'), { method: 'POST' });
    rig.clock.advance(9_999);
    expect(rig.logger.lines).toEqual([]);
    rig.clock.advance(1);
    expect(await rig.logger.line('attempt 1/1')).toContain(`- ${reason}`);
    await rig.engine.stop(0);
    const [record] = await rig.deliveries();
    expect(record?.history[0]).toMatchObject({
      durationMs: 10_000,
      outcome: { kind: 'error', code: 'timeout' },
    });
  });
});

test('an attempt that finds no file descriptor left is made a second later, and does not count', async () => {
  const rig = await start({ maxRetries: 1 });
  const shortage = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' });
  const connect = vi
    .spyOn(net, 'connect')
    .mockImplementationOnce(() => new net.Socket().destroy(shortage))
    .mockImplementationOnce(() => new net.Socket().destroy(shortage));
  syncBuiltinESMExports();
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
  await rig.engine.publish(callEvent(rig.clock));
  for (const failures of [1, 2]) {
    await rig.clock.armed(1_000);
    expect(connect).toHaveBeenCalledTimes(failures);
    rig.clock.advance(1_000);
  }
  const [request] = await receiver.received(1);
  connect.mockRestore();
  syncBuiltinESMExports();
  expect(request?.headers['x-webhook-attempt']).toBe('1');
  await rig.logger.line('delivered');
  expect(rig.logger.lines[0]).toMatch(/^error Too many open files in this process: deliveries wait/);
  expect(rig.engine.stats(id)).toMatchObject({ successCount: 1, failedAttempts: 0, backlog: 0 });
});

test('a store whose thread died is told of at once, with what to do', async () => {
  const created = Promise.withResolvers<Worker>();
  process.once('worker', created.resolve);
  const rig = await start();
  await (await created.promise).terminate();
  expect(await rig.logger.line('No event can be stored')).toContain('restart pbx-webhooks');
  expect(rig.engine.health()).toMatchObject({
    state: 'failing',
    reason: expect.stringContaining('restart pbx-webhooks'),
  });
  await expect(rig.engine.publish(callEvent(rig.clock))).rejects.toMatchObject({ code: 'store_failed' });
});

describe('a failed delivery', () => {
  test('is sent again after the retry delay under the same id, signed anew, as attempt 2', async () => {
    const rig = await start();
    receiver.script.push(reply(503));
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'], secret: 's3cret' });
    const eventId = await rig.engine.publish(callEvent(rig.clock));
    await rig.logger.line('attempt 1/3');
    await rig.clock.armed(5_000);
    rig.clock.advance(4_999);
    expect(receiver.requests).toHaveLength(1);
    rig.clock.advance(1);
    const [first, second] = await receiver.received(2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers).toMatchObject({ 'x-webhook-id': eventId, 'x-webhook-attempt': '2' });
    expect(Number(second?.headers['webhook-timestamp'])).toBe(
      Number(first?.headers['webhook-timestamp']) + 5,
    );
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
    await rig.logger.line('delivered');
    expect(rig.engine.stats(id)).toMatchObject({
      successCount: 1,
      failureCount: 0,
      failedAttempts: 1,
      backlog: 0,
    });
  });

  test('is a dead letter after the last attempt, logged word for word and kept with every attempt', async () => {
    const rig = await start();
    receiver.behaviour = reply(500, 'oops');
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock));
    for (const attempt of [1, 2]) {
      await rig.logger.line(`attempt ${attempt}/3`);
      await rig.clock.armed(5_000);
      rig.clock.advance(5_000);
    }
    await rig.logger.line('after 3');
    const url = receiver.url();
    expect(rig.logger.lines).toEqual([
      `warn Webhook delivery failed (attempt 1/3): call.started -> ${url} - HTTP 500 Internal Server Error`,
      `warn Webhook delivery failed (attempt 2/3): call.started -> ${url} - HTTP 500 Internal Server Error`,
      `warn Webhook delivery failed (attempt 3/3): call.started -> ${url} - HTTP 500 Internal Server Error`,
      `error Webhook delivery failed after 3 attempts: call.started -> ${url}`,
    ]);
    expect(rig.engine.stats(id)).toMatchObject({ failureCount: 1, failedAttempts: 3, backlog: 0 });
    await rig.engine.stop(0);
    const [record] = await rig.deliveries();
    expect(record).toMatchObject({ state: 'dead', attempts: 3 });
    expect(record?.history.map(({ number, outcome }) => [number, outcome.response?.body])).toEqual([
      [1, 'oops'],
      [2, 'oops'],
      [3, 'oops'],
    ]);
  });

  test.each([0, 1])('with max_retries %i gets one attempt', async (maxRetries) => {
    const rig = await start({ maxRetries });
    receiver.behaviour = reply(500);
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock));
    await rig.logger.line('failed after 1 attempts');
    expect(receiver.requests).toHaveLength(1);
  });

  test('comes back also when others were published and delivered since', async () => {
    const rig = await start();
    receiver.script.push(reply(500));
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    const first = await rig.engine.publish(callEvent(rig.clock));
    await rig.clock.armed(5_000);
    rig.clock.advance(4_000);
    await rig.engine.publish(callEvent(rig.clock, { n: 2 }));
    await receiver.received(2);
    rig.clock.advance(3_000);
    const [, , third] = await receiver.received(3);
    expect(third?.headers).toMatchObject({ 'x-webhook-id': first, 'x-webhook-attempt': '2' });
  });

  test('waits on disk for its time over a restart', async () => {
    const rig = await start();
    receiver.script.push(reply(500));
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    const id = await rig.engine.publish(callEvent(rig.clock));
    await rig.clock.armed(5_000);
    await rig.stop();
    rig.clock.advance(2_000);
    const next = await start({}, { clock: rig.clock });
    await rig.clock.armed(3_000);
    rig.clock.advance(3_000);
    const [, second] = await receiver.received(2);
    expect(second?.headers).toMatchObject({ 'x-webhook-id': id, 'x-webhook-attempt': '2' });
    await next.logger.line('delivered');
  });
});

describe('events', () => {
  test('of one millisecond get ids of their own, each sent under its own', async () => {
    const rig = await start();
    await rig.registry.add({ url: receiver.url(), events: ['call.*'] });
    const ids = await Promise.all([1, 2, 3].map((n) => rig.engine.publish(callEvent(rig.clock, { n }))));
    expect(ids).toEqual([
      'call.started-1765108800000',
      'call.started-1765108800000-1',
      'call.started-1765108800000-2',
    ]);
    const requests = await receiver.received(3);
    expect(requests.map((request) => JSON.parse(request.body).data.n)).toEqual([1, 2, 3]);
    expect(requests.map(idOf)).toEqual(ids);
  });

  test('go to each subscription that wants their type, and to no other', async () => {
    const rig = await start();
    await rig.registry.add({ url: receiver.url('/all'), events: ['*'] });
    await rig.registry.add({ url: receiver.url('/calls'), events: ['call.*'] });
    await rig.registry.add({ url: receiver.url('/mail'), events: ['voicemail.new'] });
    await rig.registry.add({ url: receiver.url('/off'), events: ['*'], enabled: false });
    await rig.engine.publish(callEvent(rig.clock));
    await rig.engine.publish(callEvent(rig.clock, {}, 'voicemail.new'));
    const requests = await receiver.received(4);
    expect(requests.map(({ path, headers }) => `${path} ${headers['x-webhook-event']}`).sort()).toEqual([
      '/all call.started',
      '/all voicemail.new',
      '/calls call.started',
      '/mail voicemail.new',
    ]);
  });

  test.each([
    ['a type that no header can hold', { type: 'call\r\nX: 1' }, /event type is made of/],
    ['data that is a circle', { data: circle() }, /can't be written as JSON/],
  ])('with %s are refused with a reason', async (_name, wrong, reason) => {
    const rig = await start();
    await expect(rig.engine.publish({ ...callEvent(rig.clock), ...wrong })).rejects.toMatchObject({
      code: 'event_invalid',
      message: expect.stringMatching(reason),
    });
  });

  test('that a full disk refuses are refused to the publisher, and taken again once there is room', async () => {
    let full = true;
    const refuse = () => Promise.reject(new StoreError('store_full', 'No room. Free space on its disk.'));
    const wrap = (store: Store): Store => ({
      ...bound(store),
      publish: (...all) => (full ? refuse() : store.publish(...all)),
    });
    const rig = await start({}, { wrap });
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await expect(rig.engine.publish(callEvent(rig.clock))).rejects.toMatchObject({ code: 'store_full' });
    expect(rig.engine.health()).toEqual({ state: 'failing', reason: 'No room. Free space on its disk.' });
    full = false;
    const id = await rig.engine.publish(callEvent(rig.clock));
    expect((await receiver.received(1)).map(idOf)).toEqual([id]);
    expect(rig.engine.health()).toEqual({ state: 'ready' });
  });

  test('without a type are refused, be it the first of all', async () => {
    const rig = await start();
    const wrong = Object.assign({}, callEvent(rig.clock), { type: undefined });
    await expect(rig.engine.publish(wrong)).rejects.toMatchObject({ code: 'event_invalid' });
  });

  test.each([
    ['type', () => 'call.started'],
    ['callId', () => 'call-1'],
    ['occurredAt', Symbol('now')],
  ])('whose %s is none are refused alone', async (field, value) => {
    const rig = await start();
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    const wrong = { ...callEvent(rig.clock), [field]: value };
    const outcomes = await Promise.allSettled(
      [callEvent(rig.clock), wrong, callEvent(rig.clock)].map((one) => rig.engine.publish(one)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'event_invalid' } });
    await receiver.received(2);
  });

  test('that are being stored are not sent yet', async () => {
    const wrap = (store: Store): Store => ({
      ...bound(store),
      publish: async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        throw new StoreError('store_full', 'No room.');
      },
    });
    const rig = await start({}, { wrap });
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await expect(rig.engine.publish(callEvent(rig.clock))).rejects.toMatchObject({ code: 'store_full' });
    expect(receiver.requests).toEqual([]);
  });

  test('of one turn are each kept or refused by themselves', async () => {
    const refused = (type: string) => type === 'call.ended';
    const wrap = (store: Store): Store => ({
      ...bound(store),
      publish: async (units) => {
        const kept = units.filter(
          ({ publications }) => !publications.some(({ event }) => refused(event.type)),
        );
        await store.publish(kept);
        const full = new StoreError('store_full', 'No room.');
        return new Map(units.flatMap((unit, n) => (kept.includes(unit) ? [] : [[n, full] as const])));
      },
    });
    const rig = await start({}, { wrap });
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    const types = ['call.started', 'call.ended', 'call.answered'];
    const outcomes = await Promise.allSettled(
      types.map((type) => rig.engine.publish(callEvent(rig.clock, {}, type))),
    );
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: expect.stringMatching(/^call\.started-/) },
      { status: 'rejected', reason: expect.objectContaining({ code: 'store_full' }) },
      { status: 'fulfilled', value: expect.stringMatching(/^call\.answered-/) },
    ]);
    const got = await receiver.received(2);
    expect(got.map(({ body }) => JSON.parse(body).event_type).sort()).toEqual([
      'call.answered',
      'call.started',
    ]);
  });

  test('go on to their receivers while results find no room, and each result is stored once there is', async () => {
    let full = true;
    const refuse = () => Promise.reject(new StoreError('store_full', 'No room.'));
    const wrap = (store: Store): Store => ({
      ...bound(store),
      settle: (all) => (full ? refuse() : store.settle(all)),
    });
    const rig = await start({}, { wrap });
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
    for (const n of [1, 2, 3]) {
      await rig.engine.publish(callEvent(rig.clock, { n }));
    }
    await receiver.received(3);
    await rig.logger.line("can't be stored; trying again every second. No room.");
    expect(rig.engine.health()).toMatchObject({ state: 'failing' });
    await rig.clock.armed(1_000);
    full = false;
    rig.clock.advance(1_000);
    await rig.engine.stop(5_000);
    expect((await rig.deliveries()).map(({ state }) => state)).toEqual([
      'delivered',
      'delivered',
      'delivered',
    ]);
    expect(receiver.requests).toHaveLength(3);
    expect(rig.engine.stats(id)).toMatchObject({ successCount: 3, backlog: 0 });
  });
});

describe('a subscription', () => {
  test('that hangs slows no other, also on the same host', async () => {
    const rig = await start();
    for (let n = 0; n < 20; n++) {
      await rig.registry.add({ url: receiver.url(`/hang/${n}`), events: ['*'] });
    }
    await rig.registry.add({ url: receiver.url('/well'), events: ['*'] });
    receiver.behaviour = (response, request) => {
      if (request.url === '/well') {
        response.end();
      }
    };
    for (let n = 0; n < 100; n++) {
      await rig.engine.publish(callEvent(rig.clock, { n }));
    }
    const well = await receiver.received(100, '/well');
    expect(well.map((request) => JSON.parse(request.body).data.n).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, n) => n),
    );
    expect(await receiver.received(16, '/hang/7')).toHaveLength(16);
  });

  test('that is disabled keeps what waits for it, and gets it when it is enabled again', async () => {
    const rig = await start({ concurrency: 1 });
    receiver.script.push(hang);
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
    const ids: EventId[] = [];
    for (const n of [1, 2, 3]) {
      ids.push(await rig.engine.publish(callEvent(rig.clock, { n })));
    }
    await receiver.received(1);
    await rig.registry.update(id, { enabled: false });
    rig.clock.advance(10_000);
    await rig.logger.line('attempt 1/3');
    expect(rig.engine.stats(id).backlog).toBe(3);
    expect(receiver.requests).toHaveLength(1);
    await rig.registry.update(id, { enabled: true });
    expect((await receiver.received(3)).slice(1).map(idOf)).toEqual(ids.slice(1));
  });

  test('that is disabled has its events kept, more than memory holds, and gets them in order once enabled', async () => {
    const rig = await start({ concurrency: 1 });
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'], enabled: false });
    const ids: EventId[] = [];
    for (let n = 0; n < 300; n++) {
      ids.push(await rig.engine.publish(callEvent(rig.clock, { n })));
    }
    expect(rig.engine.stats(id).backlog).toBe(300);
    await rig.stop();
    const next = await start({ concurrency: 1 }, { clock: rig.clock });
    expect(next.engine.stats(id).backlog).toBe(300);
    ids.push(await next.engine.publish(callEvent(rig.clock)));
    expect(receiver.requests).toEqual([]);
    await next.registry.update(id, { enabled: true });
    expect((await receiver.received(301)).map(idOf)).toEqual(ids);
  });

  test('that answers 410 is disabled as gone, and its events are kept', async () => {
    const rig = await start({ concurrency: 2 });
    receiver.behaviour = reply(410);
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await Promise.all([1, 2, 3].map((n) => rig.engine.publish(callEvent(rig.clock, { n, call_id: `${n}` }))));
    expect(await rig.logger.line('Subscription disabled')).toBe(
      `warn Subscription disabled (gone): ${receiver.url()}; its events are kept until it is enabled again`,
    );
    expect(rig.registry.get(id)).toMatchObject({ enabled: false, disabledReason: 'gone' });
    await rig.engine.publish(callEvent(rig.clock));
    expect(rig.engine.stats(id)).toMatchObject({ failureCount: 0, backlog: 4 });
  });

  test('that answers 410 is told to the others, as gone', async () => {
    const rig = await start();
    receiver.script.push(reply(410));
    await rig.registry.add({ url: receiver.url('/left?key=secret'), events: ['call.*'] });
    await rig.registry.add({ url: receiver.url('/monitor'), events: ['subscription.*'] });
    await rig.engine.publish(callEvent(rig.clock));
    const [told] = await receiver.received(1, '/monitor');
    expect(JSON.parse(told?.body ?? '')).toMatchObject({
      event_type: 'subscription.disabled',
      data: { url: receiver.url('/left?key=***'), reason: 'gone' },
    });
  });

  test('that is removed gets nothing more; what waited for it is gone', async () => {
    const rig = await start({ concurrency: 1 });
    receiver.script.push(hang);
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
    for (const n of [1, 2, 3]) {
      await rig.engine.publish(callEvent(rig.clock, { n }));
    }
    await receiver.received(1);
    await rig.registry.remove(id);
    rig.clock.advance(10_000);
    await rig.logger.line('attempt 1/3');
    expect(rig.logger.lines).toContain(
      `warn Subscription removed: ${receiver.url()}; 3 waiting deliveries went with it`,
    );
    expect(rig.engine.stats(id).backlog).toBe(0);
    await rig.stop();
    const next = await start({}, { clock: rig.clock });
    const other = await next.registry.add({ url: receiver.url('/other'), events: ['*'] });
    await next.engine.publish(callEvent(rig.clock));
    await next.logger.line('delivered');
    expect(next.engine.stats(other.id).successCount).toBe(1);
    expect(receiver.requests.filter(({ path }) => path === '/hook')).toHaveLength(1);
  });

  test('whose URL and secret change gets the next attempt there, with the new secret', async () => {
    const rig = await start();
    receiver.script.push(reply(500));
    const { id } = await rig.registry.add({ url: receiver.url('/old'), events: ['*'], secret: 'old' });
    await rig.engine.publish(callEvent(rig.clock));
    await rig.clock.armed(5_000);
    await rig.registry.update(id, { url: receiver.url('/new'), secret: 'new' });
    rig.clock.advance(5_000);
    const [, second] = await receiver.received(2);
    const own = createHmac('sha256', 'new')
      .update(second?.body ?? '')
      .digest('hex');
    expect(second).toMatchObject({ path: '/new', headers: { 'x-webhook-signature': `sha256=${own}` } });
  });

  test('with far more waiting than memory holds gets all of it, oldest first, each once', async () => {
    const rig = await start({ concurrency: 1 });
    const blocked = Promise.withResolvers<void>();
    receiver.script.push((response) => void blocked.promise.then(() => response.end()));
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
    const count = 1_000;
    await Promise.all(
      Array.from({ length: count }, (_, n) => rig.engine.publish(callEvent(rig.clock, { n }))),
    );
    expect(rig.engine.stats(id).backlog).toBe(count);
    blocked.resolve();
    const requests = await receiver.received(count);
    await rig.engine.stop(5_000);
    expect(requests.map((request) => JSON.parse(request.body).data.n)).toEqual(
      Array.from({ length: count }, (_, n) => n),
    );
    expect(receiver.requests).toHaveLength(count);
    expect(rig.engine.stats(id)).toMatchObject({ successCount: count, backlog: 0 });
  });

  test('that nobody knows has zero of everything', async () => {
    const rig = await start();
    expect(rig.engine.stats('sub_none' as SubscriptionId)).toMatchObject({ successCount: 0, backlog: 0 });
  });
});

describe('stop and start', () => {
  test('stop lets attempts in flight finish and keeps their results; then events are refused', async () => {
    const rig = await start({ concurrency: 1 });
    const slow = Promise.withResolvers<void>();
    receiver.script.push((response) => void slow.promise.then(() => response.end()));
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock, { n: 1 }));
    await rig.engine.publish(callEvent(rig.clock, { n: 2 }));
    await receiver.received(1);
    const stopped = rig.engine.stop(10_000);
    await expect(rig.engine.publish(callEvent(rig.clock))).rejects.toMatchObject({ code: 'engine_stopped' });
    expect(rig.engine.health()).toMatchObject({ state: 'failing' });
    slow.resolve();
    await stopped;
    expect((await rig.deliveries()).map(({ state }) => state)).toEqual(['pending', 'delivered']);
    expect(receiver.requests).toHaveLength(1);
  });

  test('an attempt that outlasts the grace is cut off, and made again after the next start under the same id', async () => {
    const rig = await start();
    receiver.script.push(hang);
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    const id = await rig.engine.publish(callEvent(rig.clock));
    await receiver.received(1);
    const stopped = rig.engine.stop(3_000);
    await rig.clock.armed(3_000);
    rig.clock.advance(3_000);
    await stopped;
    await rig.stop();
    const next = await start({}, { clock: rig.clock });
    const [first, second] = await receiver.received(2);
    expect(second?.headers).toMatchObject({ 'x-webhook-id': id, 'x-webhook-attempt': '1' });
    expect(second?.body).toBe(first?.body);
    await next.logger.line('delivered');
  });

  test('after a restart ids lie above all earlier ones and waiting events go out, also when the clock was put back', async () => {
    const rig = await start({ concurrency: 1 });
    receiver.script.push(hang);
    await rig.registry.add({ url: receiver.url(), events: ['*'] });
    const before = [
      await rig.engine.publish(callEvent(rig.clock)),
      await rig.engine.publish(callEvent(rig.clock)),
    ];
    await receiver.received(1);
    await rig.stop();
    const clock = new FakeClock(Date.UTC(2001, 0, 1));
    const next = await start({}, { clock });
    const after = await next.engine.publish(callEvent(clock));
    expect([...before, after]).toEqual([
      'call.started-1765108800000',
      'call.started-1765108800000-1',
      'call.started-1765108800001',
    ]);
    const requests = await receiver.received(4);
    expect(requests.slice(1).map(idOf)).toEqual([...before, after]);
  });

  test('with a clock that was ahead and put right, a retry comes no later for another restart', async () => {
    const HOUR_MS = 3_600_000;
    const ahead = await start({}, { clock: new FakeClock(Date.UTC(2025, 11, 7, 22)) });
    await ahead.registry.add({ url: receiver.url(), events: ['*'] });
    await ahead.engine.publish(callEvent(ahead.clock));
    await ahead.logger.line('delivered');
    await ahead.stop();
    const right = await start({}, { clock: new FakeClock(Date.UTC(2025, 11, 7, 12)) });
    right.clock.advance(5 * HOUR_MS);
    receiver.script.push(reply(500));
    const id = await right.engine.publish(callEvent(right.clock));
    await right.clock.armed(5_000);
    await right.stop();
    const next = await start({}, { clock: right.clock });
    // Time goes on a millisecond above the newest id.
    await next.clock.armed(4_999);
    next.clock.advance(4_999);
    const requests = await receiver.received(3);
    expect(requests.slice(1).map(idOf)).toEqual([id, id]);
  });

  test('counters go on where they were', async () => {
    const rig = await start();
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
    await rig.engine.publish(callEvent(rig.clock));
    await rig.logger.line('delivered');
    const before = rig.engine.stats(id);
    await rig.stop();
    const next = await start({}, { clock: rig.clock });
    expect(next.engine.stats(id)).toEqual(before);
  });
});

function circle(): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  data['self'] = data;
  return data;
}
