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
/** As work goes on, a replay of an older event takes an id, and ids are set aside that nobody gets. */
const REPLAY_EVERY = 700;
const SKIP_EVERY = 7_777;

/** The delivery of an event to a subscription. */
const ids = new Map<string, number>();
/** The first event whose delivery to a subscription had no result when that was last looked for. */
const seen = new Map<number, number>();

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

/** Everything is published and settled but the newest, and what `isUntried` says; the places move on meanwhile. */
function work(isUntried: (event: number, key: number) => boolean): void {
  ids.clear();
  seen.clear();
  const fanOut = db.prepare('INSERT INTO fan_out VALUES (?, ?, ?)');
  for (let begin = 1; begin <= EVENTS; begin += TOGETHER) {
    db.exec('BEGIN');
    places.begun();
    for (let event = begin; event < begin + TOGETHER; event += 1) {
      if (event % REPLAY_EVERY === 0) result(++lastId, 1, PROMPT, true);
      if (event % SKIP_EVERY === 0) lastId += 3;
      fanOut.run(event, lastId + 1, packRecipients([PROMPT, LATE]));
      for (const key of [PROMPT, LATE]) ids.set(`${event} ${key}`, ++lastId);
      places.made(event as EventPosition, 2);
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
    told(settled.length);
    for (const key of [PROMPT, LATE]) expect(places.of(key)).toBeLessThan(firstUntried(key));
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

function told(results: number): void {
  places.written(results, [PROMPT, LATE]);
  if (places.isOverdue) while (places.lookAtOld());
}

function firstUntried(key: number): number {
  const row = db
    .prepare(
      `SELECT event FROM fan_out WHERE event > ? - 1
         AND NOT EXISTS (SELECT 1 FROM delivery WHERE id = first_delivery + ? - 1) ORDER BY event LIMIT 1`,
    )
    .get(seen.get(key) ?? 0, key);
  seen.set(key, Number(row?.['event']));
  return seen.get(key) ?? 0;
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
  places.begun();
  told(1);
  places.lookAtAll();
  expect(places.of(LATE)).toBeGreaterThan(7_000);
});

test('one that is tried now and then lags from the first delivery without a result', () => {
  work((event, key) => key === LATE && event > 9_000 && event % 3 === 0);
  expect(places.lagging).toEqual([LATE]);
  expect(places.of(LATE)).toBe(9_002);
});

test('what was made in a transaction that came to nothing ends no step', () => {
  places.begun();
  places.made(1_000 as EventPosition, 1_000_000);
  work(() => false);
  expect(places.common).toBeGreaterThan(EVENTS / 3);
  expect(places.lagging).toEqual([]);
});
