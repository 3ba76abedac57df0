import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IDEMPOTENCY, IdempotentPublisher } from '../../../src/delivery/idempotent-publisher.ts';
import { type Store, StoreError } from '../../../src/store/store.ts';
import { FakeClock } from '../../support/clock.ts';
import { bound, callEvent, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { rigApi } from '../../support/rig-api.ts';

const DAY_MS = 86_400_000;

let folder: ReturnType<typeof temporaryFolder>;
let rig: Rig;
let api: Awaited<ReturnType<typeof rigApi>>;

async function start(clock = new FakeClock(), wrap?: (store: Store) => Store): Promise<void> {
  rig = await startRig({ folder: folder.path, clock, ...(wrap && { wrap }) });
  api = await rigApi(rig);
}

async function restart(): Promise<void> {
  await rig.stop();
  await start(rig.clock);
}

beforeEach(async () => {
  folder = temporaryFolder();
  await start();
});
afterEach(async () => {
  await rig.stop();
  folder.remove();
});

const publish = (data: Record<string, unknown>, key?: string, type = 'call.started') =>
  api.call('POST /events', {
    headers: key === undefined ? {} : { 'idempotency-key': key },
    body: { event_type: type, data },
  });

const kept = async () => (await rig.store.events({ limit: 1_000 })).events;

/** The status and code with which a body is refused. */
async function refusal(body: string, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/json' };
  const response = await api.send('POST', '/events', { body, headers: { ...type, ...headers } });
  const { code } = (await response.json()) as { code?: string };
  return [response.status, code];
}

describe('POST /events', () => {
  test('publishes an event as a host would: of its time and call, on disk once it is answered', async () => {
    const { event_id: id } = await publish({ call_id: 'c1', from_extension: '1001' });
    expect(id).toMatch(/^call\.started-\d+$/);
    expect(await kept()).toMatchObject([
      {
        id,
        callId: 'c1',
        data: JSON.stringify({
          timestamp: '2025-12-07T12:00:00Z',
          call_id: 'c1',
          from_extension: '1001',
        }),
      },
    ]);
    await publish({ timestamp: '2020-01-01T00:00:00Z' }, undefined, 'door.opened');
    expect((await kept())[0]).toMatchObject({
      type: 'door.opened',
      data: '{"timestamp":"2020-01-01T00:00:00Z"}',
    });
  });

  test.each([
    ['no object', '{"event_type":"a.b","data":[1]}', 'invalid_request'],
    ['no type', '{"data":{}}', 'invalid_request'],
    ['a type with a space', '{"event_type":"a b","data":{}}', 'invalid_request'],
    ['a further key', '{"event_type":"a.b","data":{},"id":1}', 'invalid_request'],
    ['data that nests too deep', nested(101), 'event_invalid'],
    ['data that nests without end', nested(40_000), 'event_invalid'],
  ])('refuses %s', async (_name, body, code) => {
    expect(await refusal(body)).toEqual([400, code]);
    expect(await kept()).toEqual([]);
  });

  test.each([
    ['too long', 'k'.repeat(256)],
    ['beyond ASCII', 'é'],
  ])('refuses a key that is %s', async (_name, key) => {
    expect(await refusal('{"event_type":"a.b","data":{}}', { 'idempotency-key': key })).toEqual([
      400,
      'invalid_request',
    ]);
  });
});

describe('with an Idempotency-Key', () => {
  test('the same body is published once, also when it is asked for many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => publish({ n: 1 }, 'key 1')));
    rig.clock.advance(DAY_MS - 1);
    answers.push(await publish({ n: 1 }, 'key 1'));
    expect(new Set(answers.map(({ event_id: id }) => id)).size).toBe(1);
    expect(await kept()).toHaveLength(1);
  });

  test('another body, or another type, is refused', async () => {
    await publish({ n: 1 }, 'k');
    const conflict = expect.objectContaining({ status: 409, code: 'idempotency_conflict' });
    await expect(publish({ n: 2 }, 'k')).rejects.toEqual(conflict);
    await expect(publish({ n: 1 }, 'k', 'call.ended')).rejects.toEqual(conflict);
    await publish({ n: 2 }, 'k2');
    expect(await kept()).toHaveLength(2);
  });

  test('it is known after a restart, and for no longer than 24 h', async () => {
    const first = await publish({ n: 1 }, 'k');
    rig.clock.advance(DAY_MS - 1);
    await restart();
    expect(await publish({ n: 1 }, 'k')).toEqual(first);
    await expect(publish({ n: 2 }, 'k')).rejects.toMatchObject({ code: 'idempotency_conflict' });
    rig.clock.advance(1);
    const anew = await publish({ n: 2 }, 'k');
    expect(anew).not.toEqual(first);
    await restart();
    expect(await publish({ n: 2 }, 'k')).toEqual(anew);
  });

  test('what could not be stored is published when it is asked for again', async () => {
    await rig.stop();
    let isFull = true;
    await start(rig.clock, (store) => ({
      ...bound(store),
      publish: async (...all) => {
        if (isFull) throw new StoreError('store_full', 'no room');
        return store.publish(...all);
      },
    }));
    await expect(publish({ n: 1 }, 'k')).rejects.toMatchObject({ status: 503, code: 'store_full' });
    isFull = false;
    await publish({ n: 1 }, 'k');
    await publish({ n: 1 }, 'k');
    expect(await kept()).toHaveLength(1);
  });

  test.each(['{"digest":1}', 'not even JSON'])('what the disk says of a key may be %j', async (state) => {
    const pbx = IDEMPOTENCY;
    const publisher = new IdempotentPublisher({
      engine: rig.engine,
      clock: rig.clock,
      memos: [...(await rig.store.memos()), { pbx, key: 'torn', state }],
    });
    await publisher.publish(callEvent(rig.clock), { key: 'k', content: '' });
    expect(await kept()).toHaveLength(1);
  });

  test('keys that are over leave the disk as others come, and of too many the oldest', async () => {
    for (let n = 0; n < 5; n += 1) await publish({ n }, `old ${n}`);
    rig.clock.advance(DAY_MS);
    await publish({ n: 5 }, 'new');
    expect(await rig.store.memos()).toHaveLength(1);
    const few = new IdempotentPublisher({
      engine: rig.engine,
      clock: rig.clock,
      memos: await rig.store.memos(),
      maxKeys: 3,
    });
    for (let n = 0; n < 5; n += 1) {
      await few.publish(callEvent(rig.clock), { key: `k${n}`, content: '' });
    }
    expect(await rig.store.memos()).toHaveLength(3);
    const before = (await kept()).length;
    await few.publish(callEvent(rig.clock), { key: 'k2', content: '' });
    expect(await kept()).toHaveLength(before);
    await few.publish(callEvent(rig.clock), { key: 'k1', content: '' });
    expect(await kept()).toHaveLength(before + 1);
  });
});

function nested(levels: number): string {
  return `{"event_type":"a.b","data":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`;
}
