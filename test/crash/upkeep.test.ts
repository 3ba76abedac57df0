import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/engine.ts';
import {
  allDeliveries,
  at,
  delivery,
  event,
  failedAttempt,
  publish,
  settlement,
  subscription,
} from '../support/store-samples.ts';

const EVENTS = 1_200;
const KILLS = 12;
const worker = new URL('../support/upkeep-worker.ts', import.meta.url).pathname;
const crm = subscription('crm');

let folder: ReturnType<typeof temporaryFolder>;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'webhooks.db');
});
afterEach(() => folder.remove());

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = createSqliteStore({ path });
  await store.open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Kills the worker once it has done so many steps, or lets it end. */
async function work(killAfter: number): Promise<void> {
  const child = spawn(process.execPath, [worker, path, crm.id], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let steps = 0;
  for await (const _line of createInterface(child.stdout)) {
    steps += 1;
    if (steps === killAfter) child.kill('SIGKILL');
  }
  const [code] = await exited;
  expect(code === 0 || code === null).toBe(true);
}

test('kill -9 in the middle of retention, retries and replays loses nothing that waits, nor a dead letter', async () => {
  // Of four: delivered, dead, waiting, delivered; one a second, so that 500 of them are old.
  const kind = (n: number) => n % 4;
  await withStore(async (store) => {
    await store.saveSubscription(crm);
    const numbers = Array.from({ length: EVENTS }, (_, n) => n + 1);
    await Promise.all(numbers.map((n) => publish(store, event(n * 1_000), [delivery(n, crm.id)])));
    await store.settle(
      numbers
        .filter((n) => kind(n) !== 2)
        .map((n) =>
          kind(n) === 1
            ? settlement(n, crm.id, { state: 'dead' }, failedAttempt(1, { startedAt: at(n) }))
            : settlement(n, crm.id, { state: 'delivered' }, { ...failedAttempt(1), startedAt: at(n) }),
        ),
    );
  });
  for (let kill = 1; kill <= KILLS; kill++) {
    await work(kill * 2);
    await withStore(async (store) => {
      const left = await allDeliveries(store);
      const byId = new Map(left.map((one) => [Number(one.id), one]));
      for (let n = 1; n <= EVENTS; n++) {
        const one = byId.get(n);
        if (kind(n) === 2) expect(one?.state).toBe('pending');
        if (kind(n) === 1) expect(one).toMatchObject({ state: /dead|pending/, history: [{ number: 1 }] });
        if (n > 500) expect(one).toBeDefined();
      }
      for (const { eventId } of left) {
        expect((await store.event(eventId))?.event.id).toBe(eventId);
      }
    });
  }
  await work(Number.POSITIVE_INFINITY);
  await withStore(async (store) => {
    const left = await allDeliveries(store);
    expect(left.filter(({ state }) => state === 'dead')).toEqual([]);
    const waiting = Map.groupBy(
      left.filter(({ state }) => state === 'pending'),
      ({ eventId }) => eventId,
    );
    // What was delivered and is young waits once more, however often the replay began anew.
    expect([...waiting.values()].every(({ length }) => length === 1)).toBe(true);
    const kept = Array.from({ length: EVENTS }, (_, n) => n + 1).filter(
      (n) => n >= 500 || kind(n) === 1 || kind(n) === 2,
    );
    expect([...waiting.keys()].toSorted()).toEqual(kept.map((n) => event(n * 1_000).id).toSorted());
  });
});
