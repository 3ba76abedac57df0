import { describe, expect, test } from 'vitest';
import { DELIVERY_STATES, type DeliveryState } from '../../src/model/delivery.ts';
import { acceptedAt, type PublishedEvent } from '../../src/model/event.ts';
import type { CallId, DeliveryId, SubscriptionId } from '../../src/model/ids.ts';
import type { EventQuery, Settlement, Store } from '../../src/store/store.ts';
import type { Micros } from '../../src/util/clock.ts';
import { compilePatterns } from '../../src/util/patterns.ts';
import {
  allDeliveries,
  at,
  attempt,
  delivery,
  event,
  expiry,
  failedAttempt,
  publication,
  publishTogether,
  settlement,
  subscription,
} from '../support/store-samples.ts';
import type { StoreUnderTest } from './store-suite.ts';

const EVENTS = 1_500;

const crm = subscription('crm');
const erp = subscription('erp');

interface Kept {
  readonly id: number;
  readonly to: SubscriptionId;
  readonly event: PublishedEvent;
  readonly state: DeliveryState;
  readonly createdAt: Micros;
}

/** Two of them once, one now and then, and two all the time. */
function typeOf(n: number): string {
  if (n === 3) return 'paging.started';
  if (n === 790) return 'conference.started';
  if (n % 250 === 0) return 'trunk.unregistered';
  return n % 3 === 0 ? 'voicemail.new' : 'call.started';
}

/** What a history longer than any shortcut through it holds, beside a list in memory. */
class History {
  readonly events: PublishedEvent[] = [];
  kept: Kept[] = [];
  #lastId = 0;

  /** Starts anew in the middle of it, and tells the store as it is then. */
  async fill(under: StoreUnderTest): Promise<Store> {
    let store = await opened(under);
    for (const one of [crm, erp]) await store.saveSubscription(one);
    for (let n = 1; n <= EVENTS; n += 1) {
      this.events.push(event(n * 1_000, { type: typeOf(n), callId: `call-${n >> 2}` as CallId }));
      if (n % 100 === 0) await this.#publish(store, n - 100, n);
      // A few of the first are sent once more.
      if (n === 700) await this.#replay(store, [2, 249, 600]);
      if (n === 800) {
        await store.close();
        store = await opened(under);
      }
    }
    return store;
  }

  /** One gets all of it but every fifth, the other what is rare; it lags far behind. */
  async #publish(store: Store, from: number, to: number): Promise<void> {
    const ended: Settlement[] = [];
    const publications = this.events.slice(from, to).map((one, index) => {
      const n = from + index + 1;
      const isRare = one.type !== 'call.started';
      const receivers = [...(n % 5 === 4 ? [] : [crm.id]), ...(isRare ? [erp.id] : [])];
      const deliveries = receivers.map((id) => delivery(++this.#lastId, id));
      const made = publication(one, deliveries);
      for (const { id, subscriptionId } of deliveries) {
        const state = subscriptionId === crm.id ? this.#endOf(id, n) : n < 20 ? 'dead' : 'pending';
        this.kept.push({ id, to: subscriptionId, event: one, state, createdAt: acceptedAt(one.position) });
        ended.push(...this.#settlements(id, subscriptionId, state, n));
      }
      return made;
    });
    await publishTogether(store, publications, [], ended);
  }

  #endOf(id: number, n: number): DeliveryState {
    if (n > EVENTS - 60) return 'pending';
    if (id % 11 === 0) return 'dead';
    return id % 190 === 0 ? 'expired' : 'delivered';
  }

  #settlements(id: number, to: SubscriptionId, state: DeliveryState, n: number): readonly Settlement[] {
    if (state === 'expired') return [expiry(id, to, at(n + 1))];
    if (state === 'delivered') return [settlement(id, to, { state }, attempt(1, { startedAt: at(n) }))];
    if (state === 'dead') return [settlement(id, to, { state }, failedAttempt(1, { startedAt: at(n) }))];
    // Of those that wait some have been tried.
    return n % 7 === 0 ? [settlement(id, to, { state, dueAt: at(9_000) }, failedAttempt(1))] : [];
  }

