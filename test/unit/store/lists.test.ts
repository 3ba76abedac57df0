import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DeliveryId, EventPosition } from '../../../src/model/ids.ts';
import { History } from '../../../src/store/sqlite/history.ts';
import { KeptEvents } from '../../../src/store/sqlite/kept-events.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import { createSqliteStore } from '../../../src/store/sqlite/store.ts';
import { SubscriptionTable } from '../../../src/store/sqlite/subscription-table.ts';
import { TriedPlaces } from '../../../src/store/sqlite/tried-places.ts';
import { UntriedDeliveries } from '../../../src/store/sqlite/untried.ts';
import { Zones } from '../../../src/store/sqlite/zones.ts';
import type { DeliveryQuery, EventQuery } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/engine.ts';
import {
  delivery,
  event,
  publication,
  publishTogether,
  settlement,
  subscription,
} from '../../support/store-samples.ts';

const EVENTS = 1_000;
const prompt = subscription('prompt');
const lagging = subscription('lagging');

let folder: ReturnType<typeof temporaryFolder>;
let db: DatabaseSync;
let history: History;
let events: KeptEvents;

/** Of each event a delivery that succeeded and, of the first half, one that waits. */
beforeEach(async () => {
  folder = temporaryFolder();
  const path = `${folder.path}/webhooks.db`;
  const store = createSqliteStore({ path });
  await store.open();
  for (const one of [prompt, lagging]) await store.saveSubscription(one);
  const all = Array.from({ length: EVENTS }, (_, n) =>
    event(n * 1_000, { type: n % 2 === 0 ? 'call.started' : 'call.ended' }),
  );
  await publishTogether(
    store,
    all.map((one, n) => {
      const waiting = n < EVENTS / 2 ? [delivery(2 * n + 2, lagging.id)] : [];
      return publication(one, [delivery(2 * n + 1, prompt.id), ...waiting]);
    }),
  );
  await store.settle(all.map((_, n) => settlement(2 * n + 1, prompt.id)));
  await store.close();
  db = openDatabase(path);
  const subscriptions = new SubscriptionTable(db);
  const places = new TriedPlaces(db, subscriptions);
  const zones = new Zones(db);
  const untried = new UntriedDeliveries(db, subscriptions, places, zones);
  history = new History(db, untried, zones);
  events = new KeptEvents(db, subscriptions, untried, zones);
});
afterEach(() => {
  vi.restoreAllMocks();
  db.close();
  folder.remove();
});

/** As on a machine that is busy with something else: no page gets beyond its first look at the clock. */
function busy(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000));
}

function pagesOf(query: Omit<DeliveryQuery, 'before' | 'limit'>): readonly number[] {
  const ids: number[] = [];
  for (let before: DeliveryId | undefined, pages = 0; pages < 500; pages += 1) {
    const page = history.deliveries({ ...query, before, limit: 50 });
    ids.push(...page.deliveries.map(({ id }) => id));
    before = page.next;
    if (before === undefined) return ids;
  }
  return expect.unreachable('the list does not end');
}

function eventPagesOf(query: Omit<EventQuery, 'before' | 'limit'>): readonly number[] {
  const positions: number[] = [];
  for (let before: EventPosition | undefined, pages = 0; pages < 500; pages += 1) {
    const page = events.list({ ...query, before, limit: 50 });
    positions.push(...page.events.map(({ position }) => position));
    before = page.next;
    if (before === undefined) return positions;
  }
  return expect.unreachable('the list does not end');
}

test.each<Omit<DeliveryQuery, 'before' | 'limit'>>([
  {},
  { state: 'pending' },
  { state: 'delivered' },
  { types: ['call.ended'] },
  { types: ['call.ended'], state: 'pending' },
  { types: ['call.ended'], subscriptionId: prompt.id },
  { types: ['voicemail.*'] },
  { subscriptionId: lagging.id },
])('pages of deliveries, %j, go on where the one before ended, however slow each is', (query) => {
  const wanted = pagesOf(query);
  busy();
  expect(pagesOf(query)).toEqual(wanted);
});

test.each<Omit<EventQuery, 'before' | 'limit'>>([{}, { types: ['call.ended'] }, { types: ['voicemail.*'] }])(
  'pages of events, %j, go on where the one before ended, however slow each is',
  (query) => {
    const wanted = eventPagesOf(query);
    busy();
    expect(eventPagesOf(query)).toEqual(wanted);
  },
);
