import type { Filter } from './route.ts';

/** Periods that end now, longest last; `last` in a filter. */
export const PERIODS = {
  '15m': { label: 'Last 15 minutes', ms: 15 * 60_000 },
  '1h': { label: 'Last hour', ms: 3_600_000 },
  '24h': { label: 'Last 24 hours', ms: 86_400_000 },
  '7d': { label: 'Last 7 days', ms: 7 * 86_400_000 },
} as const;

type Period = keyof typeof PERIODS;

function isPeriod(text: string): text is Period {
  return Object.hasOwn(PERIODS, text);
}

interface Range {
  readonly since?: string;
  readonly until?: string;
}

/** From when to when a filter asks, for the API; what is no time is left out. */
export function rangeOf({ last, since, until }: Filter, now: number): Range {
  if (last !== undefined && isPeriod(last)) {
    return { since: new Date(now - PERIODS[last].ms).toISOString() };
  }
  return { ...instant('since', since), ...instant('until', until) };
}

function instant<Key extends 'since' | 'until'>(key: Key, text: string | undefined): Range {
  const time = new Date(text ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? {} : { [key]: time.toISOString() };
}

/** As `<input type="datetime-local">` writes a time: local, to the minute; empty for none. */
export function localInput(time: string | undefined): string {
  const date = new Date(time ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The other way round; empty for none. */
export function fromLocalInput(text: string): string {
  const date = new Date(text);
  return text === '' || Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
