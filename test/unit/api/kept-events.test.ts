import { expect, test } from 'vitest';
import { keptAfter } from '../../../src/api/stream/kept.ts';
import { acceptedAt, type PublishedEvent } from '../../../src/model/event.ts';
import type { EventPosition } from '../../../src/model/ids.ts';
import type { EventQuery } from '../../../src/store/store.ts';
import { event } from '../../support/store-samples.ts';

const query = {
  after: event(0).position,
  types: ['call.*'],
  wants: () => true,
  isOver: () => false,
};

/** Newest first, a hundred on a page; as long as nobody stops asking. */
function history(pages = Number.POSITIVE_INFINITY) {
  const asked: EventQuery[] = [];
  return {
    asked,
    async events(asks: EventQuery): Promise<{ events: readonly PublishedEvent[]; next?: EventPosition }> {
      asked.push(asks);
      const events = Array.from({ length: 100 }, (_, n) => event(1e9 - asked.length * 100 - n));
      return asked.length < pages ? { events, next: 1 as EventPosition } : { events };
    },
  };
}

test('asks for nothing but the types that are wanted', async () => {
  const kept = history(2);
  const { events, cutAt } = await keptAfter(kept, query);
  expect(events).toHaveLength(200);
  expect(cutAt).toBeUndefined();
  expect(kept.asked.map(({ types }) => types)).toEqual([['call.*'], ['call.*']]);
});

test('says where it left off, where there are more than it gives', async () => {
  const { events, cutAt } = await keptAfter(history(), query);
  expect(events).toHaveLength(1_000);
  expect(cutAt).toBe(acceptedAt(events[0]?.position ?? query.after));
});

test('reads no further once whoever asked is gone, though nothing was found yet', async () => {
  const kept = history();
  const isOver = () => kept.asked.length === 3;
  expect(await keptAfter(kept, { ...query, wants: () => false, isOver })).toMatchObject({ events: [] });
  expect(kept.asked).toHaveLength(3);
});

test('lets everybody else have their turn while a slow filter looks at a page', async () => {
  let turns = 0;
  let isDone = false;
  const others = (): void => {
    turns += 1;
    if (!isDone) setImmediate(others);
  };
  setImmediate(others);
  const wants = (): boolean => {
    for (const end = performance.now() + 6; performance.now() < end; );
    return false;
  };
  await keptAfter(history(1), { ...query, wants });
  isDone = true;
  expect(turns).toBeGreaterThan(90);
});
