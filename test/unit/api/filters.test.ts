import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/util/clock.ts';
import { callEvent, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { rigApi } from '../../support/rig-api.ts';

let folder: ReturnType<typeof temporaryFolder>;
let rig: Rig<typeof systemClock>;
let api: Awaited<ReturnType<typeof rigApi>>;

beforeEach(async () => {
  folder = temporaryFolder();
  rig = await startRig({ folder: folder.path, clock: systemClock });
  api = await rigApi(rig);
});
afterEach(async () => {
  await rig.stop();
  folder.remove();
});

async function publish(count: number, data: Record<string, unknown> = {}): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const type = n % 2 === 0 ? 'call.started' : 'call.ended';
    await rig.engine.publish(callEvent(systemClock, { n, ...data }, type));
  }
}

const matching = ({ items }: { readonly items: readonly { matches: boolean; event: { data: object } }[] }) =>
  items.filter(({ matches }) => matches).map(({ event: { data } }) => Reflect.get(data, 'n'));

test('tells of the newest kept events of the wanted types which ones a filter lets through', async () => {
  await publish(10, { from_extension: '1001' });
  const where = 'data.n % 4 = 0';
  const all = await api.call('POST /filters/try', { body: { filter: { where } } });
  expect(all).toMatchObject({ examined: 10, matched: 3 });
  expect(matching(all)).toEqual([8, 4, 0]);
  const some = await api.call('POST /filters/try', {
    body: { events: ['call.started'], filter: { extensions: ['10*'], where }, limit: 3 },
  });
  expect(some).toMatchObject({ examined: 3, matched: 2 });
  expect(some.items.map(({ event: { data } }) => data['n'])).toEqual([8, 6, 4]);
  expect(await api.call('POST /filters/try', { body: {} })).toMatchObject({ examined: 10, matched: 10 });
});

test('says the same as a subscription with that filter would get', async () => {
  const filter = { direction: ['inbound'], queues: ['support', 'sales'] } as const;
  const { id } = await rig.registry.add({
    url: 'http://127.0.0.1:9/',
    events: ['*'],
    enabled: false,
    filter: { direction: [...filter.direction], queues: [...filter.queues] },
  });
  for (const direction of ['inbound', 'internal', undefined]) {
    for (const queue of ['support', 'other', undefined]) {
      await rig.engine.publish(callEvent(systemClock, { direction, queue }));
    }
  }
  const body = { filter: { direction: [...filter.direction], queues: [...filter.queues] } };
  const tried = await api.call('POST /filters/try', { body });
  const wanted = (await rig.deliveries()).filter(({ subscriptionId }) => subscriptionId === id);
  expect(tried.items.filter(({ matches }) => matches).map(({ event }) => event.event_id)).toEqual(
    wanted.map(({ eventId }) => eventId),
  );
  expect(tried.matched).toBe(1);
});

test.each([
  [{ where: 'data.(' }, 'filter.where'],
  [{ where: '' }, 'filter.where'],
  [{ extensions: [] }, 'filter.extensions'],
  [{ nonsense: 1 }, 'filter.nonsense'],
])('refuses %j as on save', async (filter, path) => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ filter });
  const response = await api.send('POST', '/filters/try', { body, headers });
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { code: 'invalid_request', details: [{ path }] },
  ]);
});

test('a where that says nothing of an event tells why', async () => {
  await publish(1);
  const tried = await api.call('POST /filters/try', { body: { filter: { where: 'data.n + "x" = 1' } } });
  expect(tried).toMatchObject({ examined: 1, matched: 0 });
  expect(tried.items[0]?.problem).toMatch(/^filter\.where could not be evaluated: /);
});

test('one that takes long is cut off, and meanwhile others are served and events are filtered', async () => {
  await publish(200, { trap: `${'a'.repeat(40)}!` });
  const receiving = await rig.registry.add({
    url: 'http://127.0.0.1:9/',
    events: ['*'],
    enabled: false,
    filter: { where: 'data.late = true' },
  });
  let served = 0;
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      await api.call('GET /{id}', { path: { id: receiving.id } });
      served += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const tried = await api.call('POST /filters/try', {
    body: { filter: { where: '$contains(data.trap, /(a+)+$/)' } },
  });
  isOver = true;
  await others;
  expect(tried).toMatchObject({ examined: 200, matched: 0 });
  expect(tried.items.every(({ problem }) => problem?.startsWith('filter.where could not be'))).toBe(true);
  expect(served).toBeGreaterThan(3);
  await rig.engine.publish(callEvent(systemClock, { late: true }));
  expect(rig.engine.stats(receiving.id)).toMatchObject({ backlog: 1, failureCount: 0 });
});
