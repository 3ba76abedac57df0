import { parseConfig } from '../src/config/load.ts';
import { EventIds } from '../src/delivery/event-ids.ts';
import type { DeliveryId } from '../src/model/ids.ts';
import { startService } from '../src/service.ts';
import { createSqliteStore } from '../src/store/sqlite/store.ts';
import { createRegistry } from '../src/subscription/registry.ts';
import { systemClock } from '../src/util/clock.ts';
import { silentLogger } from '../src/util/log.ts';
import { publishTogether } from '../test/support/store-samples.ts';
import { CALL } from './workload.ts';

/**
 * A process to be measured and killed: fills a database with `count` deliveries that wait for `url`, or starts the
 * service over it. Says `ready` to its parent, and its resident memory whenever it is asked.
 */
const [folder = '.', url = '', count = '0'] = process.argv.slice(2);
const CHUNK = 10_000;
const FIRST_MS = 1_765_108_800_000;

if (Number(count) > 0) {
  await fill(Number(count));
} else {
  const options = {
    api: { enabled: false },
    store: { url: 'sqlite:webhooks.db' },
    subscriptions: [{ url, events: ['*'], secret: 'bench' }],
  };
  const service = await startService(parseConfig(options, { base: folder }), { logger: silentLogger });
  if (!service.health().ready) throw new Error('it is not ready');
}
process.on('message', () => process.send?.(process.memoryUsage.rss()));
process.send?.('ready');

async function fill(deliveries: number): Promise<void> {
  const ids = new EventIds(0);
  const store = createSqliteStore({ path: `${folder}/webhooks.db` });
  await store.open();
  const registry = await createRegistry({ store, clock: systemClock });
  const { id: subscriptionId } = await registry.add({ url, events: ['*'], secret: 'bench' });
  for (let done = 0; done < deliveries; done += CHUNK) {
    const publications = Array.from({ length: Math.min(CHUNK, deliveries - done) }, (_, n) => {
      const { id, position } = ids.next(CALL.type, FIRST_MS + done + n);
      const event = {
        id,
        position,
        type: CALL.type,
        occurredAt: CALL.occurredAt,
        data: JSON.stringify(CALL.data),
      };
      return { event, firstDelivery: (done + n + 1) as DeliveryId, to: [subscriptionId] };
    });
    await publishTogether(store, publications);
  }
}
