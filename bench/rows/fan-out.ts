import { alternate, type Bench, type MeasuredRow, median } from '../harness.ts';
import { startProduct } from '../product.ts';
import { startSink } from '../sink-process.ts';
import { SECRET } from '../workload.ts';

const SUBSCRIPTIONS = 1_000;
const EVENTS = 10;

/** What a delivery takes when one event goes to 1,000 subscriptions, to as many events that go to one. */
export const fanOut: Bench = {
  name: 'fan-out',
  async run({ rounds, scale }) {
    const sink = await startSink();
    const subscription = (n: number) => ({
      url: `${sink.origin}/hook/${n}`,
      events: ['*'],
      secret: SECRET,
    });
    const many = await startProduct(Array.from({ length: SUBSCRIPTIONS }, (_, n) => subscription(n)));
    const one = await startProduct([subscription(0)]);
    const events = Math.max(2, Math.round(EVENTS * scale));
    try {
      const comparisons = await alternate(
        rounds,
        () => many.run(events),
        () => one.run(events * SUBSCRIPTIONS),
      );
      const micros = (rates: readonly number[]) => `${(1e6 / median(rates)).toFixed(1)} µs`;
      const row: MeasuredRow = {
        name: 'time of a delivery, 1 event to 1,000 subscriptions, to 1 to 1',
        ratio: median(comparisons.map(({ ours, ceiling }) => ceiling.rate / ours.rate)),
        bound: { kind: 'at_most', ratio: 1.1 },
        detail: `${micros(comparisons.map(({ ours }) => ours.rate))} to ${micros(comparisons.map(({ ceiling }) => ceiling.rate))}`,
      };
      return [row];
    } finally {
      await many.stop();
      await one.stop();
      await sink.stop();
    }
  },
};
