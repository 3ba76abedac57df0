import type { DeliveryId, SubscriptionId } from '../../src/model/ids.ts';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import { at } from './store-samples.ts';

/** A process to be killed in the middle of its upkeep: a line for each step, then goes on with the next kind. */
const [path = '', subscription = ''] = process.argv.slice(2);
const store = createSqliteStore({ path });
const { lastDeliveryId } = await store.open();
const subscriptionId = subscription as SubscriptionId;
const done = (): void => void process.stdout.write('step\n');

for (let after: Parameters<typeof store.prune>[0]['after']; ; ) {
  after = (await store.prune({ before: at(500), after })).next;
  done();
  if (after === undefined) break;
}
for (let after: DeliveryId | undefined = 0 as DeliveryId; after !== undefined; ) {
  after = (await store.retryDead({ after, upTo: lastDeliveryId }, at(2_000))).next;
  done();
}
let id: number = lastDeliveryId;
for (let after: Parameters<typeof store.replayable>[0]['after']; ; ) {
  const page = await store.replayable({ subscriptionId, types: ['*'], until: at(5_000), limit: 50, after });
  const redeliveries = page.events.map((event) => ({
    id: ++id as DeliveryId,
    event: event.position,
  }));
  await store.redeliver(subscriptionId, redeliveries, at(3_000));
  done();
  after = page.next;
  if (after === undefined) break;
}
await store.close();
