/** What one side of a comparison did. */
export interface Measured {
  /** Items a second. */
  readonly rate: number;
  /** Processor time of all threads of this process for one item, in microseconds. */
  readonly cpuMicros: number;
}

export interface Comparison {
  readonly ours: Measured;
  readonly ceiling: Measured;
}

/** A line of the table. */
export type RowResult = MeasuredRow | LeftOutRow;

/** Could not be measured on this machine, and how it could. */
export interface LeftOutRow {
  readonly name: string;
  readonly leftOut: string;
}

/** Ours over the ceiling that was measured beside it. */
export interface MeasuredRow {
  readonly name: string;
  readonly ratio: number;
  /** What it is a number of, such as `MB`. Default `x`: a ratio. */
  readonly unit?: string;
  /** What is to be reached: at least, or at most. */
  readonly bound: { readonly kind: 'at_least' | 'at_most'; readonly ratio: number };
  /** Both sides in words, such as `18,200/s of 40,100/s`. */
  readonly detail: string;
}

export interface BenchOptions {
  /** Alternating rounds of ours and the ceiling; the median counts. */
  readonly rounds: number;
  /** Shrinks or grows every workload. */
  readonly scale: number;
}

/** A file of `rows/`: measures one thing and may tell several lines of it. */
export interface Bench {
  readonly name: string;
  run(options: BenchOptions): Promise<readonly RowResult[]>;
}

/** Measures `work`, which does `items` of something. */
export async function measure(items: number, work: () => Promise<unknown>): Promise<Measured> {
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await work();
  const seconds = (performance.now() - before) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { rate: items / seconds, cpuMicros: (user + system) / items };
}

/** Turns of a round. Short ones: the machine's own speed changes within seconds. */
const TURNS = 4;

/** Ours and the ceiling by turns, so that what else the machine does meets both; one unmeasured round first. */
export async function alternate(
  rounds: number,
  ours: () => Promise<Measured>,
  ceiling: () => Promise<Measured>,
): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (let turn = 0; turn < (rounds + 1) * TURNS; turn += 1) {
    const first = await ceiling();
    comparisons.push({ ours: await ours(), ceiling: first });
  }
  return comparisons.slice(TURNS);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The median ratio of rates: 1 is as fast as the ceiling. */
export function rateRow(
  name: string,
  comparisons: readonly { readonly ours: Pick<Measured, 'rate'>; readonly ceiling: Pick<Measured, 'rate'> }[],
  atLeast: number,
): MeasuredRow {
  return {
    name,
    ratio: median(comparisons.map(({ ours, ceiling }) => ours.rate / ceiling.rate)),
    bound: { kind: 'at_least', ratio: atLeast },
    detail: `${rate(comparisons.map(({ ours }) => ours.rate))} of ${rate(comparisons.map(({ ceiling }) => ceiling.rate))}`,
  };
}

/** The median ratio of processor time for one item: 1 costs as much as the ceiling. */
export function cpuRow(name: string, comparisons: readonly Comparison[], atMost: number): MeasuredRow {
  return {
    name,
    ratio: median(comparisons.map(({ ours, ceiling }) => ours.cpuMicros / ceiling.cpuMicros)),
    bound: { kind: 'at_most', ratio: atMost },
    detail: `${micros(comparisons.map(({ ours }) => ours.cpuMicros))} to ${micros(comparisons.map(({ ceiling }) => ceiling.cpuMicros))}`,
  };
}

function rate(values: readonly number[]): string {
  return `${Math.round(median(values)).toLocaleString('en')}/s`;
}

function micros(values: readonly number[]): string {
  return `${median(values).toFixed(1)} µs`;
}

/** The value that `share` of all values do not exceed: 0.5, 0.99. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function reaches({ ratio, bound }: MeasuredRow): boolean {
  return bound.kind === 'at_least' ? ratio >= bound.ratio : ratio <= bound.ratio;
}
