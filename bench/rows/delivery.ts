import { bareLoop, poolTo } from '../bare-loop.ts';
import { alternate, type Bench, cpuRow, rateRow } from '../harness.ts';
import { startProduct } from '../product.ts';
import { startSink } from '../sink-process.ts';
import { SECRET } from '../workload.ts';

const EVENTS = 20_000;

export const delivery: Bench = {
  name: 'delivery',
  async run({ rounds, scale }) {
    const sink = await startSink();
    const url = new URL('/hook', sink.origin);
    const pool = poolTo(url);
    const product = await startProduct([{ url: url.href, events: ['*'], secret: SECRET }]);
    const events = Math.round(EVENTS * scale);
    try {
      const comparisons = await alternate(
        rounds,
        () => product.run(events),
        () => bareLoop(pool, url.pathname, events),
      );
      return [
        rateRow('delivered durable signed events, to a bare undici loop', comparisons, 0.75),
        cpuRow('processor time for each of them, all threads, to that loop', comparisons, 1.8),
      ];
    } finally {
      await product.stop();
      await pool.close();
      await sink.stop();
    }
  },
};
