import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallId, DeliveryId, EventId, PbxName, SubscriptionId } from '../../src/model/ids.ts';
import type { DuePage, Store } from '../../src/store/store.ts';
import {
  allDeliveries,
  at,
  attempt,
  delivery,
  event,
  failedAttempt,
  publication,
  publish,
  publishTogether,
  settlement,
  subscription,
} from '../support/store-samples.ts';

export interface StoreUnderTest {
  /** A store over the same data each time it is called; the one before is closed by then. */
  reopen(): Store;
  dispose(): Promise<void>;
}

const START = { dueAt: at(-1_000_000), id: 0 as DeliveryId };
const crm = subscription('crm');
const erp = subscription('erp');

function dataIn(page: DuePage): readonly string[] {
  return page.deliveries.map(({ event: { data } }) => data);
}

function ids(page: DuePage): readonly number[] {
  return page.deliveries.map(({ id }) => id);
}

/** What every store must do; run over each implementation. */
export function describeStore(name: string, create: () => StoreUnderTest): void {
  describe(name, () => {
    let under: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      under = create();
      store = under.reopen();
      await store.open();
    });
    afterEach(async () => {
      await store.close();
      await under.dispose();
    });

    async function restart(): Promise<Awaited<ReturnType<Store['open']>>> {
      await store.close();
      store = under.reopen();
      return store.open();
    }

    function due(subscriptionId: SubscriptionId, over: Partial<Parameters<Store['due']>[0]> = {}) {
      return store.due({ subscriptionId, after: START, by: at(4), limit: 100, maxCharacters: 1e9, ...over });
    }

    test('keeps what is to be remembered, and forgets it when told so', async () => {
      const memo = (pbx: string, key: string, state: string | null) => ({ pbx: pbx as PbxName, key, state });
      expect(await store.memos()).toEqual([]);
      await publishTogether(store, [], [memo('main', 'call:1', '{"a":1}'), memo('branch', 'call:1', '[]')]);
      await publishTogether(store, [publication(event(1), [])], [memo('main', 'call:1', '{"a":2}')]);
      await restart();
      expect(await store.memos()).toEqual([
        memo('branch', 'call:1', '[]'),
        memo('main', 'call:1', '{"a":2}'),
      ]);
      await publishTogether(store, [], [memo('main', 'call:1', null), memo('main', 'call:2', null)]);
      await restart();
      expect(await store.memos()).toEqual([memo('branch', 'call:1', '[]')]);
    });

    test('keeps events and what they leave to remember as a whole or not at all', async () => {
      await store.saveSubscription(crm);
      await publish(store, event(1), [delivery(1, crm.id)]);
      const remembered = [{ pbx: 'main' as PbxName, key: 'call:1', state: '{}' }];
      const together = [
        publication(event(2), [delivery(2, crm.id)]),
        publication(event(1), [delivery(3, crm.id)]),
      ];
      await expect(publishTogether(store, together, remembered)).rejects.toMatchObject({
        code: 'store_failed',
      });
      await restart();
      expect(await store.memos()).toEqual([]);
      expect(ids(await due(crm.id))).toEqual([1]);
    });

    test('tells since when the oldest of each queue waits, also where it waits for another attempt', async () => {
      expect(await store.oldestPending()).toEqual([]);
      await store.saveSubscription(crm);
      await store.saveSubscription(erp);
      expect(await store.oldestPending()).toEqual([]);
      await publish(store, event(1_000), [delivery(1, crm.id), delivery(2, erp.id)]);
      await publish(store, event(2_000), [delivery(3, crm.id), delivery(4, erp.id)]);
      const oldest = (id: SubscriptionId, seconds: number) => ({
        subscriptionId: id,
        createdAt: at(seconds),
      });
      expect(await store.oldestPending()).toEqual([oldest(crm.id, 1), oldest(erp.id, 1)]);
      await store.settle([
        settlement(1, crm.id, { state: 'pending', dueAt: at(60) }),
        settlement(2, erp.id, { state: 'dead' }),
      ]);
      expect(await store.oldestPending()).toEqual([oldest(crm.id, 1), oldest(erp.id, 2)]);
      await store.settle([settlement(3, crm.id, { state: 'pending', dueAt: at(30) })]);
      expect(await store.oldestPending()).toEqual([oldest(crm.id, 1), oldest(erp.id, 2)]);
      await store.retry(2 as DeliveryId, at(90));
      expect(await store.oldestPending()).toEqual([oldest(crm.id, 1), oldest(erp.id, 1)]);
      await store.settle([settlement(1, crm.id)]);
      await store.removeSubscription(erp.id);
      expect(await store.oldestPending()).toEqual([oldest(crm.id, 2)]);
    });

    test('a new store has no ids to continue from', async () => {
      expect(await restart()).toEqual({ lastEventMs: 0, lastDeliveryId: 0 });
    });

    test('tells after a restart the newest event and delivery that were committed', async () => {
      await store.saveSubscription(crm);
      await publish(store, event(3), [delivery(6, crm.id)]);
      await publish(store, event(5), [delivery(7, crm.id), delivery(8, crm.id)]);
      expect(await restart()).toEqual({ lastEventMs: 1_765_108_800_005, lastDeliveryId: 8 });
    });

    test('tells of ids that were handed out for events that it does not keep, and never of older ones', async () => {
      await publish(store, event(3), []);
      await store.passOver(event(7).position);
      await store.passOver(event(5).position);
      expect(await restart()).toMatchObject({ lastEventMs: 1_765_108_800_007 });
      expect((await store.events({ limit: 9 })).events).toHaveLength(1);
    });

    test('gives back a pending delivery with the exact data, type, call and time of its event', async () => {
      await store.saveSubscription(crm);
      const published = event(1, {
        callId: '1765108800.12' as CallId,
        data: '{"name":"Zoë \\u0000 \u{1F4DE}"}',
      });
      await publish(store, published, [delivery(1, crm.id)]);
      await restart();
      expect(await due(crm.id)).toEqual({
        deliveries: [{ id: 1, subscriptionId: crm.id, event: published, attempts: 0, dueAt: at(0.001) }],
      });
    });

    test('keeps events of one millisecond and of types that end in digits apart', async () => {
      await store.saveSubscription(crm);
      const same = ['a.b-1765108800001', 'a.b-1765108800001-1', 'user.7-1765108800001-1023'] as EventId[];
      const types = ['a.b', 'a.b', 'user.7'];
      for (const [n, id] of same.slice(0, 2).entries()) {
        await publish(store, event(1, { id, type: types[n] ?? '' }), [delivery(n + 1, crm.id)]);
      }
      await publish(store, event(1, { id: same[2] as EventId, type: 'user.7' }), [delivery(3, crm.id)]);
      expect((await due(crm.id)).deliveries.map((d) => d.event.id)).toEqual(same);
    });

    test('refuses an event whose id is taken, and keeps the others that were asked at the same time', async () => {
      await store.saveSubscription(crm);
      await publish(store, event(1), [delivery(1, crm.id)]);
      const results = await Promise.allSettled([
        publish(store, event(2), [delivery(2, crm.id)]),
        publish(store, event(1, { data: 'another' }), [delivery(3, crm.id)]),
        publish(store, event(4), [delivery(4, crm.id)]),
        store.settle([settlement(1, crm.id)]),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect(ids(await due(crm.id))).toEqual([2, 4]);
    });

    test('an event without deliveries is kept as well', async () => {
      await publish(store, event(9), []);
      expect((await restart()).lastEventMs).toBe(1_765_108_800_009);
    });

    test('one event to many subscriptions waits once for each', async () => {
      await store.saveSubscription(crm);
      await store.saveSubscription(erp);
      await publish(store, event(1), [delivery(1, crm.id), delivery(2, erp.id)]);
      expect(ids(await due(crm.id))).toEqual([1]);
      expect(ids(await due(erp.id))).toEqual([2]);
    });

    test('pages through what is due by time and id, and tells when the next one is due', async () => {
      await store.saveSubscription(crm);
      for (const id of [1, 2, 3, 4, 5]) await publish(store, event(id), [delivery(id, crm.id)]);
      const again = (id: number, seconds: number) =>
        settlement(id, crm.id, { state: 'pending', dueAt: at(seconds) }, failedAttempt(1));
      await store.settle([again(2, -5), again(4, 60), again(5, -5)]);
      const first = await due(crm.id, { limit: 3 });
      expect(ids(first)).toEqual([2, 5, 1]);
      expect(first.nextDueAt).toBe(at(0.003));
      const second = await due(crm.id, { after: { dueAt: at(0.001), id: 1 as DeliveryId }, limit: 3 });
      expect(ids(second)).toEqual([3]);
      expect(second.nextDueAt).toBe(at(60));
      const last = await due(crm.id, { after: { dueAt: at(0.003), id: 3 as DeliveryId }, by: at(60) });
      expect(ids(last)).toEqual([4]);
      expect(last.nextDueAt).toBeUndefined();
    });

    test('ends a page once its data is large enough, but always gives one', async () => {
      await store.saveSubscription(crm);
      for (const id of [1, 2, 3]) {
        await publish(store, event(id, { data: 'x'.repeat(100) }), [delivery(id, crm.id)]);
      }
      const page = await due(crm.id, { maxCharacters: 150 });
      expect(dataIn(page)).toHaveLength(2);
      expect(page.nextDueAt).toBe(at(0.003));
      expect(ids(await due(crm.id, { maxCharacters: 1 }))).toEqual([1]);
    });

    test('a settled delivery waits no more; a failed one waits until its new time', async () => {
      await store.saveSubscription(crm);
      await publish(store, event(1), [delivery(1, crm.id)]);
      await publish(store, event(2), [delivery(2, crm.id)]);
      await publish(store, event(3), [delivery(3, crm.id)]);
      await store.settle([
        settlement(1, crm.id),
        settlement(2, crm.id, { state: 'pending', dueAt: at(5) }, failedAttempt(1)),
        settlement(3, crm.id, { state: 'dead' }, failedAttempt(1)),
      ]);
      await restart();
      expect(await due(crm.id)).toEqual({ deliveries: [], nextDueAt: at(5) });
      const later = await due(crm.id, { by: at(5) });
      expect(later.deliveries).toMatchObject([{ id: 2, attempts: 1, dueAt: at(5) }]);
    });

    test('keeps status, headers, body, duration and error of every attempt', async () => {
      await store.saveSubscription(crm);
      await publish(store, event(1), [delivery(1, crm.id)]);
      const response = {
        status: 503,
        headers: '{"retry-after":"7","set-cookie":["a","b"]}',
        body: 'busy \u{1F4DE}',
      };
      const attempts = [
        failedAttempt(1),
        attempt(2, { outcome: { kind: 'response', response } }),
        failedAttempt(3, {
          outcome: {
            kind: 'error',
            code: 'network',
            message: 'closed',
            response: { ...response, body: 'ha' },
          },
        }),
      ];
      await store.settle([settlement(1, crm.id, { state: 'pending', dueAt: at(1) }, attempts[0])]);
      await store.settle([settlement(1, crm.id, { state: 'pending', dueAt: at(2) }, attempts[1])]);
      await store.settle([settlement(1, crm.id, { state: 'dead' }, attempts[2])]);
      await restart();
      const [record] = (await store.deliveries({ limit: 10 })).deliveries;
      expect(record).toEqual({
        id: 1,
        subscriptionId: crm.id,
        eventId: event(1).id,
        eventType: 'call.started',
        state: 'dead',
        attempts: 3,
        createdAt: at(0.001),
        endedAt: at(3) + 12_500,
        dueAt: undefined,
        history: attempts,
      });
    });

    test('a second result for a delivery that has ended changes nothing', async () => {
      await store.saveSubscription(crm);
      await publish(store, event(1), [delivery(1, crm.id)]);
      await store.settle([settlement(1, crm.id)]);
      await store.settle([settlement(1, crm.id, { state: 'dead' }, failedAttempt(2))]);
      expect(await store.deliveries({ limit: 10 })).toMatchObject({
        deliveries: [{ state: 'delivered', attempts: 1 }],
      });
      const [record] = await store.subscriptions();
      expect(record?.stats).toMatchObject({ successCount: 1, failureCount: 0, failedAttempts: 0 });
    });

    test('of many deliveries that end together only those that waited do, each with its attempt', async () => {
      const many = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
      await store.saveSubscription(crm);
      await publishTogether(
        store,
        many(80).map((id) => publication(event(id), [delivery(id, crm.id)])),
        [],
        [...many(40), 80].map((id) => settlement(id, crm.id, { state: 'dead' }, failedAttempt(1))),
      );
      const together = attempt(1);
      const delivered = (id: number) => settlement(id, crm.id, { state: 'delivered' }, together);
      await store.settle([delivered(60), delivered(70)]);
      await store.settle(many(80).slice(30).map(delivered));
      await restart();

      const deliveries = await allDeliveries(store);
      expect(deliveries.map(({ id }) => id)).toEqual(many(80).toReversed());
      for (const { id, state, attempts, history } of deliveries) {
        expect({ state, attempts, history }).toEqual(
          id <= 40 || id === 80
            ? { state: 'dead', attempts: 1, history: [failedAttempt(1)] }
            : { state: 'delivered', attempts: 1, history: [together] },
        );
      }
      const [record] = await store.subscriptions();
      expect(record?.stats).toMatchObject({
        successCount: 39,
        failureCount: 41,
        failedAttempts: 41,
        backlog: 0,
      });
    });

    test('what one caller can not store leaves all others as they are', async () => {
      await store.saveSubscription(crm);
      const good = [1, 2, 3].map((id) => publication(event(id), [delivery(id, crm.id)]));
      const many = Array.from({ length: 50 }, (_, n) => publication(event(100 + n), []));
      const outcomes = await Promise.allSettled([
        publishTogether(store, good.slice(0, 1)),
        publishTogether(store, [...many, publication(event(1), [delivery(1, crm.id)])]),
        publishTogether(store, good.slice(1, 2)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      await publishTogether(store, good.slice(2));
      const { events } = await store.events({ limit: 100 });
      expect(events.map(({ id }) => id)).toEqual([3, 2, 1].map((n) => event(n).id));
    });

    test('of units that come in one call those that can be stored are', async () => {
      await store.saveSubscription(crm);
      const unit = (id: number) => ({
        publications: [publication(event(id), [delivery(id, crm.id)])],
        memos: [],
        ended: [],
      });
      const refusals = await store.publish([unit(1), unit(2), unit(1), unit(3)]);
      expect([...refusals].map(([place, { code }]) => [place, code])).toEqual([[2, 'store_failed']]);
      const { events } = await store.events({ limit: 100 });
      expect(events.map(({ id }) => id)).toEqual([3, 2, 1].map((n) => event(n).id));
    });

    test('what can not be handed over is refused, and whom it named first gets what comes after it', async () => {
      await store.saveSubscription(crm);
      const strange = event(1, { data: (() => {}) as unknown as string });
      await expect(publish(store, strange, [delivery(1, crm.id)])).rejects.toThrow();
      await publish(store, event(2), [delivery(2, crm.id)]);
      await store.saveSubscription(erp);
      await publish(store, event(3), [delivery(3, erp.id), delivery(4, crm.id)]);
      expect(ids(await due(crm.id))).toEqual([2, 4]);
      expect(ids(await due(erp.id))).toEqual([3]);
    });

    test('who is named for the first time while another write is under way gets what it is to get', async () => {
      await store.saveSubscription(crm);
      await Promise.all([
        publish(store, event(1), []),
        nextTurn().then(() => publish(store, event(2), [delivery(1, crm.id)])),
      ]);
      await publish(store, event(3), [delivery(2, crm.id)]);
      expect(ids(await due(crm.id))).toEqual([1, 2]);
    });

    test('lists deliveries newest first by subscription, state and page', async () => {
      await store.saveSubscription(crm);
      await store.saveSubscription(erp);
      for (const id of [1, 2, 3, 4]) {
        await publish(store, event(id), [delivery(id, id === 4 ? erp.id : crm.id)]);
      }
      await store.settle([settlement(2, crm.id, { state: 'dead' }, failedAttempt(1))]);
      const list = async (query: Partial<Parameters<Store['deliveries']>[0]>) =>
        (await store.deliveries({ limit: 10, ...query })).deliveries.map(({ id }) => id);
      expect(await list({})).toEqual([4, 3, 2, 1]);
      expect(await list({ subscriptionId: crm.id })).toEqual([3, 2, 1]);
      expect(await list({ state: 'dead' })).toEqual([2]);
      expect(await list({ before: 3 as DeliveryId, limit: 1 })).toEqual([2]);
    });

    test('gives back a subscription as it was saved, with its counters', async () => {
      const full = subscription('full', {
        events: ['call.*', 'voicemail.new'],
        enabled: false,
        disabledReason: 'gone',
        secret: 'whsec_c2VjcmV0',
        headers: { Authorization: 'Bearer t', 'X-Name': 'Zoë' },
        description: 'CRM screen pop',
        origin: 'config',
      });
      await store.saveSubscription(full);
      await store.saveSubscription(crm);
      for (const id of [1, 2, 3, 4]) {
        await publish(store, event(id), [delivery(id, crm.id)]);
      }
      await store.settle([
        settlement(1, crm.id, { state: 'delivered' }, attempt(1, { startedAt: at(50) })),
        settlement(2, crm.id, { state: 'delivered' }, attempt(1, { startedAt: at(40) })),
        settlement(3, crm.id, { state: 'pending', dueAt: at(5) }, failedAttempt(1)),
      ]);
      await store.settle([settlement(3, crm.id, { state: 'dead' }, failedAttempt(2))]);
      await restart();
      expect(await store.subscriptions()).toEqual([
        {
          subscription: full,
          stats: {
            successCount: 0,
            failureCount: 0,
            expiredCount: 0,
            failedAttempts: 0,
            lastSent: undefined,
            backlog: 0,
          },
        },
        {
          subscription: crm,
          stats: {
            successCount: 2,
            failureCount: 1,
            expiredCount: 0,
            failedAttempts: 2,
            lastSent: at(50) + 12_500,
            backlog: 1,
          },
        },
      ]);
    });

    test('changing a subscription keeps its counters and what waits', async () => {
      await store.saveSubscription(crm);
      await publish(store, event(1), [delivery(1, crm.id)]);
      await publish(store, event(2), [delivery(2, crm.id)]);
      await store.settle([settlement(1, crm.id)]);
      await store.saveSubscription({ ...crm, url: 'https://new.example.com/', enabled: false });
      await restart();
      expect(await store.subscriptions()).toMatchObject([
        {
          subscription: { url: 'https://new.example.com/', enabled: false },
          stats: { successCount: 1, backlog: 1 },
        },
      ]);
      expect(ids(await due(crm.id))).toEqual([2]);
    });

    test('what waits for a removed subscription goes, also when it is published or settled after it', async () => {
      await store.saveSubscription(crm);
      await store.saveSubscription(erp);
      await publish(store, event(1), [delivery(1, crm.id), delivery(2, erp.id)]);
      const asked = [
        store.removeSubscription(crm.id),
        publish(store, event(2), [delivery(3, crm.id), delivery(4, erp.id)]),
        store.settle([settlement(1, crm.id, { state: 'pending', dueAt: at(0) }, failedAttempt(1))]),
      ];
      await Promise.all(asked);
      await restart();
      expect(ids(await due(crm.id))).toEqual([]);
      expect(ids(await due(erp.id))).toEqual([2, 4]);
      expect((await store.subscriptions()).map((record) => record.subscription.id)).toEqual([erp.id]);
    });

    test('the URL of a removed subscription is free again', async () => {
      await store.saveSubscription(crm);
      await store.removeSubscription(crm.id);
      const again = { ...crm, id: 'sub_again' as SubscriptionId };
      await store.saveSubscription(again);
      expect(await store.subscriptions()).toMatchObject([{ subscription: again, stats: { backlog: 0 } }]);
    });

    test('writes at once what thousands ask for at once', async () => {
      await store.saveSubscription(crm);
      const count = 3_000;
      await Promise.all(
        Array.from({ length: count }, (_, n) => publish(store, event(n), [delivery(n + 1, crm.id)])),
      );
      expect((await restart()).lastDeliveryId).toBe(count);
      expect(await store.subscriptions()).toMatchObject([{ stats: { backlog: count } }]);
    });

    test('of thousands asked for at once only those are refused that cannot be kept', async () => {
      await store.saveSubscription(crm);
      const taken = [5, 1_500, 2_999];
      for (const n of taken) await publish(store, event(n), []);
      const results = await Promise.allSettled(
        Array.from({ length: 3_000 }, (_, n) => publish(store, event(n), [delivery(n + 1, crm.id)])),
      );
      expect(results.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual(taken);
    });

    test('close writes what was asked before it and refuses what is asked after it', async () => {
      await store.saveSubscription(crm);
      const published = publish(store, event(1), [delivery(1, crm.id)]);
      const closed = store.close();
      await expect(publish(store, event(2), [])).rejects.toMatchObject({ code: 'store_closed' });
      await expect(store.subscriptions()).rejects.toMatchObject({ code: 'store_closed' });
      await published;
      await closed;
      await restart();
      expect(ids(await due(crm.id))).toEqual([1]);
    });
  });
}
