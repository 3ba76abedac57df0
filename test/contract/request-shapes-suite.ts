import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryId, SubscriptionId } from '../../src/model/ids.ts';
import type { RequestShape } from '../../src/model/request-shape.ts';
import type { Store } from '../../src/store/store.ts';
import {
  at,
  delivery,
  event,
  failedAttempt,
  publish,
  settlement,
  subscription,
} from '../support/store-samples.ts';
import type { StoreUnderTest } from './store-suite.ts';

const crm = subscription('crm');
const erp = subscription('erp');

function shape(path: string): RequestShape {
  return { url: `https://crm.example.com/${path}`, headers: { 'X-Key': '•••' }, isSigned: true, batch: true };
}

/** What every store must keep of how requests were made, and for how long. */
export function describeRequestShapes(name: string, create: () => StoreUnderTest): void {
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

    const keep = (seconds: number, path: string, { id } = crm) =>
      store.keepShapes([{ subscriptionId: id, since: at(seconds), shape: shape(path) }]);

    /** At these times; undefined where nothing is known. */
    const pathsAt = async (seconds: readonly number[], id: SubscriptionId = crm.id) =>
      (await Promise.all(seconds.map((second) => store.shapeAt(id, at(second))))).map((found) =>
        found?.url.slice(shape('').url.length),
      );

    /** One that ended with one failed attempt at this second, of an event of that second. */
    async function dies(id: number, second: number, subscriptionId = crm.id): Promise<void> {
      await publish(store, event(second * 1_000), [delivery(id, subscriptionId)]);
      const made = failedAttempt(1, { startedAt: at(second) });
      await store.settle([settlement(id, subscriptionId, { state: 'dead' }, made)]);
    }

    async function delivered(id: number, second: number, subscriptionId = crm.id): Promise<void> {
      await publish(store, event(second * 1_000), [delivery(id, subscriptionId)]);
      await store.settle([settlement(id, subscriptionId)]);
    }

    const prune = async (second: number) =>
      expect((await store.prune({ before: at(second) })).next).toBe(undefined);

    test('tells how requests were made at a time, of each subscription, also once it is removed', async () => {
      await keep(10, 'a');
      await keep(20, 'b');
      await keep(15, 'other', erp);
      await store.removeSubscription(crm.id);
      expect(await pathsAt([0, 19.9, 20, 1_000])).toEqual(['a', 'a', 'b', 'b']);
      expect(await pathsAt([20], erp.id)).toEqual(['other']);
      expect(await store.shapeAt(crm.id, at(20))).toEqual(shape('b'));
      expect(await pathsAt([20], 'sub_none' as SubscriptionId)).toEqual([undefined]);
    });

    test('after the clock was put back, what is sent then is not taken for what was sent later', async () => {
      await keep(10, 'a');
      await keep(1_000, 'b');
      await keep(500, 'b');
      await keep(600, 'c');
      expect(await pathsAt([499, 500, 600, 2_000])).toEqual(['a', 'b', 'c', 'c']);
    });

    test('keeps the newest thousand, however often a subscription is changed', async () => {
      await dies(1, 1);
      await keep(1, 'other', erp);
      await store.keepShapes(
        Array.from({ length: 1_100 }, (_, n) => ({
          subscriptionId: crm.id,
          since: at(n + 1),
          shape: shape(`${n}`),
        })),
      );
      expect(await pathsAt([50, 100, 101, 1_100])).toEqual([undefined, undefined, '100', '1099']);
      expect(await pathsAt([50], erp.id)).toEqual(['other']);
    });

    test('forgets what no attempt that is kept can need, by the oldest event', async () => {
      await keep(0, 'a');
      await delivered(1, 100);
      await keep(1_000, 'b');
      await keep(2_000, 'c');
      await dies(2, 3_000);
      await keep(4_000, 'd');
      await prune(50);
      expect(await pathsAt([100, 1_500, 3_000, 5_000])).toEqual(['a', 'b', 'c', 'd']);
      await prune(10_000);
      expect(await pathsAt([100, 1_500, 3_000, 5_000])).toEqual([undefined, undefined, 'c', 'd']);
      await store.deleteDead({ after: 0 as DeliveryId, upTo: 9 as DeliveryId });
      await prune(10_000);
      expect(await pathsAt([3_000, 5_000])).toEqual([undefined, 'd']);
    });

    test('keeps those of a removed subscription while something that it got is kept', async () => {
      await keep(0, 'a');
      await dies(1, 100);
      await store.removeSubscription(crm.id);
      await prune(10_000);
      expect(await pathsAt([100])).toEqual(['a']);
      await store.deleteDead({ after: 0 as DeliveryId, upTo: 9 as DeliveryId });
      await delivered(2, 10_000, erp.id);
      await prune(10_000);
      expect(await pathsAt([100])).toEqual([undefined]);
    });
  });
}
