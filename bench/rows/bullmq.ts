import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import type { Pool } from 'undici';
import type { EnvelopeParts } from '../../src/model/event.ts';
import { poolTo } from '../bare-loop.ts';
import { type Child, findProgram, freePort, startChild, until } from '../child.ts';
import { alternate, type Bench, type Measured, measure, rateRow } from '../harness.ts';
import { peerPost, queuedEvent } from '../peer-post.ts';
import { startProduct } from '../product.ts';
import { accepts, startSink } from '../sink-process.ts';
import { IN_FLIGHT, OUTSTANDING, SECRET } from '../workload.ts';

const NAME = 'delivered durable signed events, to BullMQ and Redis doing the same POSTs';
const EVENTS = 10_000;

/** Redis as it comes with its append-only file on, synced every second: less durable than ours, and faster. */
export const bullmq: Bench = {
  name: 'bullmq',
  async run({ rounds, scale }) {
    const program = findProgram('redis-server');
    if (program === undefined)
      return [{ name: NAME, leftOut: 'there is no redis-server: apt-get install redis-server' }];
    const sink = await startSink();
    const url = new URL('/hook', sink.origin);
    const pool = poolTo(url);
    const redis = await startRedis(program);
    const product = await startProduct([{ url: url.href, events: ['*'], secret: SECRET }]);
    const events = Math.round(EVENTS * scale);
    try {
      const comparisons = await alternate(
        rounds,
        () => product.run(events * 2),
        () => throughBullmq(redis.port, pool, url.pathname, events),
      );
      return [rateRow(NAME, comparisons, 3)];
    } finally {
      await product.stop();
      await pool.close();
      await redis.stop();
      await sink.stop();
    }
  },
};

interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

async function startRedis(program: string): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-bench-redis-'));
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child: Child = startChild(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await until(10_000, () => accepts(port));
  return {
    port,
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * As many jobs outstanding and as many attempts in flight as ours. Jobs that are done are kept with what came of them,
 * as BullMQ does by default and as ours are.
 */
async function throughBullmq(port: number, pool: Pool, path: string, events: number): Promise<Measured> {
  const connection = { host: '127.0.0.1', port };
  const queue = new Queue('bench', { connection, defaultJobOptions: { attempts: 3 } });
  const post = ({ data }: { data: EnvelopeParts }): Promise<number> => peerPost(pool, path, data);
  const worker = new Worker('bench', post, { connection, concurrency: IN_FLIGHT });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  queue.on('error', reject);
  worker.on('error', reject);
  let toAdd = events;
  let toFinish = events;
  const add = (): void => {
    if (toAdd > 0) queue.add('event', queuedEvent(toAdd--)).catch(reject);
  };
  worker.on('completed', () => {
    toFinish -= 1;
    if (toFinish === 0) resolve();
    else add();
  });
  worker.on('failed', (_job, error) => reject(error));
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  const measured = await measure(events, () => {
    for (let n = 0; n < OUTSTANDING; n += 1) add();
    return promise;
  });
  await worker.close();
  await queue.close();
  return measured;
}
