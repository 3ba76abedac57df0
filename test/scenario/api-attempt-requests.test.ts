import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AnswerOf, ApiProblem } from '../../src/api/client.ts';
import { systemClock } from '../../src/util/clock.ts';
import { type ReceivedRequest, Receiver, reply } from '../support/receiver.ts';
import { type RunningService, type ServiceFolder, serviceFolder } from '../support/service.ts';

type Shown = AnswerOf<'GET /deliveries/{id}/attempts/{number}/request'>;

const STORE = { store: { url: 'sqlite:webhooks.db' }, max_retries: 1 };
const HUSH = 'hush-hush';
const MASK = '•••';

let receiver: Receiver;
let folder: ServiceFolder;
let running: RunningService;

beforeEach(async () => {
  receiver = await Receiver.start();
  folder = serviceFolder();
  running = await folder.start(STORE);
});
afterEach(async () => {
  await folder.remove();
  await receiver.stop();
});

async function restart(config: object = {}): Promise<void> {
  await running.stop();
  running = await folder.start({ ...STORE, ...config });
}

const publish = (type: string, data: object = {}) =>
  running.service.publish({ type, occurredAt: systemClock.now(), data: { ...data } });

async function subscribe(over: object = {}): Promise<string> {
  const body = { url: receiver.url('/old'), ...over };
  return (await running.api.call('POST /', { body })).subscription.id;
}

const change = (id: string, body: object) => running.api.call('PATCH /{id}', { path: { id }, body });

const sent = (id: number, number: number) =>
  running.api.call('GET /deliveries/{id}/attempts/{number}/request', { path: { id, number } });

/** All, the oldest first, once this many have ended with so many attempts in all. */
async function ended(count: number, attempts = count) {
  for (;;) {
    const { items } = await running.api.call('GET /deliveries', { query: { limit: 200 } });
    const made = items.reduce((sum, { attempt_count }) => sum + attempt_count, 0);
    if (items.filter(({ status }) => status !== 'pending').length === count && made >= attempts) {
      return items.toReversed();
    }
  }
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable(),
    (error: unknown) => (error instanceof ApiProblem ? [error.status, error.code] : error),
  );

const OF_CONNECTION = ['host', 'connection', 'content-length'];

/** By names in lower case. */
function comparable(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(lowered.filter(([name]) => !OF_CONNECTION.includes(name)));
}

/** Header for header but for those that are masked, and byte for byte. */
function expectSame(
  shown: Shown,
  request: ReceivedRequest | undefined,
  masked: readonly string[] = [],
): void {
  const received = comparable(request?.headers ?? {});
  for (const name of masked) if (name in received) received[name] = MASK;
  expect(comparable(shown.headers)).toEqual(received);
  expect(shown).toMatchObject({ method: 'POST', url: receiver.url(request?.path), body: request?.body });
}

const SIGNATURES = ['x-webhook-signature', 'webhook-signature'];

/** A first attempt fails; the subscription is changed by and by, and each time it is tried again. */
async function triedAnew(changes: readonly object[], first: object = {}) {
  receiver.behaviour = reply(500);
  const id = await subscribe(first);
  await publish('call.started', { from_extension: '1001', caller_name: 'Zoë' });
  const [delivery] = await ended(1);
  const deliveryId = delivery?.id ?? 0;
  for (const [index, body] of changes.entries()) {
    await change(id, body);
    await running.api.call('POST /deliveries/{id}/retry', { path: { id: deliveryId } });
    await ended(1, index + 2);
  }
  return { id, deliveryId };
}

const CHANGES = [
  { url: '', template: 'slack', secret: HUSH },
  { template: null, transform: '{ "who": data.caller_name, "at": $now(), "ms": $millis() }' },
  { transform: null, format: 'cloudevents', headers: { 'X-Key': HUSH, 'X-Other': HUSH } },
  { format: 'pbx', headers: { 'User-Agent': HUSH }, secret: null },
  { batch: { max_events: 5, max_wait: 0 } },
];
const MASKED = [
  [],
  SIGNATURES,
  SIGNATURES,
  [...SIGNATURES, 'x-key', 'x-other'],
  ['user-agent'],
  ['user-agent'],
];

