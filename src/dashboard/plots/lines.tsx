import { HEIGHT, PlotFrame, type PlotProps, WIDTH } from './plot.tsx';
import { linePath, niceCeiling, runsOf } from './scale.ts';

interface LinePlotProps extends PlotProps {
  /** The highest value that there can be; left out, what reads well above the highest there is. */
  readonly ceiling?: number;
}

/** A line for each series, the first of them with the area below it. */
export function LinePlot({ ceiling, ...props }: LinePlotProps) {
  const values = props.series.flatMap((series) => series.values).filter((value) => value !== null);
  const top = ceiling ?? niceCeiling(Math.max(0, ...values));
  return (
    <PlotFrame {...props} top={props.format(top)}>
      {props.series.map(({ label, ink, values: line }, index) =>
        runsOf(line, top, WIDTH, HEIGHT).map((run) => {
          const path = linePath(run);
          const [first] = run;
          return (
            <g key={`${label} ${first?.x}`} class={`ink-${ink}`}>
              {index === 0 && run.length > 1 && (
                <path class="plot-area" d={`${path}V${HEIGHT}H${first?.x ?? 0}Z`} />
              )}
              <path class="plot-line" d={path} />
            </g>
          );
        }),
      )}
    </PlotFrame>
  );
}
