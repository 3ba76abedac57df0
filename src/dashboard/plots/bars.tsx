import { HEIGHT, PlotFrame, type PlotProps, WIDTH } from './plot.tsx';
import { niceCeiling } from './scale.ts';

/** Series on top of each other, a bar for each place. */
export function BarPlot(props: PlotProps) {
  const { series, places, format } = props;
  const sums = places.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const top = niceCeiling(Math.max(...sums));
  const step = WIDTH / Math.max(1, places.length);
  return (
    <PlotFrame {...props} top={format(top)}>
      {places.map((place, index) => {
        let base = HEIGHT;
        return series.map(({ label, ink, values }) => {
          const height = ((values[index] ?? 0) / top) * HEIGHT;
          base -= height;
          return (
            height > 0 && (
              <rect
                key={`${place} ${label}`}
                class={`ink-${ink}`}
                x={index * step + step * 0.14}
                width={step * 0.72}
                y={base}
                height={height}
              />
            )
          );
        });
      })}
    </PlotFrame>
  );
}
