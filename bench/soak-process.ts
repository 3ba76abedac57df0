import { getHeapStatistics } from 'node:v8';
import type { Worker } from 'node:worker_threads';
import { parseConfig } from '../src/config/load.ts';
import { startService } from '../src/service.ts';
import { silentLogger } from '../src/util/log.ts';
import { GarbageCollector } from './garbage.ts';

/** The service as a user runs it, to be watched: tells its parent what it is asked for, and ends with it. */
const [folder = '.', port = '0', url = ''] = process.argv.slice(2);
const options = {
  api: { enabled: false },
  store: { url: 'sqlite:webhooks.db' },
  sources: { ami: { port: Number(port), username: 'bench', secret: 'bench' } },
  subscriptions: [{ url, events: ['*'], secret: 'bench' }],
};
const threads: Worker[] = [];
process.on('worker', (thread) => threads.push(thread));
const service = await startService(parseConfig(options, { base: folder }), { logger: silentLogger });
const garbage = new GarbageCollector();
await garbage.start();
process.on('message', (what) => {
  if (what === 'memory') void memory().then((bytes) => process.send?.(bytes));
  else void service.close().then(() => process.disconnect?.());
});
process.send?.('ready');

/** A heap that nobody had reason to collect yet is no growth, nor is room that V8 keeps ready, by leaps, for new objects. */
async function memory(): Promise<number> {
  await garbage.collect();
  const live = threads.filter(({ threadId }) => threadId > 0);
  const heaps = await Promise.all(live.map((thread) => thread.getHeapStatistics()));
  const ready = [getHeapStatistics(), ...heaps].map(
    ({ total_physical_size, used_heap_size }) => total_physical_size - used_heap_size,
  );
  return process.memoryUsage.rss() - ready.reduce((sum, bytes) => sum + bytes, 0);
}
