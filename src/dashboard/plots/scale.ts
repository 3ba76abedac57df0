/** The next number at or above that reads well at the top of a plot: 1, 2, 3, 4, 5, 6, 8, 10, 20 … */
export function niceCeiling(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Runs of values that are there, as points in a box; a value that is null breaks the line. */
export function runsOf(
  values: readonly (number | null)[],
  top: number,
  width: number,
  height: number,
): readonly (readonly Point[])[] {
  const step = width / Math.max(1, values.length - 1);
  const runs: Point[][] = [];
  let run: Point[] = [];
  values.forEach((value, index) => {
    if (value === null) {
      run = [];
      return;
    }
    if (run.length === 0) runs.push(run);
    run.push({ x: index * step, y: height - (Math.min(value, top) / top) * height });
  });
  return runs;
}

/** An SVG path through the points; a lone one is a short stroke, so that it shows. */
export function linePath(points: readonly Point[]): string {
  const [first] = points;
  if (first === undefined) return '';
  if (points.length === 1) return `M${first.x - 1} ${round(first.y)}h2`;
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
