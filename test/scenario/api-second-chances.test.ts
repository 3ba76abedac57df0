import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiProblem } from '../../src/api/client.ts';
import { systemClock } from '../../src/util/clock.ts';
import { Receiver, reply } from '../support/receiver.ts';
import { type RunningService, type ServiceFolder, serviceFolder } from '../support/service.ts';

let receiver: Receiver;
let folder: ServiceFolder;
let running: RunningService;

beforeEach(async () => {
  receiver = await Receiver.start();
  folder = serviceFolder();
  running = await folder.start({ max_retries: 1 });
});
afterEach(async () => {
  await folder.remove();
  await receiver.stop();
});

const publish = (type: string, data: object = {}) =>
  running.service.publish({ type, occurredAt: systemClock.now(), data: { ...data } });

async function subscribe(over: object = {}): Promise<string> {
  const body = { url: receiver.url(), ...over };
  return (await running.api.call('POST /', { body })).subscription.id;
}

/** Ids of all dead letters, the oldest first. */
async function deadLetters(): Promise<readonly number[]> {
  const { items } = await running.api.call('GET /dead-letters', { query: { limit: 200 } });
  return items.map(({ id }) => id).toReversed();
}

/** Publishes so many that die, and gives their ids. */
async function die(count: number): Promise<readonly number[]> {
  receiver.behaviour = reply(500);
  await Promise.all(Array.from({ length: count }, (_, n) => publish('call.started', { n })));
  for (;;) {
    const ids = await deadLetters();
    if (ids.length === count) return ids;
  }
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable(),
    (error: unknown) => (error instanceof ApiProblem ? error.code : error),
  );

/** Lines of an answer that tells how far the work is. */
async function lines(method: string, path: string, body?: object): Promise<readonly unknown[]> {
  const response = await running.raw(method, path, { body, headers: { Accept: 'application/x-ndjson' } });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const text = await response.text();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('dead letters are retried or deleted by their ids, and no others', async () => {
  await subscribe();
  const [a = 0, b = 0, c = 0, d = 0] = await die(4);
  receiver.behaviour = reply(204);
  expect(await running.api.call('POST /dead-letters/retry', { body: { ids: [a, c, 99_999] } })).toMatchObject(
    {
      count: 2,
    },
  );
  await receiver.received(6);
  expect(await deadLetters()).toEqual([b, d]);
  expect(await running.api.call('DELETE /dead-letters', { query: { ids: [d] } })).toMatchObject({ count: 1 });
  expect(await deadLetters()).toEqual([b]);
  const raw = await running.raw('DELETE', '/dead-letters?ids=');
  expect([raw.status, await raw.json()]).toMatchObject([400, { code: 'invalid_request' }]);
  expect(await deadLetters()).toEqual([b]);
});

test('one dead letter is deleted; one that is none is not, and one that is not there is told as such', async () => {
  await subscribe();
  const [dead = 0] = await die(1);
  receiver.behaviour = reply(204);
  await publish('call.ended');
  await running.logger.line('Webhook delivered');
  const path = { id: String(dead) };
  expect(await running.api.call('DELETE /deliveries/{id}', { path })).toMatchObject({ success: true });
  expect(await refusal(running.api.call('DELETE /deliveries/{id}', { path }))).toBe('delivery_unknown');
  expect(await refusal(running.api.call('DELETE /deliveries/{id}', { path: { id: 'x' } }))).toBe(
    'delivery_unknown',
  );
  const delivered = { id: String(dead + 1) };
  expect(await refusal(running.api.call('DELETE /deliveries/{id}', { path: delivered }))).toBe(
    'delivery_not_dead',
  );
});

test('whoever accepts lines hears how far a long work is, and the usual answer last', async () => {
  const id = await subscribe({ filter: { where: 'data.n > "not a number"' } });
  // Each is a dead letter from the start, which says nothing of the receiver.
  for (let n = 0; n < 600; n += 1) void publish('call.started', { n });
  await publish('call.started', { n: 600 });
  await running.api.call('PATCH /{id}', { path: { id }, body: { filter: null, enabled: false } });
  const progress: number[] = [];
  const replayed = await running.api.callWithProgress(
    'POST /{id}/replay',
    { path: { id }, body: { since: '2000-01-01T00:00:00Z', status: 'dead' } },
    (count) => progress.push(count),
  );
  expect(replayed).toMatchObject({ success: true, count: 601 });
  expect(progress.every((count, n) => count <= 601 && count >= (progress[n - 1] ?? 0))).toBe(true);
  expect(progress).not.toHaveLength(0);
  const told = await lines('DELETE', '/dead-letters?type=call.*');
  expect(told.at(-1)).toMatchObject({ success: true, count: 601 });
  expect((await lines('POST', '/dead-letters/retry', { ids: [1] })).at(-1)).toMatchObject({ count: 0 });
});

test('what fails before anything is done is refused as ever', async () => {
  const headers = { Accept: 'application/x-ndjson' };
  const body = { since: '2000-01-01T00:00:00Z' };
  const unknown = await running.raw('POST', '/sub_none/replay', { body, headers });
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'subscription_unknown' }]);
});

test('a delivery shows what is sent for it, without anything secret, as long as its subscription is there', async () => {
  const id = await subscribe({ secret: 'hush', headers: { 'X-Key': 'hush' }, template: 'slack' });
  await publish('call.started', { from_extension: '1001' });
  const [sent] = await receiver.received(1);
  const { items } = await running.api.call('GET /deliveries');
  const path = { id: String(items[0]?.id) };
  const shown = await running.api.call('GET /deliveries/{id}', { path });
  expect(shown.request).toMatchObject({
    method: 'POST',
    url: receiver.url(),
    headers: { 'X-Webhook-ID': shown.event_id, 'X-Key': '•••', 'webhook-signature': '•••' },
    body: sent?.body,
  });
  expect(JSON.stringify(shown)).not.toContain('hush');
  await running.api.call('DELETE /{id}', { path: { id } });
  expect((await running.api.call('GET /deliveries/{id}', { path })).request).toBeNull();
});

test('a test says what was sent and what came back; a type that is not of the catalogue is refused', async () => {
  const id = await subscribe({ enabled: false, headers: { 'X-Key': 'hush' } });
  receiver.script.push(reply(200, 'thanks'), reply(422, 'no such field'));
  const path = { id };
  const delivered = await running.api.call('POST /{id}/test', { path });
  expect(delivered).toMatchObject({
    success: true,
    message: `Test delivered: call.started -> ${receiver.url()} (status: 200)`,
    attempt: { number: 1, status: 200, body: 'thanks', error: null },
    request: { headers: { 'X-Key': '•••', 'X-Webhook-ID': delivered.event_id } },
  });
  expect(JSON.parse(delivered.request.body)).toMatchObject({
    event_id: delivered.event_id,
    data: { from_extension: '1001' },
  });
  const failed = await running.api.call('POST /{id}/test', { path, body: { event_type: 'voicemail.new' } });
  expect(failed).toMatchObject({
    success: false,
    message: `Test failed: voicemail.new -> ${receiver.url()} - HTTP 422 Unprocessable Entity`,
  });
  expect(receiver.requests.map(({ headers }) => headers['x-webhook-event'])).toEqual([
    'call.started',
    'voicemail.new',
  ]);
  const wrong = await running.raw('POST', `/${id}/test`, { body: { event_type: 'call.startet' } });
  expect([wrong.status, await wrong.json()]).toMatchObject([
    400,
    { code: 'invalid_request', error: expect.stringContaining('call.started') },
  ]);
  expect((await running.api.call('GET /deliveries')).items).toEqual([]);
});
