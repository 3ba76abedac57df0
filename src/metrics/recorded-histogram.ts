import { Histogram } from 'prom-client';
import type { HistogramSnapshot } from '../util/histogram.ts';

export interface RecordedHistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly registers: ConstructorParameters<typeof Histogram>[0]['registers'];
  /** Snapshots by the value of `labelName`; without one, a single snapshot under any key. */
  readonly read: () => Iterable<readonly [label: string, snapshot: HistogramSnapshot]>;
  readonly labelName?: string;
}

/** Shows counts that were made elsewhere, where an observation must cost next to nothing. */
export class RecordedHistogram extends Histogram<string> {
  readonly #options: RecordedHistogramOptions;
  /** All of the answer but its values. */
  readonly #frame: Histogram<string>;

  constructor(options: RecordedHistogramOptions) {
    const { name, help, registers = [], labelName } = options;
    super({ name, help, registers, labelNames: labelName === undefined ? [] : [labelName] });
    this.#options = options;
    this.#frame = new Histogram({ name, help, registers: [] });
  }

  /** What the registry makes its text of. */
  getForPromString(): ReturnType<RecordedHistogram['get']> {
    return this.get();
  }

  override async get(): ReturnType<Histogram<string>['get']> {
    const { name, read, labelName } = this.#options;
    const metric = await this.#frame.get();
    const values: typeof metric.values = [];
    for (const [label, { bounds, cumulative, count, sum }] of read()) {
      const labels = labelName === undefined ? {} : { [labelName]: label };
      for (const [index, bound] of bounds.entries()) {
        values.push({
          metricName: `${name}_bucket`,
          labels: { ...labels, le: bound },
          value: cumulative[index] ?? 0,
        });
      }
      values.push(
        { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      );
    }
    return { ...metric, values };
  }
}
