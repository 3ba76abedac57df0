const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

/** Local time of day, with the day where it is not today's and the year where it is another: `29 Nov, 14:03:12`. */
export function timeOf(time: string | number, now: number): string {
  const date = new Date(time);
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) return clock.format(date);
  const format = date.getFullYear() === today.getFullYear() ? day : dayOfYear;
  return `${format.format(date)}, ${clock.format(date)}`;
}

/** {@link timeOf} with milliseconds, for what follows each other closely: `14:03:12.045`. */
export function preciseTime(time: string, now: number): string {
  return `${timeOf(time, now)}.${String(new Date(time).getMilliseconds()).padStart(3, '0')}`;
}

export function minuteOf(time: string): string {
  return minute.format(new Date(time));
}

/** Everything that is known of it, time zone included. */
export function fullTime(time: string | number): string {
  return full.format(new Date(time));
}

/** How far from now: `just now`, `12 s ago`, `in 5 min`. */
export function ago(time: string | number, now: number): string {
  const distance = new Date(time).getTime() - now;
  if (Math.abs(distance) < 2 * SECOND) return 'just now';
  return distance < 0 ? `${span(-distance)} ago` : `in ${span(distance)}`;
}

/** The one unit that says most: `45 s`, `5 min`, `3 h`, `12 days`. Takes milliseconds. */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  const days = Math.floor(ms / DAY);
  return days === 1 ? '1 day' : `${days} days`;
}

/** How long something took, from milliseconds: `0.4 ms`, `12 ms`, `1.24 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < MINUTE - 5) return `${(ms / SECOND).toFixed(2)} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
