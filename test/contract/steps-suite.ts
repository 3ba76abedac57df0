import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryId, EventPosition } from '../../src/model/ids.ts';
import type { DeliveryQuery, Store } from '../../src/store/store.ts';
import {
  at,
  attempt,
  delivery,
  event,
  publication,
  publish,
  publishTogether,
  settlement,
  subscription,
} from '../support/store-samples.ts';
import type { StoreUnderTest } from './store-suite.ts';

const COUNT = 20_000;
const crm = subscription('crm');
const erp = subscription('erp');

/** That changes to many rows let everything else through: what every store must do; run over each implementation. */
export function describeSteps(name: string, create: () => StoreUnderTest): void {
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

    /** Deliveries 1 to COUNT, which ended so. */
    async function fillWith(state: 'delivered' | 'dead'): Promise<void> {
      const numbers = Array.from({ length: COUNT }, (_, n) => n + 1);
      await publishTogether(
        store,
        numbers.map((n) => publication(event(n), [delivery(n, crm.id)])),
      );
      const made = attempt(1, { startedAt: at(0) });
      await store.settle(numbers.map((n) => settlement(n, crm.id, { state }, made)));
    }

    /** Takes step after step, and publishes and settles meanwhile; gives how many of each there were. */
    async function meanwhile<T>(
      step: (after: T | undefined) => Promise<{ readonly next?: T | undefined }>,
    ): Promise<{ readonly steps: number; readonly settled: number }> {
      let steps = 0;
      let settled = 0;
      let over = false;
      const change = async () => {
        let after: T | undefined;
        do {
          after = (await step(after)).next;
          steps += 1;
        } while (after !== undefined);
        over = true;
      };
      const work = async () => {
        for (let n = COUNT + 1; !over; n++) {
          await publish(store, event(n), [delivery(n, erp.id)]);
          await store.settle([settlement(n, erp.id)]);
          settled += 1;
        }
      };
      await Promise.all([change(), work()]);
      return { steps, settled };
    }

    test('events are published and settled between the steps of a prune', async () => {
      await fillWith('delivered');
      const before = at((COUNT + 1) / 1000);
      const { steps, settled } = await meanwhile<EventPosition>((after) => store.prune({ before, after }));
      expect(steps).toBeGreaterThan(5);
      // A publication and its result each wait for one step at most.
      expect(settled).toBeGreaterThanOrEqual(Math.floor(steps / 3));
      expect((await store.deliveries({ limit: 1, subscriptionId: crm.id })).deliveries).toEqual([]);
      expect(await store.subscriptions()).toMatchObject([
        { stats: { successCount: COUNT } },
        { stats: { successCount: settled } },
      ]);
    });

    test('events are published and settled between the steps of a retry of dead letters', async () => {
      await fillWith('dead');
      const upTo = COUNT as DeliveryId;
      const { steps, settled } = await meanwhile<DeliveryId>((after = 0 as DeliveryId) =>
        store.retryDead({ after, upTo }, at(100)),
      );
      expect(steps).toBeGreaterThan(5);
      expect(settled).toBeGreaterThanOrEqual(Math.floor(steps / 3));
      expect(await store.subscriptions()).toMatchObject([
        { stats: { backlog: COUNT } },
        { stats: { backlog: 0, successCount: settled } },
      ]);
    });

    test('events are published and settled between the steps of a skip, which takes as long for each of many', async () => {
      const numbers = Array.from({ length: 2 * COUNT }, (_, n) => n + 1);
      await publishTogether(
        store,
        numbers.map((n) => publication(event(n), [delivery(n, crm.id)])),
      );
      const step = { subscriptionId: crm.id, endedAt: at(100), upTo: (2 * COUNT) as DeliveryId };
      let last = COUNT * 2;
      let steps = 0;
      let result = await store.skip(step);
      for (; result.next !== undefined; result = await store.skip(step)) {
        steps += 1;
        last += 1;
        await publish(store, event(last), [delivery(last, erp.id)]);
        await store.settle([settlement(last, erp.id)]);
      }
      expect(steps).toBeLessThan(COUNT / 50);
      expect(await store.subscriptions()).toMatchObject([
        { stats: { backlog: 0 } },
        { stats: { successCount: steps } },
      ]);
    });

    test('pages through a long queue hold each delivery once, however few of them are asked for', async () => {
      const numbers = Array.from({ length: COUNT }, (_, n) => n + 1);
      const isRare = (n: number) => n % 4_999 === 7;
      const to = (n: number) => (isRare(n) ? erp.id : crm.id);
      await publishTogether(
        store,
        numbers.map((n) => publication(event(n), [delivery(n, to(n))])),
      );
      await store.settle(numbers.filter((n) => n % 3 === 0).map((n) => settlement(n, to(n))));
      const paged = async (query: Partial<DeliveryQuery>) => {
        const ids: number[] = [];
        for (let before: DeliveryId | undefined; ; ) {
          const page = await store.deliveries({ limit: 1_500, before, ...query });
          ids.push(...page.deliveries.map(({ id }) => id));
          before = page.next;
          if (before === undefined) return ids;
        }
      };
      const newestFirst = numbers.toReversed();
      expect(await paged({})).toEqual(newestFirst);
      expect(await paged({ state: 'pending' })).toEqual(newestFirst.filter((n) => n % 3 !== 0));
      expect(await paged({ subscriptionId: erp.id })).toEqual(newestFirst.filter(isRare));
      expect(await paged({ since: at(5), until: at(6) })).toEqual(
        newestFirst.filter((n) => n >= 5_000 && n < 6_000),
      );
      expect(await paged({ subscriptionId: erp.id, since: at(10), before: 15_000 as DeliveryId })).toEqual(
        newestFirst.filter((n) => isRare(n) && n >= 10_000 && n < 15_000),
      );
    });
  });
}