  async #replay(store: Store, which: readonly number[]): Promise<void> {
    const events = which.flatMap((index) => this.events[index] ?? []);
    const dueAt = at(701);
    const redeliveries = events.map((one) => ({ id: ++this.#lastId as DeliveryId, event: one.position }));
    await store.redeliver(crm.id, redeliveries, dueAt);
    for (const [n, { id }] of redeliveries.entries()) {
      const one = events[n];
      if (one !== undefined)
        this.kept.push({ id, to: crm.id, event: one, state: 'pending', createdAt: dueAt });
    }
  }
}

async function opened(under: StoreUnderTest): Promise<Store> {
  const store = under.reopen();
  await store.open();
  return store;
}

const TYPES = [
  undefined,
  ['*'],
  ['call.*', 'no.such'],
  ['trunk.*'],
  ['paging.started'],
  ['conference.started'],
  ['no.such'],
];
const TIMES = [{}, { since: at(740) }, { until: at(260) }, { since: at(690), until: at(720) }] as const;

function isWithin(time: Micros, { since, until }: { readonly since?: Micros; readonly until?: Micros }) {
  return time >= (since ?? Number.NEGATIVE_INFINITY) && time < (until ?? Number.POSITIVE_INFINITY);
}

async function expectDeliveries(store: Store, { kept }: History): Promise<void> {
  const newestFirst = kept.toSorted((a, b) => b.id - a.id);
  for (const subscriptionId of [undefined, crm.id, erp.id]) {
    for (const state of [undefined, ...DELIVERY_STATES]) {
      for (const types of TYPES) {
        for (const range of TIMES) {
          const query = { subscriptionId, state, types, ...range, limit: 40 };
          const wants = compilePatterns(types ?? ['*']);
          const expected = newestFirst.filter(
            (one) =>
              (subscriptionId ?? one.to) === one.to &&
              (state ?? one.state) === one.state &&
              wants(one.event.type) &&
              isWithin(one.createdAt, range),
          );
          const found = await allDeliveries(store, query);
          expect({ query, ids: found.map(({ id }) => id) }).toEqual({
            query,
            ids: expected.map(({ id }) => id),
          });
        }
      }
    }
  }
}

async function expectEvents(store: Store, { events }: History): Promise<void> {
  for (const types of TYPES) {
    for (const range of TIMES) {
      const wants = compilePatterns(types ?? ['*']);
      const expected = events.filter(
        ({ type, position }) => wants(type) && isWithin(acceptedAt(position), range),
      );
      const found: string[] = [];
      for (let before: EventQuery['before']; ; ) {
        const page = await store.events({ types, ...range, before, limit: 40 });
        found.push(...page.events.map(({ id }) => id));
        if (page.next === undefined) break;
        expect(page.next).toBeLessThanOrEqual(before ?? page.next);
        before = page.next;
      }
      expect({ types, range, found }).toEqual({
        types,
        range,
        found: expected.toReversed().map(({ id }) => id),
      });
    }
  }
}

/** Lists of what is rare among much else: what every store must find; run over each implementation. */
export function describeLongHistory(name: string, create: () => StoreUnderTest): void {
  describe(name, () => {
    test('finds by every filter what a list in memory finds, also after a restart and a prune', async () => {
      const under = create();
      const history = new History();
      let store = await history.fill(under);
      await expectDeliveries(store, history);
      await expectEvents(store, history);

      await store.close();
      store = await opened(under);
      await expectDeliveries(store, history);

      const before = at(600);
      for (let after: Parameters<Store['prune']>[0]['after']; ; ) {
        after = (await store.prune({ before, after })).next;
        if (after === undefined) break;
      }
      const isOld = ({ event: { position } }: Kept) => acceptedAt(position) < before;
      const hasEnded = ({ state }: Kept) => state === 'delivered' || state === 'expired';
      history.kept = history.kept.filter((one) => !(isOld(one) && hasEnded(one)));
      await expectDeliveries(store, history);
      await store.close();
      await under.dispose();
    });
  });
}
