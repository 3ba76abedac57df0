import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { firstPositionAt } from '../../src/model/event.ts';
import type { DeliveryId, EventId } from '../../src/model/ids.ts';
import { shapeOf } from '../../src/model/request-shape.ts';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import type { DeliveryQuery, Store } from '../../src/store/store.ts';
import { allDeliveries, at, delivery, event, publish, subscription } from '../support/store-samples.ts';

/**
 * Written by earlier code: six events, each to `crm` (odd ids) and `wall` (even ids). 13 and 14 are replays to crm of
 * the first two; 7 and 9 went in one batch.
 */
const FOLDER = 'test/fixtures/store';
const STATES = {
  delivered: [13, 9, 7, 6, 3, 2, 1],
  pending: [14, 12, 11, 8, 4],
  dead: [5],
  expired: [10],
} as const;
const { id: crm } = subscription('crm');
const { id: wall } = subscription('wall');

/** @param sql is run on it first. */
async function opened(dump: string, sql = ''): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-'));
  const path = join(folder, 'webhooks.db');
  const db = new DatabaseSync(path);
  db.exec(readFileSync(join(FOLDER, dump), 'utf8'));
  db.exec(sql);
  db.close();
  const store = createSqliteStore({ path });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  await store.open();
  return store;
}

async function ids(store: Store, query: Partial<DeliveryQuery> = {}): Promise<readonly number[]> {
  return (await allDeliveries(store, query)).map(({ id }) => id);
}

describe.each(readdirSync(FOLDER))('a database of %s', (dump) => {
  test('holds the same deliveries, however they are asked for', async () => {
    const store = await opened(dump);
    expect(await ids(store)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    for (const [state, expected] of Object.entries(STATES)) {
      const ofState = { state: state as keyof typeof STATES };
      expect(await ids(store, ofState)).toEqual(expected);
      const ofWall = expected.filter((id) => id % 2 === 0 && id < 13);
      expect(await ids(store, { ...ofState, subscriptionId: wall })).toEqual(ofWall);
    }
    expect(await ids(store, { subscriptionId: crm })).toEqual([14, 13, 11, 9, 7, 5, 3, 1]);
    expect(await ids(store, { types: ['voicemail.*'] })).toEqual([8, 7]);
    const [first] = await allDeliveries(store, { limit: 1, state: 'dead' });
    expect(await ids(store, { callId: first?.callId })).toEqual([14, 13, 6, 5, 4, 3, 2, 1]);
  });

  test('tells of an event all of its deliveries, replays among them, with their attempts', async () => {
    const store = await opened(dump);
    const detail = await store.event('call.answered-1765108802000' as EventId);
    expect(JSON.parse(detail?.event.data ?? '')).toEqual({ n: 2000 });
    expect(detail?.deliveries.map(({ id, attempts, history }) => [id, attempts, history.length])).toEqual([
      [14, 0, 0],
      [4, 2, 2],
      [3, 1, 1],
    ]);
    expect((await store.delivery(9 as DeliveryId))?.history).toHaveLength(1);
  });

  test('tells how requests are made for each subscription, and nothing secret', async () => {
    const over = {
      secret: 'hush',
      headers: { 'X-Key': 'hush "hush"', 'X-Empty': '' },
      options: { transform: '{ "a": "b\\n" }', batch: { max_events: 5 }, timeout: 5 },
    };
    const changed = subscription('wall', over);
    const definition = JSON.stringify(changed).replaceAll("'", "''");
    const store = await opened(dump, `UPDATE subscription SET definition = '${definition}' WHERE key = 2`);
    expect(await store.shapeAt(crm, at(0))).toEqual(shapeOf(subscription('crm')));
    expect(await store.shapeAt(wall, at(0))).toEqual(shapeOf(changed));
    await store.keepShapes([{ subscriptionId: wall, since: at(9), shape: shapeOf(changed) }]);
    expect(JSON.stringify(await store.shapeAt(wall, at(10)))).not.toContain('hush');
  });

  test('has the same waiting, retried and replayed, and takes what is new', async () => {
    const store = await opened(dump);
    const due = async (subscriptionId: typeof crm) => {
      const after = { dueAt: at(-1), id: 0 as DeliveryId };
      const query = { subscriptionId, after, by: at(10_000), limit: 100, maxCharacters: 1_000_000 };
      return (await store.due(query)).deliveries.map(({ id }) => id);
    };
    expect(await due(crm)).toEqual([11, 14]);
    expect(await due(wall)).toEqual([8, 12, 4]);
    const types = ['*'];
    const replayable = await store.replayable({
      subscriptionId: crm,
      types,
      since: at(0),
      until: at(1_000),
      limit: 100,
    });
    expect(replayable.events.map(({ id }) => id.split('-')[1])).toEqual(
      [1, 3, 4, 5].map((second) => String(1_765_108_800_000 + second * 1_000)),
    );
    await publish(store, event(60_000), [delivery(15, crm), delivery(16, wall)]);
    expect(await due(crm)).toEqual([11, 15, 14]);
    expect((await store.retry(5 as DeliveryId, at(70))).kind).toBe('retried');
    expect(await due(crm)).toEqual([11, 15, 5, 14]);
  });

  test('loses by age what has ended, and keeps what waits', async () => {
    const store = await opened(dump);
    for (let after = firstPositionAt(at(0)); ; ) {
      const { next } = await store.prune({ before: at(1_000), after });
      if (next === undefined) break;
      after = next;
    }
    expect(await ids(store)).toEqual([14, 12, 11, 8, 5, 4]);
    expect(await store.event('call.started-1765108801000' as EventId)).toBeUndefined();
    expect((await store.event('call.answered-1765108802000' as EventId))?.deliveries).toHaveLength(2);
  });
});