describe('a subscription that is changed between attempts', () => {
  const changes = () =>
    CHANGES.map((body) => ('url' in body ? { ...body, url: receiver.url('/new') } : body));

  async function expectAllSame(deliveryId: number): Promise<void> {
    const requests = await receiver.received(CHANGES.length + 1);
    for (const [index, request] of requests.entries()) {
      const shown = await sent(deliveryId, index + 1);
      expectSame(shown, request, MASKED[index]);
      expect(shown).toMatchObject({ events: 1, notes: [] });
      expect(shown.headers['X-Webhook-Attempt']).toBe(String(index + 1));
    }
    expect(requests.map(({ path }) => path)).toEqual(['/old', ...CHANGES.map(() => '/new')]);
  }

  test('leaves each attempt showing what its receiver got', async () => {
    const { deliveryId } = await triedAnew(changes());
    await expectAllSame(deliveryId);
  });

  test('does so after a restart, and once it is deleted', async () => {
    const { id, deliveryId } = await triedAnew(changes());
    await restart();
    await expectAllSame(deliveryId);
    await running.api.call('DELETE /{id}', { path: { id } });
    await expectAllSame(deliveryId);
    await restart();
    await expectAllSame(deliveryId);
  });

  test('shows no secret and no value of a header, and keeps none of those that it had', async () => {
    const { id, deliveryId } = await triedAnew(changes(), { headers: { 'X-First': HUSH }, secret: HUSH });
    for (let number = 1; number <= CHANGES.length + 1; number += 1) {
      expect(JSON.stringify(await sent(deliveryId, number))).not.toContain(HUSH);
    }
    await running.api.call('DELETE /{id}', { path: { id } });
    await running.stop();
    for (const file of readdirSync(folder.path)) {
      if (file.startsWith('webhooks.db')) {
        expect(readFileSync(join(folder.path, file)).includes(HUSH)).toBe(false);
      }
    }
  });
});

test('a subscription that the config file changes while nothing runs leaves earlier attempts as they were', async () => {
  const declared = (over: object) => ({
    subscriptions: [{ url: receiver.url('/old'), events: ['*'], ...over }],
  });
  receiver.behaviour = reply(500);
  await restart(declared({}));
  await publish('call.started', { from_extension: '1001' });
  const [delivery] = await ended(1);
  await restart(declared({ template: 'teams', headers: { Authorization: HUSH } }));
  await running.api.call('POST /deliveries/{id}/retry', { path: { id: delivery?.id ?? 0 } });
  await ended(1, 2);
  const [before, after] = await receiver.received(2);
  expectSame(await sent(delivery?.id ?? 0, 1), before);
  expectSame(await sent(delivery?.id ?? 0, 2), after, ['authorization']);
});

test('an attempt that was under way during the change shows what it sent', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  receiver.script.push((response) => void held.then(() => response.writeHead(500).end()));
  const id = await subscribe();
  await publish('call.started');
  await receiver.received(1);
  await change(id, { url: receiver.url('/new'), template: 'slack' });
  release();
  const [delivery] = await ended(1);
  const [request] = await receiver.received(1);
  expectSame(await sent(delivery?.id ?? 0, 1), request);
});

test('attempts at full speed show what they sent, however often the subscription changes meanwhile', async () => {
  const id = await subscribe({ ordering: 'none' });
  const events: Promise<unknown>[] = [];
  for (let round = 0; round < 8; round += 1) {
    for (let n = 0; n < 20; n += 1) events.push(publish('call.started', { round, n }));
    await change(id, { url: receiver.url(`/round-${round}`) });
  }
  await Promise.all(events);
  const deliveries = await ended(160);
  const pathOf = new Map(receiver.requests.map(({ headers, path }) => [headers['x-webhook-id'], path]));
  for (const { id: deliveryId, event_id } of deliveries) {
    expect((await sent(deliveryId, 1)).url).toBe(receiver.url(pathOf.get(event_id)));
  }
  expect(new Set(pathOf.values()).size).toBeGreaterThan(1);
});

