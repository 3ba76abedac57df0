import { ago, fullTime, preciseTime, timeOf } from '../format/time.ts';
import { useNow } from '../hooks/use-now.ts';

interface TimeProps {
  readonly value: string;
}

/** Local time of day; all that is known of it on hover. */
export function Time({ value }: TimeProps) {
  const now = useNow(60_000);
  return (
    <time dateTime={value} title={fullTime(value)}>
      {timeOf(value, now)}
    </time>
  );
}

/** How long ago, counting on. */
export function Ago({ value }: TimeProps) {
  const now = useNow(2_000);
  return (
    <time dateTime={value} title={fullTime(value)}>
      {ago(value, now)}
    </time>
  );
}

/** With milliseconds. */
export function PreciseTime({ value }: TimeProps) {
  const now = useNow(60_000);
  return (
    <time dateTime={value} title={fullTime(value)}>
      {preciseTime(value, now)}
    </time>
  );
}
