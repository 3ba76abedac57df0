/** Microseconds since the Unix epoch, the precision of AMI's `Timestamp`. Exact as a number until the year 2255. */
declare const micros: unique symbol;
export type Micros = number & { readonly [micros]: true };

export interface Timer {
  cancel(): void;
}

/** Where every floor gets its time from, so that no test sleeps. */
export interface Clock {
  /** Now, in microseconds; never goes back within one process. */
  now(): Micros;
  /** Calls `fn` once after `delayMs` milliseconds. A pending timer does not keep the process alive. */
  after(delayMs: number, fn: () => void): Timer;
}

/** Longest delay that a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => micro(performance.timeOrigin * 1000 + performance.now() * 1000),
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
  const iso = new Date(Math.floor(value / 1000)).toISOString();
  const below = value % 1000;
  return `${iso.slice(0, -1)}${below.toString().padStart(3, '0')}Z`;
}

/** RFC 3339 in UTC in whole seconds: `2025-12-07T12:00:00Z`. */
export function rfc3339Seconds(value: Micros): string {
  return `${new Date(Math.floor(value / 1000)).toISOString().slice(0, 19)}Z`;
}
