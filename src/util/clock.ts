/** Microseconds since the Unix epoch, the precision of AMI's `Timestamp`. Exact as a number until the year 2255. */
declare const micros: unique symbol;
export type Micros = number & { readonly [micros]: true };

export interface Timer {
  cancel(): void;
}

/** Where every floor gets its time from, so that no test sleeps. */
export interface Clock {
  /** Now, in microseconds; follows the wall clock forward, and never goes back or stands still within one process. */
  now(): Micros;
  /** What the wall clock says, in microseconds; goes back when that is put back. For whoever compares it with theirs. */
  wall(): Micros;
  /** Milliseconds since some fixed moment, whatever happens to the wall clock: for durations. */
  elapsedMs(): number;
  /** Calls `fn` once after `delayMs` milliseconds. A pending timer does not keep the process alive. */
  after(delayMs: number, fn: () => void): Timer;
}

/** Longest delay that a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What {@link performance.now} lacks to the epoch, in milliseconds; grows when the wall clock steps forward. */
let epochMs = performance.timeOrigin;

export const systemClock: Clock = {
  now() {
    const elapsedMs = performance.now();
    // Date.now() is cut to whole milliseconds, so it leads only after a step: NTP after boot, a machine resumed.
    epochMs = Math.max(epochMs, Date.now() - elapsedMs);
    return micro((epochMs + elapsedMs) * 1000);
  },
  wall: () => microsFromMs(Date.now()),
  elapsedMs: () => performance.now(),
  after(delayMs, fn) {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      const slice = Math.min(left, MAX_TIMER_MS);
      handle = setTimeout(() => (left > slice ? arm(left - slice) : fn()), Math.max(0, slice));
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A whole number of microseconds from any number of them. */
export function micro(value: number): Micros {
  return Math.round(value) as Micros;
}

export function microsFromMs(ms: number): Micros {
  return micro(ms * 1000);
}

export function msFromMicros(value: Micros): number {
  return Math.floor(value / 1000);
}

/** RFC 3339 in UTC with six decimals: `2025-12-07T12:00:00.123456Z`. */
export function rfc3339Micros(value: Micros): string {
  const second = Math.floor(value / 1_000_000);
  return `${secondText(second)}.${String(value - second * 1_000_000).padStart(6, '0')}Z`;
}

/** RFC 3339 in UTC with three decimals, of milliseconds since the epoch: `2025-12-07T12:00:00.123Z`. */
export function rfc3339Millis(ms: number): string {
  const second = Math.floor(ms / 1_000);
  return `${secondText(second)}.${String(ms - second * 1_000).padStart(3, '0')}Z`;
}

/** Making a date into text costs as much as all else of an envelope; nearly all of them are of one day. */
let lastDay = { day: Number.NaN, text: '' };

const DAY = 86_400;

const TWO_DIGITS: readonly string[] = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));

/** `2025-12-07T12:00:00`. */
function secondText(second: number): string {
  const day = Math.floor(second / DAY);
  if (day !== lastDay.day) lastDay = { day, text: new Date(day * DAY * 1_000).toISOString().slice(0, -13) };
  const ofDay = second - day * DAY;
  const hour = Math.floor(ofDay / 3_600);
  const minute = Math.floor(ofDay / 60) % 60;
  return `${lastDay.text}${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[ofDay % 60]}`;
}

/** RFC 3339 in UTC in whole seconds: `2025-12-07T12:00:00Z`. */
export function rfc3339Seconds(value: Micros): string {
  return `${secondText(Math.floor(value / 1_000_000))}Z`;
}
