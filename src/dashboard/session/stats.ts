import type { StreamMessage } from '../../api/client.ts';
import type { Stats } from '../types.ts';

export type StatsNews = Extract<StreamMessage, { data: unknown; name: 'stats' }>['data'];

/**
 * With what was told since: the current minute takes its place, or follows as the newest; the oldest goes then. What was
 * told before changes nothing.
 */
export function movedOn(before: Stats, { minute, ...news }: StatsNews): Stats {
  if (news.now <= before.now) return before;
  const last = before.minutes.at(-1);
  const minutes =
    last?.at === minute.at ? [...before.minutes.slice(0, -1), minute] : [...before.minutes.slice(1), minute];
  return { ...before, ...news, minutes };
}

/** Whether there were minutes in between that nobody saw, as after the sleep of a laptop. */
export function isBehind(before: Stats, { minute }: StatsNews): boolean {
  const last = before.minutes.at(-1);
  return last !== undefined && Date.parse(minute.at) - Date.parse(last.at) > 60_000;
}
