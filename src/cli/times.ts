import { InvalidArgumentError } from 'commander';
import { localTime } from '../util/one-line.ts';

/** A time of the API for a person, in the machine's zone: of today `12:00:05`, else `2025-12-07 12:00`. */
export function shortTime(rfc3339: string | null, now = new Date()): string {
  if (rfc3339 === null) return '-';
  const text = localTime(new Date(rfc3339));
  const [day, time = ''] = text.split(' ');
  return localTime(now).startsWith(`${day} `) ? time : text.slice(0, -3);
}

/** `3 d 4 h`, `12 min`, `5 s`. */
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;
type Unit = keyof typeof UNITS;

/** How times may be written. */
export const TIME_FORMS = '2h, 30m, 7d (ago), "2025-12-07 12:00" (local), or RFC 3339';

/** A time as a person writes it, as RFC 3339 for the API. */
export function momentOf(text: string, now = Date.now()): string {
  const ago = secondsIn(text);
  if (ago !== undefined) return new Date(now - ago * 1000).toISOString();
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/i.test(text)) return text;
  const [, day, time = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?$/.exec(text) ?? [];
  const local = new Date(`${day}T${time}`);
  if (day === undefined || Number.isNaN(local.getTime())) {
    throw new InvalidArgumentError(`It has to be a time: ${TIME_FORMS}.`);
  }
  return local.toISOString();
}

/** A length of time as a person writes it (`24h`, `90s`, `0`), in seconds. */
export function durationOf(text: string): number {
  const seconds = text === '0' ? 0 : secondsIn(text);
  if (seconds === undefined)
    throw new InvalidArgumentError('It has to be a length of time: 90s, 15m, 24h, 7d.');
  return seconds;
}

function secondsIn(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  return isUnit(unit) ? Number(count) * UNITS[unit] : undefined;
}

function isUnit(unit: string | undefined): unit is Unit {
  return unit !== undefined && unit in UNITS;
}
