import { type Clock, type Micros, micro } from '../../src/util/clock.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves on by `ms` milliseconds, calling the timers that fall due on the way, in order. */
  advance(ms: number): void;
  /** Timers that have neither fired nor been cancelled. */
  readonly pending: number;
}

export function createManualClock(startMs = 1_800_000_000_000): ManualClock {
  let now = startMs;
  const timers = new Set<{ readonly dueMs: number; readonly fn: () => void }>();
  return {
    now: (): Micros => micro(now * 1000),
    after(delayMs, fn) {
      const timer = { dueMs: now + Math.max(0, delayMs), fn };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = [...timers].filter((timer) => timer.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (due === undefined) break;
        timers.delete(due);
        now = Math.max(now, due.dueMs);
        due.fn();
      }
      now = end;
    },
    get pending() {
      return timers.size;
    },
  };
}
