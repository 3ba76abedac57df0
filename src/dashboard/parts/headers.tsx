import { counted } from '../format/number.ts';

interface HeadersProps {
  /** What they are, such as `Response headers`. */
  readonly label: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

/** Headers as they were sent, each on a line; closed at first, since they seldom say what is wrong. */
export function Headers({ label, headers }: HeadersProps) {
  const rows = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => [name, one] as const),
  );
  if (rows.length === 0) return null;
  return (
    <details class="headers">
      <summary class="small">
        {label} <span class="muted">({counted(rows.length, 'header')})</span>
      </summary>
      <dl class="header-list mono">
        {rows.map(([name, value]) => (
          <div key={`${name} ${value}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
