import type { DatabaseSync } from 'node:sqlite';
import { DELIVERY_STATES, type DeliveryState } from '../../model/delivery.ts';
import { type DeliveryId, EVENTS_PER_MS, type EventId } from '../../model/ids.ts';

/** Marks a database as ours (`PRAGMA application_id`): "pbxw". */
export const APPLICATION_ID = 0x70627877;

/**
 * Step n leads from version n to n + 1 (`PRAGMA user_version`). A step that was released never changes.
 *
 * Tables are made for few writes. An event's and an attempt's place in their table follow from their ids (its
 * position, {@link attemptKey}), so that neither needs an index. A delivery has no row before its first result: until
 * then its event's row in `fan_out` stands for it, so that publishing appends as much for a thousand subscriptions as
 * for one, and what goes well never enters an index of what waits.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- One row: what ids continue from, also when everything older has been deleted.
  CREATE TABLE progress (
    last_event_ms INTEGER NOT NULL,
    last_delivery INTEGER NOT NULL
  ) STRICT;
  INSERT INTO progress VALUES (0, 0);

  CREATE TABLE subscription (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    definition TEXT NOT NULL,                  -- JSON, all of it
    success_count INTEGER NOT NULL DEFAULT 0,
    failure_count INTEGER NOT NULL DEFAULT 0,
    failed_attempts INTEGER NOT NULL DEFAULT 0,
    last_sent INTEGER,                         -- microseconds, as every time here
    removed INTEGER NOT NULL DEFAULT 0         -- kept for the history that names it
  ) STRICT;
  CREATE UNIQUE INDEX subscription_url ON subscription (url) WHERE removed = 0;

  CREATE TABLE event (
    key INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    call_id TEXT,
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    subscription INTEGER NOT NULL,
    state INTEGER NOT NULL,                    -- 0 pending, 1 delivered, 2 dead, 3 expired
    at INTEGER NOT NULL,                       -- when it is due; once it has ended, when that was
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX delivery_pending ON delivery (subscription, at, id) WHERE state = 0;
  CREATE INDEX delivery_dead ON delivery (subscription, id) WHERE state = 2;

  CREATE TABLE attempt (
    key INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    duration_ms REAL NOT NULL,
    status INTEGER,
    headers TEXT,
    body TEXT,
    error_code TEXT,
    error TEXT
  ) STRICT;
  `,
  `
  CREATE TABLE memo (
    pbx TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,                       -- JSON
    PRIMARY KEY (pbx, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Those that wait for another attempt: few, and none of them when all goes well.
  CREATE INDEX delivery_retrying ON delivery (subscription, id) WHERE state = 0 AND attempts > 0;
  `,
  `
  -- Lists, replays and retention. What is appended in the order of its index costs about a microsecond a row.
  CREATE INDEX delivery_of_subscription ON delivery (subscription, id);
  CREATE INDEX delivery_of_event ON delivery (event);
  CREATE INDEX event_call ON event (call_id, key) WHERE call_id IS NOT NULL;
  CREATE INDEX delivery_any_dead ON delivery (id) WHERE state = 2;
  CREATE INDEX delivery_expired ON delivery (subscription, id) WHERE state = 3;

  -- Attempts made before someone asked for it, by a retry or a replay; null when nobody did.
  ALTER TABLE delivery ADD COLUMN asked_after INTEGER;

  -- Of the failures those that expired.
  ALTER TABLE subscription ADD COLUMN expired_count INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Who gets an event; whose delivery has no row of its own has not been tried.
  CREATE TABLE fan_out (
    event INTEGER PRIMARY KEY,
    first_delivery INTEGER NOT NULL,
    recipients TEXT NOT NULL                   -- keys of subscriptions, see recipients.ts
  ) STRICT;

  -- All deliveries of events up to this one have their rows, but for subscriptions that lag behind: each tells from
  -- where on it has some without. Both may be too low.
  ALTER TABLE progress ADD COLUMN tried_up_to INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE subscription ADD COLUMN tried_up_to INTEGER;
  UPDATE progress SET tried_up_to = (SELECT ifnull(max(key), 0) FROM event);

  -- Of an event's JSON only its data is kept: all else follows from the other columns. Its timestamp has 27 characters.
  ALTER TABLE event RENAME COLUMN body TO data;
  UPDATE event SET data = substr(data, instr(data, '"timestamp":"') + 49, length(data) - instr(data, '"timestamp":"') - 49);

  -- Of what was delivered in one request its attempt is kept once, under one of the deliveries; this names it.
  ALTER TABLE delivery ADD COLUMN delivered_with INTEGER;
  `,
  `
  -- A coarse index, see zones.ts: ranges of events and of deliveries, each behind its first number and up to its last.
  CREATE TABLE zone (
    key INTEGER PRIMARY KEY,
    after_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    after_delivery INTEGER NOT NULL,
    last_delivery INTEGER NOT NULL,
    contents TEXT NOT NULL
  ) STRICT;
  INSERT INTO zone SELECT 1, 0, max(event.key), 0, progress.last_delivery, '*' FROM event, progress HAVING count(*) > 0;

  -- Whatever a list is filtered by, it finds by the state; and what is not delivered is little.
  CREATE INDEX delivery_by_state ON delivery (subscription, state, id);
  CREATE INDEX delivery_undelivered ON delivery (state, id) WHERE state <> 1;
  DROP INDEX delivery_of_subscription;
  DROP INDEX delivery_dead;
  DROP INDEX delivery_any_dead;
  DROP INDEX delivery_expired;
  DROP INDEX delivery_retrying;
  `,
  `
  -- An event's deliveries lie where its row in fan_out says, but for those that are apart (1, else null): replays, and
  -- what was there before fan_out. So what is delivered at once, which is nearly all, enters no index.
  ALTER TABLE delivery ADD COLUMN apart INTEGER;
  UPDATE delivery SET apart = 1 WHERE NOT EXISTS (
    SELECT 1 FROM fan_out f WHERE f.event = delivery.event
      AND delivery.id >= f.first_delivery AND delivery.id < f.first_delivery + length(f.recipients) / 7);
  CREATE INDEX delivery_apart ON delivery (event) WHERE apart = 1;
  DROP INDEX delivery_of_event;
  CREATE INDEX delivery_undelivered_to ON delivery (subscription, state, id) WHERE state <> 1;
  DROP INDEX delivery_by_state;
  `,
  `
  -- How the requests of each subscription are made from when on, without secrets and without the values of its headers:
  -- what an attempt sent follows from its start. See request-shapes.ts.
  CREATE TABLE request_shape (
    subscription INTEGER NOT NULL,
    since INTEGER NOT NULL,
    shape TEXT,                                -- JSON; null: the subscription had been removed by then
    PRIMARY KEY (subscription, since)
  ) STRICT, WITHOUT ROWID;

  -- Of attempts made before, the best that can be told; json_patch leaves out what is null.
  INSERT INTO request_shape SELECT key, 0, json_patch(
      json_object(
        'url', url,
        'headers', json((SELECT json_group_object(h.key, iif(h.value = '', '', '•••')) FROM json_each(definition, '$.headers') h)),
        'isSigned', json(iif(definition ->> '$.secret' IS NULL, 'false', 'true'))),
      json_object(
        'format', definition ->> '$.options.format',
        'template', definition ->> '$.options.template',
        'transform', definition ->> '$.options.transform',
        'batch', json(iif(definition -> '$.options.batch' IS NULL, 'null', 'true'))))
    FROM subscription WHERE removed = 0;
  `,
  `
  -- What ids continue from is told by the newest event; progress tells of what is not kept any more, see progress.ts.
  -- An older program would hand out ids anew: it must not open this.
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

export function userVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/** Brings an empty or older database to this version, whole or not at all. */
export function migrate(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE');
  for (const step of MIGRATIONS.slice(userVersion(db))) {
    db.exec(step);
  }
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

export const STATE_NUMBERS = { pending: 0, delivered: 1, dead: 2, expired: 3 } as const satisfies Record<
  DeliveryState,
  number
>;

export function stateOf(stored: number): DeliveryState {
  return DELIVERY_STATES.find((state) => STATE_NUMBERS[state] === stored) ?? 'pending';
}

/** The keys that an event with this id can have: a type may end in digits of its own. */
export function possibleKeys(id: EventId): readonly number[] {
  const [, ms = '', n = ''] = /^.+?-(\d+)(?:-(\d+))?$/.exec(id.slice(-64)) ?? [];
  const alone = Number(n === '' ? ms : n) * EVENTS_PER_MS;
  const together = Number(ms) * EVENTS_PER_MS + Number(n);
  const keys = n !== '' && Number(n) < EVENTS_PER_MS ? [together, alone] : [alone];
  return keys.filter(Number.isSafeInteger);
}

export function eventIdOf(key: number, type: string): EventId {
  const n = key % EVENTS_PER_MS;
  const ms = (key - n) / EVENTS_PER_MS;
  return (n === 0 ? `${type}-${ms}` : `${type}-${ms}-${n}`) as EventId;
}

/** Attempts of one delivery lie side by side; later ones than the last that has room take its place. */
export const ATTEMPTS_PER_DELIVERY = 1_024;

export function attemptKey(delivery: DeliveryId, number: number): number {
  return delivery * ATTEMPTS_PER_DELIVERY + Math.min(number, ATTEMPTS_PER_DELIVERY - 1);
}

/** First and last possible row of a delivery's attempts. */
export function attemptRange(delivery: number): readonly [number, number] {
  return [delivery * ATTEMPTS_PER_DELIVERY, (delivery + 1) * ATTEMPTS_PER_DELIVERY - 1];
}
