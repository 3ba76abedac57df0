import { setTimeout as pause } from 'node:timers/promises';
import { type Bench, median, quantile } from '../harness.ts';
import { type Product, startProduct } from '../product.ts';
import { startReceiver } from '../receiver.ts';
import { CALL, SECRET } from '../workload.ts';

const HANGING = 50;
const SECONDS = 8;
/** Events a second: far from any limit, so that what is measured is waiting for others. */
const RATE = 100;

/** Publish to arrival at a receiver that is well, while 50 others take every request and never answer. */
export const isolation: Bench = {
  name: 'isolation',
  async run({ rounds, scale }) {
    const times = new Times();
    const healthy = await startReceiver(true, (id) => times.arrived(id));
    const black = await startReceiver(false);
    const own = { url: healthy.url, events: ['*'], secret: SECRET };
    const others = Array.from({ length: HANGING }, (_, n) => ({
      ...own,
      url: `${black.url}/${n}`,
    }));
    // As a user has it: attempts in flight for each subscription, and time-outs, by default.
    const settings = { concurrency: 16 };
    const alone = await startProduct([own], settings);
    const among = await startProduct([own, ...others], settings);
    const seconds = Math.max(1, SECONDS * scale);
    try {
      const measured = [];
      for (let round = 0; round <= rounds; round += 1) {
        const ceiling = await times.p99(alone, seconds);
        measured.push({ ours: await times.p99(among, seconds), ceiling });
      }
      const counted = measured.slice(1);
      const ms = (values: readonly number[]): string => `${median(values).toFixed(1)} ms`;
      return [
        {
          name: "a healthy subscription's p99 while 50 others hang, to alone",
          ratio: median(counted.map(({ ours, ceiling }) => ours / ceiling)),
          bound: { kind: 'at_most', ratio: 1.2 },
          detail: `${ms(counted.map(({ ours }) => ours))} to ${ms(counted.map(({ ceiling }) => ceiling))}`,
        },
      ];
    } finally {
      await black.stop();
      await Promise.all([alone.stop(), among.stop()]);
      await healthy.stop();
    }
  },
};

class Times {
  /** When what was published and has not arrived was published, by event id. */
  readonly #begun = new Map<string, number>();
  #times: number[] = [];

  arrived(id = ''): void {
    const begun = this.#begun.get(id);
    if (begun === undefined) return;
    this.#begun.delete(id);
    this.#times.push(performance.now() - begun);
  }

  async p99({ engine }: Product, seconds: number): Promise<number> {
    this.#times = [];
    for (let n = 0; n < seconds * RATE; n += 1) {
      const begun = performance.now();
      void engine.publish(CALL).then((id) => this.#begun.set(id, begun));
      await pause(1_000 / RATE);
    }
    while (this.#begun.size > 0) await pause(5);
    return quantile(this.#times, 0.99);
  }
}
