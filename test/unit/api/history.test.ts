import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CallId, EventId, SubscriptionId } from '../../../src/model/ids.ts';
import { FakeClock } from '../../support/clock.ts';
import { callEvent, idOf, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { Receiver, reply } from '../../support/receiver.ts';
import { rigApi } from '../../support/rig-api.ts';

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let rig: Rig;
let send: (method: string, path: string, body?: unknown) => Promise<Response>;
let id: SubscriptionId;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  rig = await startRig({ folder: folder.path, clock: new FakeClock(), settings: { maxRetries: 1 } });
  const api = await rigApi(rig);
  send = (method, path, body) =>
    api.send(
      method,
      path,
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    );
  id = (await rig.registry.add({ url: receiver.url('/hook'), events: ['call.*'] })).id;
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

async function json(method: string, path: string, body?: unknown) {
  return (await send(method, path, body)).json();
}

const listSchema = z.object({
  items: z.array(z.looseObject({ id: z.int().optional(), event_id: z.string() })),
  next_cursor: z.string().nullable(),
});

async function list(path: string): Promise<z.output<typeof listSchema>> {
  return listSchema.parse(await json('GET', path));
}

/** Resolves once nothing waits any more. */
async function settled(subscriptionId = id): Promise<void> {
  for (;;) {
    const page = await rig.store.deliveries({ limit: 1, state: 'pending', subscriptionId });
    if (page.deliveries.length === 0 && rig.engine.stats(subscriptionId).backlog === 0) return;
  }
}

/** Publishes one after the other, a second apart. */
async function publish(count: number, type = 'call.started'): Promise<EventId[]> {
  const published: EventId[] = [];
  for (let n = 0; n < count; n++) {
    const callId = `call-${n}` as CallId;
    published.push(await rig.engine.publish({ ...callEvent(rig.clock, { n }, type), callId }));
    await settled();
    rig.clock.advance(1_000);
  }
  return published;
}

async function deadLetters(count: number): Promise<EventId[]> {
  receiver.behaviour = reply(500);
  const published = await publish(count);
  receiver.behaviour = reply(204);
  return published;
}

const sent = () => receiver.requests.map(idOf);

describe('deliveries', () => {
  it('are listed with every attempt, newest first, page by page', async () => {
    const published = await publish(5);
    const first = await list(`/${id}/deliveries?limit=2`);
    expect(first.items.map((item) => item.event_id)).toEqual([published[4], published[3]]);
    expect(first.items[0]).toEqual({
      id: expect.any(Number),
      event_id: published[4],
      event_type: 'call.started',
      call_id: 'call-4',
      subscription_id: id,
      status: 'delivered',
      attempt_count: 1,
      created_at: expect.stringMatching(/^2025-12-07T12:00:0\d\.\d{6}Z$/),
      due_at: null,
      ended_at: expect.any(String),
      attempts: [
        {
          number: 1,
          started_at: expect.any(String),
          duration_ms: expect.any(Number),
          status: 204,
          headers: expect.any(Object),
          body: '',
          error: null,
          error_code: null,
        },
      ],
    });
    const second = await list(`/${id}/deliveries?limit=2&cursor=${first.next_cursor}`);
    const third = await list(`/${id}/deliveries?limit=2&cursor=${second.next_cursor}`);
    expect([...second.items, ...third.items].map((item) => item.event_id)).toEqual([
      published[2],
      published[1],
      published[0],
    ]);
    expect(third.next_cursor).toBeNull();
  });

  it('are filtered by status, type, call and time', async () => {
    const [dead] = await deadLetters(1);
    const [ended] = await publish(1, 'call.ended');
    const found = async (query: string) =>
      (await list(`/${id}/deliveries?${query}`)).items.map((item: { event_id: string }) => item.event_id);
    expect(await found('status=dead')).toEqual([dead]);
    expect(await found('type=call.end*')).toEqual([ended]);
    expect(await found('call_id=call-0')).toEqual([ended, dead]);
    expect(await found('since=2025-12-07T12:00:01Z')).toEqual([ended]);
    expect(await found('since=2025-12-07T13:00:00%2B01:00&until=2025-12-07T13:00:01+01:00')).toEqual([dead]);
    expect(await found('since=2025-12-07T12:00:01.000001Z')).toEqual([]);
  });

  it('are listed of all subscriptions, also of a deleted one, or of one by its id or URL', async () => {
    const url = receiver.url('/other');
    const other = await rig.registry.add({ url, events: ['call.ended'] });
    const [started] = await publish(1);
    const [ended] = await publish(1, 'call.ended');
    await settled(other.id);
    const found = async (query: string) =>
      (await list(`/deliveries?${query}`)).items.map((item: { event_id: string }) => item.event_id);
    expect(await found('')).toEqual([ended, ended, started]);
    expect(await found(`subscription=${other.id}`)).toEqual([ended]);
    expect(await found(`subscription=${encodeURIComponent(url)}&limit=1`)).toEqual([ended]);
    expect(await found('call_id=call-0&type=call.started')).toEqual([started]);
    await rig.registry.remove(other.id);
    expect(await found(`subscription=${other.id}`)).toEqual([ended]);
    const nobody = await send('GET', '/deliveries?subscription=https://nobody.example/');
    expect(await nobody.json()).toMatchObject({ code: 'subscription_unknown' });
  });

  it('are shown one by one with their event', async () => {
    await publish(1);
    const delivery = (await list(`/${id}/deliveries`)).items[0]?.id;
    expect(await json('GET', `/deliveries/${delivery}`)).toMatchObject({
      id: delivery,
      event: { event_type: 'call.started', data: { n: 0 }, call_id: 'call-0' },
      attempts: [{ status: 204 }],
    });
  });

  it.each(['0', '99', 'x', '1e1', '99999999999999999999', '%00'])('answer 404 to the id %s', async (text) => {
    for (const [method, path] of [
      ['GET', `/deliveries/${text}`],
      ['POST', `/deliveries/${text}/retry`],
    ] as const) {
      const response = await send(method, path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'delivery_unknown' });
    }
  });

  it.each([
    ['cursor=', 'cursor'],
    ['cursor=abc', 'cursor'],
    [`cursor=${Buffer.from('e5').toString('base64url')}x`, 'cursor'],
    [`cursor=${Buffer.from('e5').toString('base64url')}`, 'cursor'],
    [`cursor=${Buffer.from('d99999999999999999').toString('base64url')}`, 'cursor'],
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=2&limit=3', 'limit'],
    ['status=lost', 'status'],
    ['type=a*b', 'type'],
    ['since=yesterday', 'since'],
    ['until=2025-13-01T00:00:00Z', 'until'],
    ['stat=dead', 'stat'],
  ])('answer 400 to %s, naming %s', async (query, path) => {
    const response = await send('GET', `/${id}/deliveries?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_request', details: [{ path }] });
  });
});

describe('a retry', () => {
  it('sends a dead letter again under its id; its attempts go on counting', async () => {
    const [event] = await deadLetters(1);
    const delivery = (await list('/dead-letters')).items[0]?.id;
    expect((await send('POST', `/deliveries/${delivery}/retry`)).status).toBe(202);
    await settled();
    expect(sent()).toEqual([event, event]);
    expect(receiver.requests[1]?.headers['x-webhook-attempt']).toBe('2');
    expect(await json('GET', `/deliveries/${delivery}`)).toMatchObject({
      status: 'delivered',
      attempts: [
        { number: 1, status: 500 },
        { number: 2, status: 204 },
      ],
    });
    expect(rig.engine.stats(id)).toMatchObject({ successCount: 1, failureCount: 1, backlog: 0 });
  });

  it('of one that was delivered is refused, and says how to send it again', async () => {
    await publish(1);
    const delivery = (await list(`/${id}/deliveries`)).items[0]?.id;
    const response = await send('POST', `/deliveries/${delivery}/retry`);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'delivery_succeeded', error: /replay/ });
  });

  it('that fails again leaves the dead letter with all its attempts, as often as it is tried', async () => {
    await deadLetters(1);
    receiver.behaviour = reply(503);
    for (const attempts of [2, 3]) {
      expect(await json('POST', '/dead-letters/retry')).toMatchObject({ count: 1 });
      await settled();
      expect((await list('/dead-letters')).items).toMatchObject([{ attempt_count: attempts }]);
    }
    expect(rig.logger.lines.at(-1)).toMatch(/failed after 1 attempts/);
  });
});

describe('dead letters', () => {
  it('are listed of all subscriptions, and retried by filter in the order in which they were made', async () => {
    const published = await deadLetters(4);
    expect((await list('/dead-letters')).items).toHaveLength(4);
    const url = encodeURIComponent(receiver.url('/hook'));
    expect((await list(`/dead-letters?subscription=${url}&until=2025-12-07T12:00:02Z`)).items).toHaveLength(
      2,
    );
    const filter = { subscription: id, types: ['call.*'], since: '2025-12-07T12:00:01Z' };
    expect(await json('POST', '/dead-letters/retry', filter)).toEqual({
      success: true,
      message: '3 dead letters are sent again',
      count: 3,
    });
    await settled();
    expect(sent().slice(4)).toEqual(published.slice(1));
    expect((await list('/dead-letters')).items).toMatchObject([{ event_id: published[0] }]);
  });

  it('are deleted by filter; their events stay', async () => {
    const [first, second] = await deadLetters(2);
    expect(await json('DELETE', '/dead-letters?type=call.ended')).toMatchObject({ count: 0 });
    expect(await json('DELETE', '/dead-letters?since=2025-12-07T12:00:01Z')).toEqual({
      success: true,
      message: '1 dead letter is deleted',
      count: 1,
    });
    expect((await list('/dead-letters')).items).toMatchObject([{ event_id: first }]);
    expect(await json('GET', `/events/${second}`)).toMatchObject({ event_id: second, deliveries: [] });
  });

  it('of a deleted subscription are listed and deleted, not retried', async () => {
    await deadLetters(1);
    await rig.registry.remove(id);
    expect((await list(`/dead-letters?subscription=${id}`)).items).toHaveLength(1);
    expect(await json('POST', '/dead-letters/retry')).toMatchObject({ count: 0 });
    expect(await json('DELETE', '/dead-letters')).toMatchObject({ count: 1 });
  });

  it.each([
    ['POST', '/dead-letters/retry', { type: 'call.*' }, 400],
    ['POST', '/dead-letters/retry', { types: [] }, 400],
    ['POST', '/dead-letters/retry', [], 400],
    ['POST', '/dead-letters/retry', { subscription: 'https://nobody.example/' }, 404],
    ['DELETE', '/dead-letters?all=1', undefined, 400],
    ['GET', '/dead-letters?status=dead', undefined, 400],
  ])('%s %s with %j answers %i', async (method, path, body, status) => {
    expect((await send(method, path, body)).status).toBe(status);
  });
});

describe('a replay', () => {
  it('sends the kept events of a time range again, in order and under their ids', async () => {
    const published = await publish(5);
    const range = { since: '2025-12-07T12:00:01Z', until: '2025-12-07T12:00:04Z' };
    const response = await send('POST', `/${id}/replay`, range);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      success: true,
      message: `3 events are sent again to ${receiver.url('/hook')}`,
      count: 3,
    });
    await settled();
    expect(sent().slice(5)).toEqual(published.slice(1, 4));
    expect(await json('GET', `/events/${published[1]}`)).toMatchObject({ deliveries: [{}, {}] });
  });

  it('gives a subscription what happened before it was made, of the types that it asks for', async () => {
    await rig.registry.update(id, { events: ['*'] });
    const [call] = await publish(1);
    await publish(1, 'voicemail.new');
    const late = await rig.registry.add({ url: receiver.url('/late'), events: ['call.*'] });
    expect(await json('POST', `/${late.id}/replay`, { since: '2025-12-07T00:00:00Z' })).toMatchObject({
      count: 1,
    });
    await receiver.received(3);
    expect(receiver.requests[2]).toMatchObject({ path: '/late' });
    expect(sent()[2]).toBe(call);
  });

  it('may be of those alone that ended in one way', async () => {
    const [dead] = await deadLetters(1);
    await publish(2);
    const body = { since: '2025-12-07T00:00:00Z', types: ['call.started'], status: 'dead' };
    expect(await json('POST', `/${id}/replay`, body)).toMatchObject({ count: 1 });
    await settled();
    expect(sent().at(-1)).toBe(dead);
  });

  it('of far more events than memory holds sends each once, in order', async () => {
    await rig.registry.update(id, { events: ['never.*'], concurrency: 1 });
    const count = 1_300;
    const published = await Promise.all(
      Array.from({ length: count }, (_, n) => rig.engine.publish(callEvent(rig.clock, { n }))),
    );
    rig.clock.advance(2_000);
    await rig.registry.update(id, { events: ['*'] });
    expect(await json('POST', `/${id}/replay`, { since: '2025-12-07T00:00:00Z' })).toMatchObject({ count });
    await receiver.received(count);
    await settled();
    expect(sent()).toEqual(published);
  });

  it.each([
    [{}, 'since'],
    [{ since: '2025-12-07' }, 'since'],
    [{ since: '2025-12-07T00:00:00Z', status: 'pending' }, 'status'],
    [{ since: '2025-12-07T00:00:00Z', type: 'call.*' }, 'type'],
  ])('with %j answers 400, naming %s', async (body, path) => {
    const response = await send('POST', `/${id}/replay`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ details: [{ path }] });
  });

  it('to nobody answers 404', async () => {
    expect((await send('POST', '/sub_x/replay', { since: '2025-12-07T00:00:00Z' })).status).toBe(404);
  });
});

describe('events', () => {
  it('are listed newest first, by type, call and time, page by page', async () => {
    const [a, b, c] = await publish(3);
    const first = await list('/events?limit=2');
    expect(first.items).toMatchObject([{ event_id: c, call_id: 'call-2', data: { n: 2 } }, { event_id: b }]);
    const second = await list(`/events?limit=2&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ items: [{ event_id: a }], next_cursor: null });
    expect((await list('/events?call_id=call-1&type=call.*')).items).toMatchObject([{ event_id: b }]);
    expect((await list('/events?until=2025-12-07T12:00:01Z')).items).toMatchObject([{ event_id: a }]);
    const delivery = (await list(`/${id}/deliveries`)).items.at(-1)?.id;
    expect(await json('GET', `/deliveries/${delivery}`)).toMatchObject({ event_id: a });
  });

  it('that nobody published answer 404', async () => {
    for (const name of ['x', 'call.started-1', '%00', `${'9'.repeat(400)}`]) {
      const response = await send('GET', `/events/${name}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'event_unknown' });
    }
  });
});

describe('a disabled subscription', () => {
  async function missed(count: number): Promise<EventId[]> {
    expect(await json('POST', `/${id}/disable`)).toMatchObject({
      success: true,
      subscription: { enabled: false, disabled_reason: 'requested' },
    });
    return Promise.all(
      Array.from({ length: count }, (_, n) => rig.engine.publish(callEvent(rig.clock, { n }))),
    );
  }

  it('gets what it missed, in order, when it is enabled, where nothing else is asked', async () => {
    await rig.registry.update(id, { concurrency: 1 });
    const published = await missed(600);
    expect(await json('POST', `/${id}/enable`)).toMatchObject({ subscription: { enabled: true } });
    await settled();
    expect(sent()).toEqual(published);
  });

  it('gets none of it where it is to be skipped, and all that comes later', async () => {
    await publish(1);
    const published = await missed(1_200);
    expect(await json('POST', `/${id}/enable`, { backlog: 'skip' })).toMatchObject({
      message: `Webhook subscription enabled: ${receiver.url('/hook')}`,
      subscription: { enabled: true, backlog: 0, failure_count: 0 },
    });
    const [later] = await publish(1);
    expect(sent().slice(1)).toEqual([later]);
    const skipped = await json('GET', `/events/${published[0]}`);
    expect(skipped).toMatchObject({ deliveries: [{ status: 'expired', attempts: [] }] });
  });

  it('that is enabled already loses nothing by a skip', async () => {
    await rig.engine.publish(callEvent(rig.clock));
    await send('POST', `/${id}/enable`, { backlog: 'skip' });
    await receiver.received(1);
  });

  it.each([{ backlog: 'drop' }, { skip: true }, []])('is not enabled by %j', async (body) => {
    await send('POST', `/${id}/disable`);
    expect((await send('POST', `/${id}/enable`, body)).status).toBe(400);
    expect(rig.registry.get(id)?.enabled).toBe(false);
  });
});
