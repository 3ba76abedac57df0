import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryId, EventPosition } from '../../src/model/ids.ts';
import type { Store } from '../../src/store/store.ts';
import {
  at,
  attempt,
  delivery,
  event,
  publication,
  publish,
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
      await store.publish(numbers.map((n) => publication(event(n), [delivery(n, crm.id)])));
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
  });
}
