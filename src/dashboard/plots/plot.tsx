import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

/** Colours of series; each also has its place in the legend, by name. */
export type Ink = 'accent' | 'good' | 'bad' | 'soft';

export interface Series {
  readonly label: string;
  readonly ink: Ink;
  /** Oldest first; null where there is nothing to show. */
  readonly values: readonly (number | null)[];
}

export interface PlotProps {
  readonly title: string;
  /** The one number that is looked for first. */
  readonly value: string;
  readonly note: ComponentChildren;
  readonly series: readonly Series[];
  /** What each place on the line is, such as `14:03`. */
  readonly places: readonly string[];
  /** The whole plot in a sentence. */
  readonly description: string;
  readonly format: (value: number) => string;
  readonly from: string;
}

export const WIDTH = 600;
export const HEIGHT = 100;

interface FrameProps extends PlotProps {
  readonly top: string;
  readonly children: ComponentChildren;
}

/** A plot with what is said of it; pointing at it reads a place, and all numbers are at hand as a table. */
export function PlotFrame({
  title,
  value,
  note,
  series,
  places,
  description,
  format,
  from,
  top,
  children,
}: FrameProps) {
  const [at, setAt] = useState<number>();
  const read = at === undefined ? undefined : places[at];
  return (
    <figure class="plot card">
      <figcaption class="plot-head">
        <span class="plot-title">{title}</span>
        <span class="plot-value number">{value}</span>
        <span class="plot-note small muted">{note}</span>
      </figcaption>
      <div
        class="plot-field"
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const part = (event.clientX - box.left) / box.width;
          setAt(Math.min(places.length - 1, Math.max(0, Math.round(part * (places.length - 1)))));
        }}
        onPointerLeave={() => setAt(undefined)}
      >
        <span class="plot-top tiny muted number">{top}</span>
        <svg
          role="img"
          aria-label={description}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
        >
          {children}
          {at !== undefined && places.length > 1 && (
            <line
              class="plot-cursor"
              x1={(at * WIDTH) / (places.length - 1)}
              x2={(at * WIDTH) / (places.length - 1)}
              y1="0"
              y2={HEIGHT}
            />
          )}
        </svg>
      </div>
      <div class="plot-foot tiny muted number">
        {read === undefined ? (
          <>
            <span>{from}</span>
            <span>now</span>
          </>
        ) : (
          <span>
            {read}:{' '}
            {series.map(({ label, values }) => `${label} ${formatted(values[at ?? 0], format)}`).join(', ')}
          </span>
        )}
      </div>
      <Legend series={series} />
      <PlotNumbers title={title} series={series} places={places} format={format} />
    </figure>
  );
}

function Legend({ series }: { readonly series: readonly Series[] }) {
  if (series.length < 2) return null;
  return (
    <span class="legend">
      {series.map(({ label, ink }) => (
        <span key={label} class={`legend-item ink-${ink}`}>
          {label}
        </span>
      ))}
    </span>
  );
}

interface NumbersProps extends Pick<PlotProps, 'title' | 'series' | 'places' | 'format'> {}

/** Made when it is opened: nobody else needs sixty rows. */
function PlotNumbers({ title, series, places, format }: NumbersProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="plot-numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="tiny muted">
        Numbers<span class="visually-hidden"> of {title}</span>
      </summary>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <div class="plot-table" tabIndex={0}>
          <table>
            <caption class="visually-hidden">{title}, newest first</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {places
                .map((place, index) => (
                  <tr key={place}>
                    <th scope="row">{place}</th>
                    {series.map(({ label, values }) => (
                      <td key={label}>{formatted(values[index], format)}</td>
                    ))}
                  </tr>
                ))
                .reverse()}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

function formatted(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value);
}
