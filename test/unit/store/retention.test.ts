import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Retention, startRetention } from '../../../src/store/retention.ts';
import { createSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { PruneStep, Store } from '../../../src/store/store.ts';
import { FakeClock } from '../../support/clock.ts';
import { LineLogger, temporaryFolder } from '../../support/engine.ts';
import { at, delivery, event, publish, settlement, subscription, T0 } from '../../support/store-samples.ts';

const DAY_MS = 86_400_000;
const crm = subscription('crm');

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let clock: FakeClock;
let logger: LineLogger;
let retention: Retention | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  store = createSqliteStore({ path: `${folder.path}/webhooks.db` });
  await store.open();
  await store.saveSubscription(crm);
  clock = new FakeClock(T0 / 1000);
  logger = new LineLogger();
});
afterEach(async () => {
  await retention?.stop();
  await store.close();
  folder.remove();
});

function start(
  over: { readonly days?: number; readonly maxSizeMb?: number } = {},
  pruned: PruneStep[] = [],
): void {
  const watched: Pick<Store, 'prune' | 'size'> = {
    prune: (step) => {
      pruned.push(step);
      return store.prune(step);
    },
    size: () => store.size(),
  };
  retention = startRetention({ store: watched, clock, logger, days: 30, maxSizeMb: 2048, ...over });
}

async function ended(count: number, data?: string): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n + 1);
  await Promise.all(
    numbers.map((n) => publish(store, event(n, data === undefined ? {} : { data }), [delivery(n, crm.id)])),
  );
  await store.settle(numbers.map((n) => settlement(n, crm.id)));
}

test('what is older than the days allowed goes, with one line; what is younger stays', async () => {
  await ended(2);
  await publish(store, event(3), [delivery(3, crm.id)]);
  start({ days: 2 });
  clock.advance(2 * DAY_MS - 3_600_000);
  clock.advance(3_600_000 + 60_000);
  expect(await logger.line('Removed')).toBe(
    'info Removed 2 events and 2 deliveries older than 2 days (store.retention_days)',
  );
  expect((await store.deliveries({ limit: 9 })).deliveries).toMatchObject([{ id: 3, state: 'pending' }]);
});

test('above the size allowed the oldest go before their time, until there is room', async () => {
  await ended(2_000, 'x'.repeat(1_000));
  start({ maxSizeMb: 2 });
  expect((await store.size()).used).toBeGreaterThan(2_000_000);
  const removed = logger.line('to stay below 2 MB (store.max_size_mb)');
  const stop = keepAdvancing();
  await removed;
  stop();
  expect((await store.size()).used).toBeLessThanOrEqual(1_800_000);
  expect((await store.deliveries({ limit: 1 })).deliveries).toMatchObject([{ id: 2_000 }]);
  expect(await store.event(event(1).id)).toBeUndefined();
});

test('says what to do where all that is left waits or is a dead letter', async () => {
  const numbers = Array.from({ length: 1_500 }, (_, n) => n + 1);
  const data = 'x'.repeat(1_000);
  await Promise.all(numbers.map((n) => publish(store, event(n, { data }), [delivery(n, crm.id)])));
  start({ maxSizeMb: 1 });
  const stop = keepAdvancing();
  expect(await logger.line('Retry or delete dead letters')).toMatch(/^warn .*1 MB are allowed/);
  stop();
  expect(await store.subscriptions()).toMatchObject([{ stats: { backlog: 1_500 } }]);
});

/** Lets every timer fire as soon as it is set, so that pauses take no time. */
function keepAdvancing(): () => void {
  let going = true;
  const next = (): void => {
    if (!going) return;
    clock.advance(10_000);
    setImmediate(next);
  };
  next();
  return () => {
    going = false;
  };
}

test('does nothing while nothing is old and there is room', async () => {
  await ended(5);
  const pruned: PruneStep[] = [];
  start({}, pruned);
  const stop = keepAdvancing();
  await new Promise<void>((resolve) => {
    const check = (): void => (pruned.length > 0 ? resolve() : void setImmediate(check));
    check();
  });
  stop();
  expect(pruned[0]?.before).toBeLessThan(at(0));
  expect((await store.deliveries({ limit: 9 })).deliveries).toHaveLength(5);
  expect(logger.lines).toEqual([]);
});
