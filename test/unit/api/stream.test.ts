import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ApiProblem,
  type StreamMessage,
  type StreamNews,
  type StreamOptions,
} from '../../../src/api/client.ts';
import { streamEventSchemas } from '../../../src/api/schemas/live.ts';
import { rfc3339Micros } from '../../../src/util/clock.ts';
import { FakeClock } from '../../support/clock.ts';
import { callEvent, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { Receiver, reply } from '../../support/receiver.ts';
import { rigApi } from '../../support/rig-api.ts';

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let rig: Rig;
let api: Awaited<ReturnType<typeof rigApi>>;
let ends: AbortController;

async function start(clock = new FakeClock()): Promise<void> {
  rig = await startRig({ folder: folder.path, clock, settings: { maxRetries: 2 } });
  api = await rigApi(rig);
}

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  ends = new AbortController();
  await start();
});
afterEach(async () => {
  ends.abort();
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

const publish = (data: Record<string, unknown> = {}, type = 'call.started') =>
  rig.engine.publish(callEvent(rig.clock, data, type));

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A stream that is open: what it tells, one after the other, without how it goes unless that is asked for. */
async function opened(options: StreamOptions = {}) {
  const stream = api.stream({ signal: ends.signal, ...options });
  expect((await stream.next()).value).toEqual({ name: 'open' });
  const news = async (): Promise<StreamNews> => {
    const { value } = await stream.next();
    return newsOf(value ?? { name: 'open' });
  };
  return {
    news,
    async next(): Promise<StreamNews> {
      for (;;) {
        const one = await news();
        if (one.name !== 'stats') return one;
      }
    },
    end: () => stream.return(undefined),
  };
}

function newsOf(message: StreamMessage): StreamNews {
  if (message.name === 'open' || message.name === 'lost') throw new Error(`unexpected: ${message.name}`);
  expect(streamEventSchemas[message.name].safeParse(message.data).error).toBeUndefined();
  return message;
}

describe('a reader', () => {
  test('hears of each event, what became of its deliveries, and of subscriptions', async () => {
    const { next } = await opened();
    const { id } = await rig.registry.add({ url: receiver.url(), events: ['call.*'], secret: 'hush' });
    expect(await next()).toMatchObject({
      name: 'subscription',
      data: { id, url: receiver.url(), signed: true },
    });
    receiver.script.push(reply(500));
    const eventId = await publish({ n: 1 });
    expect(await next()).toMatchObject({
      name: 'event',
      id: expect.any(String),
      data: { event_id: eventId, event_type: 'call.started', data: { n: 1 }, call_id: null },
    });
    const delivery = { event_id: eventId, event_type: 'call.started', subscription_id: id };
    expect(await next()).toMatchObject({
      name: 'delivery',
      data: { ...delivery, status: 'pending', attempt: { number: 1, status: 500, error: null } },
    });
    await rig.clock.armed(5_000);
    rig.clock.advance(5_000);
    const last = await next();
    expect(last).toMatchObject({
      name: 'delivery',
      data: { ...delivery, status: 'delivered', attempt: { number: 2, status: 204 }, due_at: null },
    });
    const deliveryId = last.name === 'delivery' ? last.data.delivery_id : 0;
    // Told once it is on disk.
    expect(await api.call('GET /deliveries/{id}', { path: { id: String(deliveryId) } })).toMatchObject({
      status: 'delivered',
      attempt_count: 2,
    });
    await rig.registry.remove(id);
    expect(await next()).toMatchObject({ name: 'subscription', data: { id, deleted: true } });
  });

  test('hears of a delivery that ended without being sent', async () => {
    await rig.registry.add({ url: receiver.url(), events: ['*'], filter: { where: 'data.n + "x" = 1' } });
    const { next } = await opened();
    await publish({ n: 1 });
    expect((await next()).name).toBe('event');
    expect(await next()).toMatchObject({
      name: 'delivery',
      data: { status: 'dead', attempt: { error: expect.stringContaining('filter.where') } },
    });
  });

  test('hears only of the types and the subscription asked for', async () => {
    const calls = await rig.registry.add({ url: receiver.url('/calls'), events: ['call.*'] });
    const all = await rig.registry.add({ url: receiver.url('/all'), events: ['*'] });
    const types = await opened({ events: ['voicemail.*', 'call.ended'] });
    const ofCalls = await opened({ subscription: receiver.url('/calls') });
    for (const type of ['call.started', 'voicemail.new', 'call.ended']) {
      await publish({}, type);
      await receiver.received(type === 'call.started' ? 2 : 1, type === 'voicemail.new' ? '/all' : undefined);
    }
    await receiver.received(5);
    await rig.registry.update(all.id, { description: 'changed' });
    await rig.registry.update(calls.id, { description: 'changed' });
    const told = [];
    for (;;) {
      const news = await types.next();
      if (news.name === 'subscription') break;
      if (news.name === 'event' || news.name === 'delivery') told.push(news.data.event_type);
    }
    expect(told).not.toContain('call.started');
    expect(told).toContain('voicemail.new');
    const about = new Set<string>();
    for (;;) {
      const news = await ofCalls.next();
      if (news.name === 'delivery') about.add(news.data.subscription_id);
      if (news.name === 'event') expect(news.data.event_type).not.toBe('voicemail.new');
      if (news.name === 'subscription') {
        expect(news.data.id).toBe(calls.id);
        break;
      }
    }
    expect(about).toEqual(new Set([calls.id]));
  });

  test('is told how it goes at once and every 2 s, and with a comment every 15 s that all is alive', async () => {
    const response = await api.send('GET', '/stream', { signal: ends.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (pattern: RegExp) => {
      while (!pattern.test(text)) text += (await chunks?.read())?.value ?? expect.unreachable();
    };
    await until(/^:\n\nevent: stats\n/);
    for (let n = 2; n <= 4; n += 1) {
      await rig.clock.armed(2_000);
      rig.clock.advance(2_000);
      await until(new RegExp(`^:\n\n(event: stats\ndata: {.*}\n\n){${n}}$`));
    }
    await rig.clock.armed(9_000);
    rig.clock.advance(9_000);
    await until(/}\n\n:\n\n/);
    await chunks?.cancel();
    expect(rig.clock.waiting).toBe(0);
  });

  test('that does not exist costs nothing: no timer, no listener', async () => {
    expect(rig.clock.waiting).toBe(0);
    const { end } = await opened();
    expect(rig.clock.waiting).toBe(2);
    await end();
    while (rig.clock.waiting > 0) await nextTurn();
    await publish();
  });

  test('who only asks for the head is none', async () => {
    const response = await api.send('HEAD', '/stream');
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(rig.clock.waiting).toBe(0);
  });

  test('beyond the hundredth is refused until another one leaves', async () => {
    const readers = [];
    for (let n = 0; n < 100; n += 1) readers.push(await opened());
    await expect(opened()).rejects.toMatchObject({ status: 429, code: 'too_many_streams' });
    await readers[50]?.end();
    const again = () => opened().catch((error: unknown) => (error instanceof ApiProblem ? undefined : error));
    while ((await again()) === undefined) await nextTurn();
  });

  test.each([
    ['?events=call.*,,', undefined],
    ['?events=', undefined],
    ['?subscription=', undefined],
    ['?evnts=call.*', undefined],
    ['', 'nonsense'],
    ['', Buffer.from('d12').toString('base64url')],
  ])('that asks for %j after %s is refused', async (query, lastEventId) => {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const response = await api.send('GET', `/stream${query}`, { headers });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_request' }]);
    expect(rig.clock.waiting).toBe(0);
  });

  test('that asks for a URL that nobody subscribed to is told so', async () => {
    await expect(opened({ subscription: 'https://no.example/' })).rejects.toMatchObject({ status: 404 });
  });
});

describe('Last-Event-ID', () => {
  /** Publishes events one after the other and gives their ids. */
  async function published(count: number): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push(await publish({ n }));
    return ids;
  }

  /** Events that a stream tells, until so many came. */
  async function events(count: number, options: StreamOptions) {
    const { next, end } = await opened(options);
    const told: { readonly id: string; readonly cursor: string }[] = [];
    while (told.length < count) {
      const news = await next();
      if (news.name === 'event') told.push({ id: news.data.event_id, cursor: news.id ?? '' });
    }
    await end();
    return told;
  }

  async function firstCursor(): Promise<string> {
    const { next, end } = await opened();
    await publish({ first: true });
    const news = await next();
    await end();
    return news.name === 'event' ? (news.id ?? '') : '';
  }

  test('gives what was kept since, in order and once, and then what comes', async () => {
    const lastEventId = await firstCursor();
    const ids = await published(10);
    const stream = await opened({ lastEventId });
    const later = await published(5);
    const told: string[] = [];
    while (told.length < 15) {
      const news = await stream.next();
      if (news.name === 'event') told.push(news.data.event_id);
    }
    expect(told).toEqual([...ids, ...later]);
  });

  test('loses and repeats nothing while events keep coming', async () => {
    let lastEventId = await firstCursor();
    const ids: string[] = [];
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) {
        ids.push(...(await Promise.all([publish(), publish(), publish()])));
        await nextTurn();
      }
    })();
    const told: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      const some = await events(7, { lastEventId });
      told.push(...some.map(({ id }) => id));
      lastEventId = some.at(-1)?.cursor ?? '';
    }
    isOver = true;
    await publishing;
    expect(told).toEqual(ids.slice(0, told.length));
  });

  test('holds over a restart, and keeps to what is asked for', async () => {
    const lastEventId = await firstCursor();
    const url = receiver.url();
    await rig.registry.add({ url, events: ['call.ended'], enabled: false });
    await publish({}, 'call.ended');
    await publish({}, 'voicemail.new');
    const ended = await publish({}, 'call.ended');
    await rig.stop();
    await start(rig.clock);
    const [, second] = await events(2, { lastEventId, subscription: url });
    expect(second?.id).toBe(ended);
    const [voicemail] = await events(1, { lastEventId, events: ['voicemail.*'] });
    expect(voicemail?.id).toMatch(/^voicemail\.new/);
  });

  test('gives the newest thousand of more, behind the time that it leaves out', async () => {
    const lastEventId = await firstCursor();
    const before = rfc3339Micros(rig.clock.wall());
    const ids = await Promise.all(Array.from({ length: 1_200 }, (_, n) => publish({ n })));
    const { next, end } = await opened({ lastEventId });
    const told: StreamNews[] = [];
    while (told.length < 1_001) {
      const news = await next();
      if (news.name === 'event' || news.name === 'missed') told.push(news);
    }
    await end();
    const [missed, ...kept] = told;
    expect(missed).toMatchObject({ name: 'missed', data: { since: before, until: before } });
    expect(kept.map(({ data }) => 'event_id' in data && data.event_id)).toEqual(ids.slice(200));
  });
});