describe('a batch', () => {
  const BATCH = { batch: { max_events: 4, max_wait: 0.2 }, ordering: 'none' };

  async function batches(): Promise<readonly ReceivedRequest[]> {
    await subscribe({ url: receiver.url('/other') });
    await Promise.all(Array.from({ length: 6 }, (_, n) => publish('call.started', { n })));
    await ended(12);
    return receiver.requests.filter(({ path }) => path === '/old');
  }

  async function ofBatch(): Promise<readonly { readonly id: number; readonly attempt_count: number }[]> {
    const { items } = await running.api.call('GET /deliveries', { query: { limit: 200 } });
    const subscriptions = await running.api.call('GET /');
    const id = subscriptions.find(({ url }) => url === receiver.url('/old'))?.id;
    return items.filter(({ subscription_id }) => subscription_id === id).toReversed();
  }

  const requestOf = (requests: readonly ReceivedRequest[], { body }: Shown) =>
    requests.find((request) => request.body === body);

  test('that was delivered shows all that went along, in its order', async () => {
    await subscribe({ ...BATCH, secret: HUSH });
    const requests = await batches();
    const shown = await Promise.all((await ofBatch()).map(({ id }) => sent(id, 1)));
    for (const one of shown) {
      expectSame(one, requestOf(requests, one), SIGNATURES);
      expect(one).toMatchObject({ events: JSON.parse(one.body).count, notes: [] });
    }
    const counted = shown.map(({ events }) => events);
    expect(counted.reduce((sum, events) => sum + 1 / events, 0)).toBeCloseTo(requests.length);
    expect(Math.max(...counted)).toBeGreaterThan(1);
  });

  test('that failed and was sent again, in other company, shows each request as it was', async () => {
    receiver.behaviour = reply(500);
    await subscribe(BATCH);
    await batches();
    const [first] = await ofBatch();
    await running.api.call('POST /deliveries/{id}/retry', { path: { id: first?.id ?? 0 } });
    await publish('call.ended', { n: 6 });
    await ended(14, 15);
    const requests = receiver.requests.filter(({ path }) => path === '/old');
    for (const { id, attempt_count: attempts } of await ofBatch()) {
      for (let number = 1; number <= attempts; number += 1) {
        const shown = await sent(id, number);
        expectSame(shown, requestOf(requests, shown));
        expect(shown.notes).toEqual([]);
      }
    }
  });

  test('says so where some of it has been removed', async () => {
    receiver.behaviour = reply(500);
    await subscribe(BATCH);
    await Promise.all(Array.from({ length: 4 }, (_, n) => publish('call.started', { n })));
    const [, second, third] = await ended(4);
    await running.api.call('DELETE /deliveries/{id}', { path: { id: third?.id ?? 0 } });
    expect(await sent(second?.id ?? 0, 1)).toMatchObject({
      events: 3,
      notes: [expect.stringContaining('may have held more')],
    });
  });
});

test('a transform that draws at random says that what was sent was another draw', async () => {
  const { deliveryId } = await triedAnew([{ transform: '{ "n": $random() }' }]);
  expect((await sent(deliveryId, 1)).notes).toEqual([]);
  expect((await sent(deliveryId, 2)).notes).toEqual([expect.stringContaining('another draw')]);
});

test('an attempt that sent nothing says so', async () => {
  await subscribe({ transform: 'data.nothing' });
  await publish('call.started');
  const [delivery] = await ended(1);
  const shown = await sent(delivery?.id ?? 0, 1);
  expect(shown.notes).toEqual([expect.stringContaining('Nothing was sent')]);
  expect(shown.body).toContain('transform gave nothing');
});

test('what there is not is refused with a code', async () => {
  await subscribe();
  await publish('call.started');
  const [delivery] = await ended(1);
  const id = delivery?.id ?? 0;
  expect(await refusal(sent(id, 2))).toEqual([404, 'attempt_unknown']);
  expect(await refusal(sent(id, 0))).toEqual([404, 'attempt_unknown']);
  expect(await refusal(sent(id + 1, 1))).toEqual([404, 'delivery_unknown']);
});

describe('how requests were made', () => {
  /** What is kept of it. */
  function kept(): readonly string[] {
    const db = new DatabaseSync(join(folder.path, 'webhooks.db'), { readOnly: true });
    try {
      return db
        .prepare('SELECT shape FROM request_shape')
        .all()
        .map(({ shape }) => String(shape));
    } finally {
      db.close();
    }
  }

  test('is kept once for each change that shapes them, and not for others nor for a restart', async () => {
    const id = await subscribe();
    await change(id, { description: 'CRM', events: ['call.*'], timeout: 3, enabled: false });
    await change(id, { enabled: true, headers: { 'X-Key': HUSH } });
    await change(id, { headers: { 'X-Key': `${HUSH} anew` } });
    await restart();
    await running.stop();
    expect(kept()).toHaveLength(2);
    expect(kept().join()).not.toContain(HUSH);
  });
});
