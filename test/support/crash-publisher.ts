import { createEngine } from '../../src/delivery/engine.ts';
import type { CallId } from '../../src/model/ids.ts';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import { createRegistry } from '../../src/subscription/registry.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLogger } from '../../src/util/log.ts';

/**
 * A process to be killed: publishes `count` events with many at a time, and writes a line for each once it has
 * been accepted, not earlier. With `count` 0 it sends what is left, and ends in order.
 */
const [path = '', urls = '', count = '0'] = process.argv.slice(2);
const PUBLISHERS = 40;
/** Calls that go on at once. */
const CALLS = 15;

const store = createSqliteStore({ path });
const state = await store.open();
const registry = await createRegistry({ store, clock: systemClock });
const engine = await createEngine({
  store,
  state,
  registry,
  clock: systemClock,
  logger: silentLogger,
  settings: { maxRetries: 1_000, retryDelayMs: 20 },
});
await registry.applyConfig(urls.split(',').map((url) => ({ url, events: ['*'], secret: 'geheim' })));

const startedAt = Date.now();
let published = 0;
async function publisher(): Promise<void> {
  while (published < Number(count)) {
    published += 1;
    const id = await engine.publish({
      type: published % 2 === 0 ? 'call.started' : 'call.ended',
      occurredAt: systemClock.now(),
      data: { process: process.pid, startedAt, n: published, padding: 'x'.repeat(published % 700) },
      callId: `${startedAt}.${published % CALLS}` as CallId,
    });
    process.stdout.write(`${id}\n`);
  }
}
await Promise.all(Array.from({ length: PUBLISHERS }, publisher));

const backlog = () => registry.list().reduce((sum, { id }) => sum + engine.stats(id).backlog, 0);
if (count === '0') {
  const drained = Promise.withResolvers<void>();
  const poll = setInterval(() => backlog() === 0 && drained.resolve(), 20);
  await drained.promise;
  clearInterval(poll);
  await engine.stop(10_000);
  await store.close();
}
