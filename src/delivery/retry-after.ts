import type { AttemptOutcome } from '../model/delivery.ts';

/** Longest time for which a receiver may ask to be left alone, in milliseconds. */
const MOST_MS = 24 * 3_600 * 1000;

/** Statuses with which `Retry-After` counts (RFC 6585, section 4; RFC 9110, section 15.6.4). */
const STATUSES: ReadonlySet<number> = new Set([429, 503]);

/**
 * For how many milliseconds the receiver asked to be left alone: `Retry-After` in seconds or as a date (RFC 9110,
 * section 10.2.3), at most 24 h; 0 where it did not ask, or can't be understood.
 *
 * @param nowMs what the receiver's clock should show.
 */
export function retryAfterMs(outcome: AttemptOutcome, nowMs: number): number {
  const response = outcome.response;
  if (response === undefined || !STATUSES.has(response.status)) return 0;
  const header = headerOf(response.headers, 'retry-after')?.trim();
  if (header === undefined || header === '') return 0;
  const asked = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(asked) ? 0 : Math.min(MOST_MS, Math.max(0, asked));
}

/** The first value of a header, of headers as they are kept: a JSON object. */
function headerOf(headers: string, name: string): string | undefined {
  if (!headers.includes(name)) return undefined;
  const parsed: unknown = JSON.parse(headers);
  const value: unknown =
    typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}
