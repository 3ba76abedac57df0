import type { EventData } from '../../model/event.ts';

/** Values of an event's `data` for people to read: what is missing, or is no text or number, is undefined. */
export class EventFields {
  readonly data: EventData;

  constructor(data: EventData) {
    this.data = data;
  }

  /** One line without control characters; a number or boolean as text, a list joined by commas. */
  text(key: string): string | undefined {
    return Object.hasOwn(this.data, key) ? readable(this.data[key]) : undefined;
  }

  number(key: string): number | undefined {
    const value = Object.hasOwn(this.data, key) ? this.data[key] : undefined;
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  /** The first of these keys that has a text. */
  first(...keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const text = this.text(key);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** What the author of a `user.event` wrote. */
  get custom(): readonly (readonly [label: string, value: string])[] {
    const { fields } = this.data;
    if (typeof fields !== 'object' || fields === null) return [];
    return Object.entries(fields).flatMap(([key, value]) => {
      const text = readable(value);
      const label = oneLine(key);
      return text === undefined || label === '' ? [] : [[label, text] as const];
    });
  }
}

function readable(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return oneLine(value) || undefined;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return Array.isArray(value)
        ? value.flatMap((entry) => (Array.isArray(entry) ? [] : (readable(entry) ?? []))).join(', ') ||
            undefined
        : undefined;
  }
}

/** Also without what turns the direction of text around or splits a character in two. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
}

/** At most `max` UTF-16 units; what is left out shows as an ellipsis. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${wellCut(text, max - 1)}…`;
}

/** At most `max` UTF-16 units once it is escaped; what stands for one character is never cut apart. */
export function cutEscaped(text: string, max: number, escaped: (text: string) => string): string {
  const whole = escaped(text);
  if (whole.length <= max) return whole;
  let kept = '';
  for (const character of text) {
    const next = escaped(character);
    if (kept.length + next.length > max - 1) break;
    kept += next;
  }
  return `${kept}…`;
}

/** At most `max` bytes of UTF-8. */
export function cutBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  let end = Math.min(text.length, max);
  while (Buffer.byteLength(text.slice(0, end)) > max - 3) end -= 1;
  return `${wellCut(text, end)}…`;
}

function wellCut(text: string, end: number): string {
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}
