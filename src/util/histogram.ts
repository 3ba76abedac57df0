/** What a histogram held at one moment. */
export interface HistogramSnapshot {
  /** Upper bounds, ascending; what lies above the last one is in `count` alone. */
  readonly bounds: readonly number[];
  /** For each bound: values up to it. */
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Counts values by size. An observation is a few comparisons and makes no garbage: it may stand in a hot path. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds upper bounds, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  snapshot(): HistogramSnapshot {
    let count = 0;
    const cumulative = Array.from(this.#counts, (own) => {
      count += own;
      return count;
    });
    return { bounds: this.#bounds, cumulative: cumulative.slice(0, -1), count, sum: this.#sum };
  }
}
