import { setTimeout as pause } from 'node:timers/promises';
import { type Bench, median, quantile } from '../harness.ts';
import { type Product, startProduct } from '../product.ts';
import { startReceiver } from '../receiver.ts';
import { startBlackHole } from '../sink-process.ts';
import { CALL, SECRET } from '../workload.ts';

const HANGING = 50;
/**
 * Short turns, and the median of them counts: where the disk stands still for a tenth of a second, as virtual ones do,
 * that is one turn's p99 and says nothing of the others who hang.
 */
const SECONDS = 2;
const TURNS = 8;
/** Events a second: far from any limit, so that what is measured is waiting for others. */
const RATE = 200;

/** Publish to arrival at a receiver that is well, while 50 others take every request and never answer. */
export const isolation: Bench = {
  name: 'isolation',
  async run({ rounds, scale }) {
    const times = new Times();
    const healthy = await startReceiver(true, (id) => times.arrived(id));
    // A process of its own: the end of its connections is no work of this one.
    const black = await startBlackHole();
    const own = { url: healthy.url, events: ['*'], secret: SECRET };
    const others = Array.from({ length: HANGING }, (_, n) => ({
      ...own,
      url: `${black.origin}/${n}`,
    }));
    // As a user has it: attempts in flight for each subscription, and time-outs, by default.
    const settings = { concurrency: 16 };
    const alone = await startProduct([own], settings);
    const among = await startProduct([own, ...others], settings);
    const seconds = Math.max(1, SECONDS * scale);
    try {
      const turns: Turn[] = [];
      for (let turn = 0; turn < (rounds + 1) * TURNS; turn += 1) {
        turns.push({ alone: await times.of(alone, seconds), among: await times.of(among, seconds) });
      }
      const counted = turns.slice(TURNS);
      const p99 = (side: keyof Turn) => median(counted.map((turn) => quantile(turn[side], 0.99)));
      const ofAll = (side: keyof Turn, share: number) =>
        quantile(
          counted.flatMap((turn) => turn[side]),
          share,
        );
      const both = (of: (side: keyof Turn) => number) =>
        `${of('among').toFixed(1)} ms to ${of('alone').toFixed(1)} ms`;
      return [
        {
          name: "a healthy subscription's p99 while 50 others hang, to alone",
          ratio: median(counted.map((turn) => quantile(turn.among, 0.99) / quantile(turn.alone, 0.99))),
          bound: { kind: 'at_most', ratio: 1.2 },
          detail: `${both(p99)}; of all turns together ${both((side) => ofAll(side, 0.99))}, p50 ${both((side) => ofAll(side, 0.5))}`,
        },
      ];
    } finally {
      await black.stop();
      await Promise.all([alone.stop(), among.stop()]);
      await healthy.stop();
    }
  },
};

/** Milliseconds of each event, of either side. */
interface Turn {
  readonly alone: readonly number[];
  readonly among: readonly number[];
}

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

  async of({ engine }: Product, seconds: number): Promise<readonly number[]> {
    this.#times = [];
    for (let n = 0; n < seconds * RATE; n += 1) {
      const begun = performance.now();
      void engine.publish(CALL).then((id) => this.#begun.set(id, begun));
      await pause(1_000 / RATE);
    }
    while (this.#begun.size > 0) await pause(5);
    return this.#times;
  }
}
