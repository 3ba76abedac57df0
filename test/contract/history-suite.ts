import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallId, DeliveryId, EventId, SubscriptionId } from '../../src/model/ids.ts';
import type {
  DeadFilter,
  DeliveryQuery,
  EventQuery,
  ReplayQuery,
  Store,
  StoreState,
} from '../../src/store/store.ts';
import {
  at,
  attempt,
  delivery,
  event,
  expiry,
  failedAttempt,
  publish,
  settlement,
  subscription,
  T0,
} from '../support/store-samples.ts';
import type { StoreUnderTest } from './store-suite.ts';

const crm = subscription('crm');
const erp = subscription('erp');
const START = { dueAt: at(-1_000_000), id: 0 as DeliveryId };
const ALL = { after: 0 as DeliveryId, upTo: Number.MAX_SAFE_INTEGER as DeliveryId };

/** Lists, second chances and retention: what every store must do; run over each implementation. */
export function describeHistory(name: string, create: () => StoreUnderTest): void {
  describe(name, () => {
    let under: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      under = create();
      store = under.reopen();
      await store.open();
      await store.saveSubscription(crm);
      await store.saveSubscription(erp);
    });
    afterEach(async () => {
      await store.close();
      await under.dispose();
    });

    async function reopened(): Promise<StoreState> {
      await store.close();
      store = under.reopen();
      return store.open();
    }

    async function restart(): Promise<void> {
      await reopened();
    }

    /** Delivery n of event n, made n seconds after the start; every third is the other subscription's. */
    async function fill(count: number): Promise<void> {
      await Promise.all(
        Array.from({ length: count }, (_, n) =>
          publish(
            store,
            event((n + 1) * 1_000, {
              type: n % 2 === 0 ? 'call.started' : 'voicemail.new',
              callId: `call-${n >> 2}` as CallId,
            }),
            [delivery(n + 1, n % 3 === 2 ? erp.id : crm.id)],
          ),
        ),
      );
    }

    async function die(...ids: number[]): Promise<void> {
      await store.settle(
        ids.map((id) =>
          settlement(
            id,
            id % 3 === 0 ? erp.id : crm.id,
            { state: 'dead' },
            failedAttempt(1, { startedAt: at(id) }),
          ),
        ),
      );
    }

    async function deliver(...ids: number[]): Promise<void> {
      await store.settle(
        ids.map((id) =>
          settlement(
            id,
            id % 3 === 0 ? erp.id : crm.id,
            { state: 'delivered' },
            attempt(1, { startedAt: at(id) }),
          ),
        ),
      );
    }

    async function list(query: Partial<DeliveryQuery> = {}): Promise<readonly number[]> {
      const found: number[] = [];
      for (let before: DeliveryId | undefined; ; ) {
        const page = await store.deliveries({ limit: 2, before, ...query });
        expect(page.deliveries.length).toBeLessThanOrEqual(query.limit ?? 2);
        found.push(...page.deliveries.map(({ id }) => id));
        before = page.next;
        if (before === undefined) return found;
      }
    }

    async function listEvents(query: Partial<EventQuery> = {}): Promise<readonly number[]> {
      const found: number[] = [];
      for (let before: EventQuery['before']; ; ) {
        const page = await store.events({ limit: 2, before, ...query });
        found.push(...page.events.map(({ occurredAt }) => (occurredAt - T0) / 1_000_000));
        before = page.next;
        if (before === undefined) return found;
      }
    }

    async function waiting(subscriptionId: SubscriptionId) {
      const { deliveries } = await store.due({
        subscriptionId,
        after: START,
        by: at(1_000_000),
        limit: 1_000,
        maxCharacters: 1e9,
      });
      return deliveries;
    }

    const ids = (of: readonly { readonly id: number }[]) => of.map(({ id }) => id);

    test('lists deliveries newest first, in pages, by subscription, state, type, call and time', async () => {
      await fill(12);
      await die(2, 4, 6);
      await deliver(1);
      expect(await list()).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
      expect(await list({ subscriptionId: erp.id })).toEqual([12, 9, 6, 3]);
      expect(await list({ state: 'dead' })).toEqual([6, 4, 2]);
      expect(await list({ state: 'dead', subscriptionId: crm.id })).toEqual([4, 2]);
      expect(await list({ state: 'delivered', subscriptionId: crm.id })).toEqual([1]);
      expect(await list({ state: 'pending', subscriptionId: crm.id })).toEqual([11, 10, 8, 7, 5]);
      expect(await list({ types: ['voicemail.*'] })).toEqual([12, 10, 8, 6, 4, 2]);
      expect(await list({ types: ['call.started'], subscriptionId: crm.id })).toEqual([11, 7, 5, 1]);
      expect(await list({ callId: 'call-1' as CallId })).toEqual([8, 7, 6, 5]);
      expect(await list({ callId: 'call-1' as CallId, subscriptionId: erp.id })).toEqual([6]);
      expect(await list({ since: at(3), until: at(6) })).toEqual([5, 4, 3]);
      expect(await list({ since: at(3), until: at(6), subscriptionId: crm.id })).toEqual([5, 4]);
      expect(await list({ until: at(1) })).toEqual([]);
      expect(await list({ since: at(13) })).toEqual([]);
      expect(await list({ subscriptionId: 'sub_none' as SubscriptionId })).toEqual([]);
    });

    test('lists what a removed subscription got, and its dead letters', async () => {
      await fill(4);
      await die(1, 2);
      await store.removeSubscription(crm.id);
      expect(await list({ subscriptionId: crm.id, state: 'dead' })).toEqual([2, 1]);
      expect(await list({ state: 'dead' })).toEqual([2, 1]);
    });

    test('gives one delivery with its attempts and its event, and nothing for an id that is none', async () => {
      const published = event(1_000, { callId: 'call-9' as CallId });
      await publish(store, published, [delivery(1, crm.id)]);
      await die(1);
      expect(await store.delivery(1 as DeliveryId)).toMatchObject({
        id: 1,
        state: 'dead',
        eventId: published.id,
        event: published,
        history: [{ number: 1, outcome: { kind: 'error', code: 'timeout' } }],
      });
      expect(await store.delivery(2 as DeliveryId)).toBeUndefined();
    });

    test('lists events newest first, in pages, by type, call and time; one with each of its deliveries', async () => {
      await fill(8);
      await publish(store, event(9_000), [delivery(9, crm.id), delivery(10, erp.id)]);
      expect(await listEvents()).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
      expect(await listEvents({ types: ['voicemail.new'] })).toEqual([8, 6, 4, 2]);
      expect(await listEvents({ callId: 'call-0' as CallId })).toEqual([4, 3, 2, 1]);
      expect(await listEvents({ since: at(2), until: at(4) })).toEqual([3, 2]);
      const detail = await store.event(event(9_000).id);
      expect(detail?.event).toEqual({ ...event(9_000), callId: undefined });
      expect(ids(detail?.deliveries ?? [])).toEqual([10, 9]);
    });

    test('finds an event by its id however its type and number look', async () => {
      const found = ['a-1-1765108800001-5', 'a-1765108800002-1', 'a.b-1765108800003'] as EventId[];
      for (const [index, type] of ['a-1', 'a', 'a.b'].entries()) {
        const id = found[index] as EventId;
        await publish(store, event(1, { id, type }), []);
        expect((await store.event(id))?.event.id).toBe(id);
      }
      for (const id of ['', 'a', 'a-', 'a-1', 'b-1765108800002-1', 'x-99999999999999999999', 'a\n-1']) {
        expect(await store.event(id as EventId)).toBeUndefined();
      }
    });

    test('an expired delivery waits no more; it counts as a failure, without an attempt as no failed one', async () => {
      await fill(2);
      await store.settle([
        expiry(1, crm.id, at(60)),
        settlement(2, crm.id, { state: 'pending', dueAt: at(65) }, failedAttempt(1)),
        expiry(2, crm.id, at(70)),
      ]);
      await restart();
      expect(await waiting(crm.id)).toEqual([]);
      expect(
        (await store.deliveries({ limit: 5, subscriptionId: crm.id, state: 'expired' })).deliveries,
      ).toMatchObject([
        { id: 2, attempts: 1, endedAt: at(70), history: [{ number: 1 }] },
        { id: 1, attempts: 0, endedAt: at(60), history: [] },
      ]);
      expect(await store.subscriptions()).toMatchObject([
        { stats: { failureCount: 2, expiredCount: 2, failedAttempts: 1, successCount: 0, backlog: 0 } },
        {},
      ]);
    });

    test('a retried dead letter waits again, with its attempts and where it began anew; a delivered one stays so', async () => {
      await fill(4);
      await die(1);
      await deliver(2);
      expect(await store.retry(1 as DeliveryId, at(100))).toEqual({
        kind: 'retried',
        subscriptionId: crm.id,
        waited: false,
      });
      expect(await store.retry(4 as DeliveryId, at(101))).toMatchObject({ kind: 'retried', waited: true });
      expect(await store.retry(2 as DeliveryId, at(100))).toEqual({ kind: 'delivered' });
      expect(await store.retry(99 as DeliveryId, at(100))).toEqual({ kind: 'unknown' });
      await restart();
      expect(await waiting(crm.id)).toMatchObject([
        { id: 1, attempts: 1, askedAfter: 1, dueAt: at(100), event: { id: event(1_000).id } },
        { id: 4, attempts: 0, askedAfter: undefined, dueAt: at(101) },
      ]);
      await store.settle([settlement(1, crm.id, { state: 'delivered' }, attempt(2))]);
      expect((await store.delivery(1 as DeliveryId))?.history).toMatchObject([{ number: 1 }, { number: 2 }]);
    });

    test.each<[string, DeadFilter, readonly number[]]>([
      ['all', {}, [1, 2, 4, 5, 6, 7, 8]],
      ['one subscription', { subscriptionId: erp.id }, [6]],
      ['some types', { types: ['voicemail.*'] }, [2, 4, 6, 8]],
      ['a time range', { since: at(2), until: at(6) }, [2, 4, 5]],
      ['some ids', { ids: [8, 3, 2, 99] as DeliveryId[] }, [2, 8]],
      ['some ids of a subscription', { ids: [5, 6] as DeliveryId[], subscriptionId: erp.id }, [6]],
      ['no ids', { ids: [] }, []],
      ['no subscription that there is', { subscriptionId: 'sub_none' as SubscriptionId }, []],
    ])('retries or deletes the dead letters of %s, and no others', async (_name, filter, expected) => {
      await fill(12);
      await die(1, 2, 4, 5, 6, 7, 8);
      const counted = (changed: ReadonlyMap<string, number>) =>
        [...changed.values()].reduce((sum, n) => sum + n, 0);
      const retried = await store.retryDead({ ...ALL, ...filter }, at(100));
      expect(counted(retried.changed)).toBe(expected.length);
      const again = [...(await waiting(crm.id)), ...(await waiting(erp.id))].filter(
        ({ dueAt }) => dueAt === at(100),
      );
      expect(ids(again).toSorted((a, b) => a - b)).toEqual(expected);
      await store.settle(
        again.map(({ id, subscriptionId }) =>
          settlement(id, subscriptionId, { state: 'dead' }, failedAttempt(2)),
        ),
      );
      expect(counted((await store.deleteDead({ ...ALL, ...filter })).changed)).toBe(expected.length);
      const left = [1, 2, 4, 5, 6, 7, 8].filter((id) => !expected.includes(id));
      expect((await list({ state: 'dead' })).toReversed()).toEqual(left);
    });

    test('does not retry the dead letters of a removed subscription, but deletes them', async () => {
      await fill(4);
      await die(1, 3);
      await store.removeSubscription(crm.id);
      expect([...(await store.retryDead(ALL, at(100))).changed]).toEqual([[erp.id, 1]]);
      expect(await store.retry(1 as DeliveryId, at(100))).toEqual({ kind: 'removed' });
      expect([...(await store.deleteDead(ALL)).changed]).toEqual([[crm.id, 1]]);
      expect(await list({ state: 'dead' })).toEqual([]);
    });

    test('counts the dead letters that are kept, also of a removed subscription, as far as asked', async () => {
      expect(await store.countDead(10)).toBe(0);
      await fill(8);
      await die(1, 3, 4, 6);
      expect(await store.countDead(10)).toBe(4);
      expect(await store.countDead(3)).toBe(3);
      await store.removeSubscription(crm.id);
      await store.retryDead(ALL, at(100));
      await restart();
      expect(await store.countDead(10)).toBe(2);
    });

    test('what was deleted stays so, however few other deliveries of its event have ended', async () => {
      await publish(store, event(1_000), [delivery(1, crm.id), delivery(2, erp.id)]);
      await store.settle([settlement(1, crm.id, { state: 'dead' }, failedAttempt(1))]);
      await store.deleteDead(ALL);
      for (const again of [false, true]) {
        if (again) await restart();
        expect(await list()).toEqual([2]);
        expect(await waiting(crm.id)).toEqual([]);
        expect(await store.subscriptions()).toMatchObject([
          { stats: { backlog: 0 } },
          { stats: { backlog: 1 } },
        ]);
        expect(await store.delivery(1 as DeliveryId)).toBeUndefined();
      }
    });

    test('a result that is told again after its delivery was deleted changes nothing', async () => {
      await publish(store, event(1_000), [delivery(1, crm.id), delivery(2, erp.id)]);
      await publish(store, event(2_000), [delivery(3, crm.id)]);
      const dead = settlement(1, crm.id, { state: 'dead' }, failedAttempt(1));
      const again = settlement(1, crm.id, { state: 'pending', dueAt: at(5) }, failedAttempt(1));
      await store.settle([dead, settlement(3, crm.id)]);
      await store.deleteDead(ALL);
      await store.prune({ before: at(1_000) });
      await store.settle([dead, settlement(3, crm.id)]);
      await store.settle([again]);
      expect(await list()).toEqual([2]);
      expect(await waiting(crm.id)).toEqual([]);
      expect(await store.subscriptions()).toMatchObject([
        { stats: { successCount: 1, failureCount: 1, backlog: 0 } },
        { stats: { backlog: 1 } },
      ]);
    });

    test('goes through thousands of dead letters in steps, each of them once', async () => {
      const count = 1_500;
      await Promise.all(
        Array.from({ length: count }, (_, n) => publish(store, event(n), [delivery(n + 1, crm.id)])),
      );
      await store.settle(
        Array.from({ length: count }, (_, n) =>
          settlement(n + 1, crm.id, { state: 'dead' }, failedAttempt(1)),
        ),
      );
      let steps = 0;
      let changed = 0;
      for (let after: DeliveryId | undefined = 0 as DeliveryId; after !== undefined; ) {
        const step = await store.retryDead({ after, upTo: ALL.upTo }, at(100));
        changed += step.changed.get(crm.id) ?? 0;
        after = step.next;
        steps += 1;
      }
      expect(changed).toBe(count);
      expect(steps).toBeGreaterThan(2);
      expect(await store.subscriptions()).toMatchObject([{ stats: { backlog: count } }, {}]);
    });

    test('tells the events that may be replayed, oldest first: by type, time and how they ended, none that waits', async () => {
      await fill(12);
      await die(1, 2);
      await deliver(4, 5, 7);
      const replayable = async (query: Partial<ReplayQuery>) => {
        const found: number[] = [];
        for (let after: ReplayQuery['after']; ; ) {
          const base = { subscriptionId: crm.id, types: ['*'], until: at(100), limit: 2, after };
          const page = await store.replayable({ ...base, ...query });
          found.push(...page.events.map(({ occurredAt }) => (occurredAt - T0) / 1_000_000));
          after = page.next;
          if (after === undefined) return found;
        }
      };
      // 3, 6, 9 and 12 went to the other one only; 8, 10 and 11 wait.
      expect(await replayable({})).toEqual([1, 2, 3, 4, 5, 6, 7, 9, 12]);
      expect(await replayable({ since: at(2), until: at(7) })).toEqual([2, 3, 4, 5, 6]);
      expect(await replayable({ types: ['call.*'] })).toEqual([1, 3, 5, 7, 9]);
      expect(await replayable({ state: 'dead' })).toEqual([1, 2]);
      expect(await replayable({ state: 'delivered' })).toEqual([4, 5, 7]);
      expect(await replayable({ subscriptionId: 'sub_none' as SubscriptionId })).toEqual([]);
    });

    test('makes new deliveries of kept events, under the same event ids, and remembers their ids', async () => {
      await fill(2);
      await deliver(1);
      const asked = [
        { id: 20 as DeliveryId, event: event(1_000).position },
        { id: 21 as DeliveryId, event: event(7_000).position },
      ];
      expect(await store.redeliver(crm.id, asked, at(50))).toBe(1);
      await store.close();
      store = under.reopen();
      expect((await store.open()).lastDeliveryId).toBe(21);
      expect(await waiting(crm.id)).toMatchObject([
        { id: 2 },
        { id: 20, event: { id: event(1_000).id }, attempts: 0, askedAfter: 0, dueAt: at(50) },
      ]);
      expect(ids((await store.event(event(1_000).id))?.deliveries ?? [])).toEqual([20, 1]);
    });

    test('skips what waits for one subscription, uncounted, and no more than was asked', async () => {
      await fill(6);
      await store.skip({ subscriptionId: crm.id, endedAt: at(90), upTo: 4 as DeliveryId });
      expect(ids(await waiting(crm.id))).toEqual([5]);
      expect(ids(await waiting(erp.id))).toEqual([3, 6]);
      expect(await list({ subscriptionId: crm.id, state: 'expired' })).toEqual([4, 2, 1]);
      expect(await store.subscriptions()).toMatchObject([{ stats: { failureCount: 0, backlog: 1 } }, {}]);
    });

    test('prunes what has ended and is old, with its attempts; never what waits nor a dead letter, nor their events', async () => {
      await fill(8);
      await publish(store, event(8_500), []);
      await publish(store, event(8_600), [delivery(9, erp.id), delivery(10, crm.id)]);
      await die(2);
      await deliver(1, 3, 4, 7, 9);
      await store.settle([expiry(6, erp.id, at(6))]);
      // 5 and 8 wait, 2 is dead, 7 ended too late, 10 waits beside 9.
      const pruned = await store.prune({ before: at(7) });
      expect(pruned).toMatchObject({ events: 4, deliveries: 4, next: undefined });
      expect(await list()).toEqual([10, 9, 8, 7, 5, 2]);
      expect(await store.prune({ before: at(1_000) })).toMatchObject({ events: 2, deliveries: 2 });
      await restart();
      expect(await list()).toEqual([10, 8, 5, 2]);
      expect(await listEvents()).toEqual([8.6, 8, 5, 2]);
      expect(ids(await waiting(crm.id))).toEqual([5, 8, 10]);
      expect(await store.event(event(1_000).id)).toBeUndefined();
      expect((await store.delivery(2 as DeliveryId))?.history).toHaveLength(1);
      expect(await store.subscriptions()).toMatchObject([{ stats: { successCount: 3 } }, {}]);
    });

    test('goes on from the same ids when nothing is kept any more', async () => {
      await fill(3);
      await deliver(1, 2, 3);
      const last = { lastEventMs: event(3_000).occurredAt / 1_000, lastDeliveryId: 3 };
      await store.prune({ before: at(1_000) });
      expect((await store.events({ limit: 9 })).events).toEqual([]);
      expect(await reopened()).toEqual(last);
    });

    test('goes on behind the ids of replays when nothing is kept of them any more', async () => {
      await fill(3);
      await deliver(1, 2, 3);
      const replay = { id: 9 as DeliveryId, event: event(1_000).position };
      expect(await store.redeliver(crm.id, [replay], at(50))).toBe(1);
      const died = settlement(9, crm.id, { state: 'dead' }, failedAttempt(1));
      await store.settle([{ ...died, event: event(1_000).position }]);
      const last = { lastEventMs: event(3_000).occurredAt / 1_000, lastDeliveryId: 9 };
      expect(await reopened()).toEqual(last);
      await store.deleteDead(ALL);
      expect(await reopened()).toEqual(last);
      await store.prune({ before: at(1_000) });
      expect((await store.events({ limit: 9 })).events).toEqual([]);
      expect(await reopened()).toEqual(last);
    });

    test('prunes down to a size in steps, the oldest first, and what is freed is used again', async () => {
      const count = 4_000;
      const fillUp = async (round: number) => {
        const n0 = round * count;
        const data = 'x'.repeat(1_000);
        await Promise.all(
          Array.from({ length: count }, (_, n) =>
            publish(store, event(n0 + n, { data }), [delivery(n0 + n + 1, crm.id)]),
          ),
        );
        await store.settle(Array.from({ length: count }, (_, n) => settlement(n0 + n + 1, crm.id)));
      };
      const pruneTo = async (downTo: number) => {
        let after: Parameters<Store['prune']>[0]['after'];
        do {
          after = (await store.prune({ before: at(1_000), downTo, after })).next;
        } while (after !== undefined);
      };
      await fillUp(0);
      const full = await store.size();
      await pruneTo(full.used / 2);
      const half = await store.size();
      expect(half.used).toBeLessThanOrEqual(full.used / 2);
      expect(half.used).toBeGreaterThan(full.used * 0.4);
      const [oldest] = (await listEvents({ limit: 2_000 })).toReversed();
      expect(oldest).toBeGreaterThan(1.5);
      for (const round of [1, 2, 3]) {
        await fillUp(round);
        await pruneTo(full.used / 2);
      }
      expect((await store.size()).file).toBeLessThan(full.file * 1.7);
    });
  });
}
