import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { bareLoop, poolTo } from '../bare-loop.ts';
import { alternate, type Bench, type Measured, measure, rateRow } from '../harness.ts';
import { type Product, startProduct } from '../product.ts';
import { startSink } from '../sink-process.ts';
import { CALL, SECRET } from '../workload.ts';

const EVENTS = 100_000;
/** Requests in flight, by default. */
const CONCURRENCY = 16;
/** Enough to fill every batch that may be in flight three times: one is made, one goes, one is noted. */
const OUTSTANDING = 3 * 100 * CONCURRENCY;
const A_TURN = 100;

/** Events a second in batches of 100, to a bare loop that sends each by itself. */
export const batch: Bench = {
  name: 'batch',
  async run({ rounds, scale }) {
    const sink = await startSink();
    const url = new URL('/hook', sink.origin);
    const pool = poolTo(url);
    const batches = { max_events: 100, max_wait: 1 };
    const product = await startProduct([{ url: url.href, events: ['*'], secret: SECRET, batch: batches }], {
      concurrency: CONCURRENCY,
    });
    const events = Math.round(EVENTS * scale);
    try {
      const comparisons = await alternate(
        rounds,
        () => run(product, events),
        () => bareLoop(pool, url.pathname, Math.round(events / 10)),
      );
      return [rateRow('events a second in batches of 100, to that loop', comparisons, 5)];
    } finally {
      await product.stop();
      await pool.close();
      await sink.stop();
    }
  },
};

/**
 * Keeps {@link OUTSTANDING} events on their way, a few of them in each turn: a burst would hold up this thread, and with
 * it the answers that make room.
 */
function run({ engine, ids }: Product, events: number): Promise<Measured> {
  const delivered = (): number => ids.reduce((sum, id) => sum + engine.stats(id).successCount, 0);
  const before = delivered();
  const failed = Promise.withResolvers<never>();
  const publishing = async (): Promise<void> => {
    let published = 0;
    for (let done = 0; done < events; done = delivered() - before) {
      const room = Math.min(events, done + OUTSTANDING) - published;
      for (let n = 0; n < Math.min(room, A_TURN); n += 1) {
        engine.publish(CALL).catch(failed.reject);
        published += 1;
      }
      await (room > 0 ? nextTurn() : pause(1));
    }
  };
  return measure(events, () => Promise.race([publishing(), failed.promise]));
}
