import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EventPosition, SubscriptionId } from '../../../src/model/ids.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import { packRecipients } from '../../../src/store/sqlite/recipients.ts';
import { SubscriptionTable } from '../../../src/store/sqlite/subscription-table.ts';
import { TriedPlaces } from '../../../src/store/sqlite/tried-places.ts';
import { temporaryFolder } from '../../support/engine.ts';

const EVENTS = 30_000;
/** In one transaction. */
const TOGETHER = 500;
/** Results come so many events after what they are of was published. */
const BEHIND = 1_000;
const [PROMPT, LATE] = [1, 2];

let folder: ReturnType<typeof temporaryFolder>;
let db: DatabaseSync;
let places: TriedPlaces;
let lastId: number;
let insert: StatementSync;

beforeEach(() => {
  folder = temporaryFolder();
  db = openDatabase(`${folder.path}/webhooks.db`);
  for (const key of [PROMPT, LATE])
    db.prepare('INSERT INTO subscription (key, id, url, definition) VALUES (?, ?, ?, ?)').run(
      key,
      `sub_${key}` as SubscriptionId,
      `https://${key}.example/`,
      '{}',
    );
  places = new TriedPlaces(db, new SubscriptionTable(db));
  lastId = 0;
  insert = db.prepare(
    'INSERT INTO delivery (id, event, subscription, state, at, attempts, created_at, apart) VALUES (?, ?, ?, 1, 0, 1, 0, ?)',
  );
});
afterEach(() => {
  db.close();
  folder.remove();
});

/** Takes ids for a subscription's replay of an older event now and then, as work goes on. */
const REPLAY_EVERY = 700;

/** The delivery of an event to a subscription. */
const ids = new Map<string, number>();

/** Everything is published and settled but the newest, and what `isUntried` says; the places move on meanwhile. */
function work(isUntried: (event: number, key: number) => boolean): void {
  ids.clear();
  const fanOut = db.prepare('INSERT INTO fan_out VALUES (?, ?, ?)');
  for (let begin = 1; begin <= EVENTS; begin += TOGETHER) {
    db.exec('BEGIN');
    for (let event = begin; event < begin + TOGETHER; event += 1) {
      if (event % REPLAY_EVERY === 0) result(++lastId, 1, PROMPT, true);
      fanOut.run(event, lastId + 1, packRecipients([PROMPT, LATE]));
      for (const key of [PROMPT, LATE]) ids.set(`${event} ${key}`, ++lastId);
    }
    const settled: number[] = [];
    for (let event = begin - BEHIND; event < begin - BEHIND + TOGETHER; event += 1) {
      for (const key of [PROMPT, LATE]) {
        if (event > 0 && !isUntried(event, key)) settled.push(settle(event, key));
      }
    }
    places.keep();
    db.exec('COMMIT');
    places.kept();
    told(2 * TOGETHER, begin + TOGETHER - 1, settled.length);
  }
}

function settle(event: number, key: number): number {
  const id = ids.get(`${event} ${key}`) ?? 0;
  result(id, event, key, false);
  return id;
}

function result(id: number, event: number, key: number, apart: boolean): void {
  insert.run(id, event, key, apart ? 1 : null);
}

function told(made: number, newest: number | undefined, settled: number): void {
  places.written({ made, newest: newest as EventPosition | undefined, settled, of: [PROMPT, LATE] });
  if (places.isOverdue) while (places.lookAtOld());
}

test('the places move on in the midst of work, but for the newest', () => {
  work(() => false);
  expect(places.lagging).toEqual([]);
  expect(places.common).toBeGreaterThan(EVENTS / 3);
  expect(places.common).toBeLessThan(EVENTS - BEHIND);
});

test('one delivery without a result keeps its subscription from moving on, until it has one', () => {
  work((event, key) => event === 7_000 && key === LATE);
  expect(places.lagging).toEqual([LATE]);
  expect(places.of(LATE)).toBe(6_999);
  expect(places.of(PROMPT)).toBeGreaterThan(EVENTS / 3);

  settle(7_000, LATE);
  told(0, undefined, 1);
  places.lookAtAll();
  expect(places.of(LATE)).toBeGreaterThan(7_000);
});

test('no place is ever beyond a delivery without a result', () => {
  work((event, key) => key === LATE && event > 9_000 && event % 3 === 0);
  expect(places.lagging).toEqual([LATE]);
  expect(places.of(LATE)).toBe(9_002);
  const common = places.common;
  const untried = db
    .prepare(
      'SELECT min(event) AS first FROM fan_out WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE id = first_delivery)',
    )
    .get();
  expect(common).toBeLessThan(Number(untried?.['first']));
});
