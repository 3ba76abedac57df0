import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DELIVERY_STATES } from '../../src/model/delivery.ts';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import { type KeptDeliveries, keepDeliveries, OLDEST_TYPE, RECIPIENTS } from '../support/kept-deliveries.ts';
import { type RunningService, serviceFolder } from '../support/service.ts';

const DELIVERIES = 1_000_000;

/**
 * A page is looked for 60 ms, then it comes as it is: on a busy machine in a few pieces. A search that goes through all
 * of them instead of going to what it seeks takes dozens.
 */
const MOST_PAGES = 5;
/** With a machine that does much else; what it takes on a quiet one is in docs/performance.md. */
const MOST_MS = 1_000;
const ROUNDS = 5;
/** `TIMES=1 npm test -- --project soak test/soak/list-pages.test.ts` shows how long each list took. */
const SHOWS_TIMES = process.env['TIMES'] !== undefined;

const folder = serviceFolder();
let kept: KeptDeliveries;
let running: RunningService;
const times: string[] = [];

beforeAll(async () => {
  const store = createSqliteStore({ path: join(folder.path, 'webhooks.db') });
  await store.open();
  const begun = performance.now();
  kept = await keepDeliveries(store, DELIVERIES, Date.now());
  times.push(
    `${ms(performance.now() - begun)}  keeping ${kept.deliveries} deliveries of ${kept.events} events`,
  );
  await store.close();
  running = await folder.start({ store: { url: 'sqlite:webhooks.db', max_size_mb: 10_000 } });
});
afterAll(async () => {
  if (SHOWS_TIMES) process.stdout.write(`${times.join('\n')}\n`);
  await folder.remove();
});

const page = z.object({ items: z.array(z.unknown()), next_cursor: z.string().nullable() });

async function get(path: string): Promise<unknown> {
  // Not held against its schema, which would count.
  const answer = await fetch(`${running.service.apiUrl}/api/webhooks${path}`);
  expect({ path, status: answer.status }).toEqual({ path, status: 200 });
  return answer.json();
}

/** Turns pages until as many are there as a page shows, as a person does. */
async function turn(
  path: string,
  limit: number,
): Promise<{ readonly found: number; readonly pages: number }> {
  const query = new URL(path, 'http://host');
  for (let found = 0, pages = 1; ; pages += 1) {
    const { items, next_cursor } = page.parse(await get(query.pathname + query.search));
    found += items.length;
    if (next_cursor === null || found >= limit) return { found, pages };
    query.searchParams.set('cursor', next_cursor);
  }
}

/** Asks several times, and tells the median in milliseconds. */
async function timed(path: string): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    await get(path);
    all.push(performance.now() - begun);
  }
  const median = all.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
  times.push(`${ms(median)}  ${decodeURIComponent(path) || '/'}`);
  return median;
}

function ms(duration: number): string {
  return `${duration.toFixed(1).padStart(9)} ms`;
}

/** What there is for it: a whole page, some, or nothing. */
type Amount = 'page' | 'some' | 'none';

async function expectQuick(path: string, amount: Amount, limit = 50): Promise<void> {
  const { found, pages } = await turn(path, limit);
  const seen: Amount = found >= limit ? 'page' : found > 0 ? 'some' : 'none';
  expect({ path, seen }).toEqual({ path, seen: amount });
  expect({ path, pages, isFew: pages <= MOST_PAGES }).toMatchObject({ path, isFew: true });
  const median = await timed(path);
  expect({ path, median, isQuick: median < MOST_MS }).toMatchObject({ path, isQuick: true });
}

const query = (filters: Record<string, string>): string => `?${new URLSearchParams(filters)}`;

/** An hour that many days ago. */
function hour(days: number): { readonly since: string; readonly until: string } {
  const begin = kept.until - days * 86_400_000;
  return { since: new Date(begin).toISOString(), until: new Date(begin + 3_600_000).toISOString() };
}

const cursor = (kind: 'd' | 'e', position: number): string =>
  Buffer.from(`${kind}${position}`).toString('base64url');

type Filters = readonly (readonly [filters: Record<string, string>, amount: Amount])[];

const TYPES: Filters = [
  [{ type: 'call.started' }, 'page'],
  [{ type: 'call.*' }, 'page'],
  [{ type: 'voicemail.deleted' }, 'page'],
  [{ type: 'pbx.disconnected' }, 'some'],
  [{ type: OLDEST_TYPE }, 'some'],
  [{ type: 'no.such' }, 'none'],
];

