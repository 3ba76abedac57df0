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

  /** Begins anew. */
  clear(): void {
    this.#counts.fill(0);
    this.#sum = 0;
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

/** Of histograms with the same bounds all values together. */
export function combined(
  bounds: readonly number[],
  snapshots: readonly HistogramSnapshot[],
): HistogramSnapshot {
  return {
    bounds,
    cumulative: bounds.map((_, n) =>
      snapshots.reduce((sum, { cumulative }) => sum + (cumulative[n] ?? 0), 0),
    ),
    count: snapshots.reduce((total, { count }) => total + count, 0),
    sum: snapshots.reduce((total, { sum }) => total + sum, 0),
  };
}

/**
 * The value that a part `q` (0 to 1) of all values does not exceed, as near as the bounds tell: evenly between two of
 * them, and no more than the last one. 0 where there are none.
 */
export function quantile({ bounds, cumulative, count }: HistogramSnapshot, q: number): number {
  if (count === 0) return 0;
  const rank = q * count;
  const bucket = cumulative.findIndex((upTo) => upTo >= rank);
  if (bucket < 0) return bounds.at(-1) ?? 0;
  const [low, high] = [bounds[bucket - 1] ?? 0, bounds[bucket] ?? 0];
  const [before, upTo] = [cumulative[bucket - 1] ?? 0, cumulative[bucket] ?? 0];
  return low + ((high - low) * (rank - before)) / Math.max(1, upTo - before);
}