test('of a million deliveries every list of all subscriptions is found at once', async () => {
  await expectQuick('/deliveries', 'page');
  await expectQuick('/deliveries?limit=200', 'page', 200);
  for (const status of DELIVERY_STATES) await expectQuick(`/deliveries${query({ status })}`, 'page');
  for (const [filters, amount] of TYPES) await expectQuick(`/deliveries${query(filters)}`, amount);
  for (const call_id of kept.calls) await expectQuick(`/deliveries${query({ call_id })}`, 'some');
  await expectQuick('/deliveries?call_id=none', 'none');
  await expectQuick(`/deliveries${query(hour(0.04))}`, 'page');
  await expectQuick(`/deliveries${query(hour(15))}`, 'page');
  await expectQuick(`/deliveries${query(hour(40))}`, 'none');
  await expectQuick(`/deliveries${query({ cursor: cursor('d', kept.deliveries >> 1) })}`, 'page');
  await expectQuick(`/deliveries${query({ cursor: cursor('d', 20) })}`, 'some');
});

test.each(Object.keys(RECIPIENTS) as (keyof typeof RECIPIENTS)[])(
  'of a million deliveries every list of the subscription %s is found at once',
  async (name) => {
    const { id, events } = RECIPIENTS[name];
    const own = `/${id}/deliveries`;
    const wants = (type: string): boolean =>
      events.some((pattern) => type.startsWith(pattern.replace('*', '')));
    await expectQuick(own, 'page');
    await expectQuick(`/deliveries${query({ subscription: id })}`, 'page');
    await expectQuick(
      `${own}?cursor=${cursor('d', kept.deliveries >> 1)}`,
      name === 'disabled' ? 'some' : 'page',
    );
    for (const status of DELIVERY_STATES) {
      await expectQuick(own + query({ status }), AMOUNTS[name][status]);
    }
    for (const [filters, amount] of TYPES) {
      const { type = '' } = filters;
      await expectQuick(own + query(filters), wants(type) ? amount : 'none');
    }
    const { since } = hour(15);
    await expectQuick(
      own + query({ since, until: hour(5).until, type: 'pbx.disconnected' }),
      wants('pbx.disconnected') ? 'some' : 'none',
    );
    await expectQuick(own + query({ status: 'delivered', type: 'no.such' }), 'none');
  },
);

/** What there is of each state. */
const AMOUNTS: Record<keyof typeof RECIPIENTS, Record<(typeof DELIVERY_STATES)[number], Amount>> = {
  all: { pending: 'none', delivered: 'page', dead: 'page', expired: 'none' },
  crm: { pending: 'none', delivered: 'page', dead: 'page', expired: 'none' },
  mail: { pending: 'none', delivered: 'page', dead: 'some', expired: 'none' },
  broken: { pending: 'page', delivered: 'none', dead: 'page', expired: 'page' },
  disabled: { pending: 'page', delivered: 'none', dead: 'none', expired: 'none' },
};

test('of a million deliveries the dead letters are found at once', async () => {
  await expectQuick('/dead-letters', 'page');
  for (const { id } of Object.values(RECIPIENTS)) {
    await expectQuick(`/dead-letters${query({ subscription: id, type: 'no.such' })}`, 'none');
  }
  for (const [filters, amount] of TYPES) await expectQuick(`/dead-letters${query(filters)}`, amount);
  await expectQuick(`/dead-letters${query(hour(15))}`, 'page');
  await expectQuick(`/dead-letters${query({ cursor: cursor('d', kept.deliveries >> 1) })}`, 'page');
});

test('events beside a million deliveries are found at once', async () => {
  await expectQuick('/events', 'page');
  for (const [filters, amount] of TYPES) await expectQuick(`/events${query(filters)}`, amount);
  for (const call_id of kept.calls) await expectQuick(`/events${query({ call_id })}`, 'some');
  await expectQuick(`/events${query(hour(15))}`, 'page');
  await expectQuick(`/events${query(hour(40))}`, 'none');
  await expectQuick(
    `/events${query({ cursor: cursor('e', ((kept.from + kept.until) / 2) * 1_024) })}`,
    'page',
  );
});

test('what one view shows beside a million deliveries is there at once', async () => {
  const { items } = z
    .object({ items: z.array(z.object({ event_id: z.string() })) })
    .parse(await get(`/events${query({ call_id: kept.calls[1] ?? '' })}`));
  const paths = [
    '',
    `/${RECIPIENTS.broken.id}`,
    `/events/${items[0]?.event_id}`,
    `/deliveries/${kept.deliveries >> 1}`,
    '/stats',
    '/event-types',
  ];
  for (const path of paths) {
    const median = await timed(path);
    expect({ path, median, isQuick: median < MOST_MS }).toMatchObject({ path, isQuick: true });
  }
});
