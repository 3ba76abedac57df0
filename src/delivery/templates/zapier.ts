import { cut } from './fields.ts';
import { headlineOf } from './headline.ts';
import type { Template } from './template.ts';

/** Keeps what is sent far below Zapier's 10 MB. */
const TEXT = 10_000;

/** Nested deeper than this is no data of ours; it becomes one text, of JSON. */
const MAX_DEPTH = 5;

/**
 * Flat, so that every value is a field to pick in the editor; `id` is what Zapier tells repetitions by
 * (https://help.zapier.com/hc/en-us/articles/8496288690317, "Catch Hook").
 */
export const zapier: Template = (event) => {
  const flat: Record<string, unknown> = {};
  flatten(flat, '', event.fields.data, 0);
  return {
    kind: 'json',
    value: {
      ...flat,
      id: event.id,
      event_type: event.type,
      occurred_at: event.timestamp,
      summary: cut(headlineOf(event), 500),
    },
  };
};

/** `{ fields: { door: "north" } }` is `fields_door`; a list of plain values is one text. */
function flatten(flat: Record<string, unknown>, prefix: string, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) {
    flat[prefix] = typeof value === 'string' ? cut(value, TEXT) : value;
  } else if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object')) {
    flat[prefix] = cut(value.join(', '), TEXT);
  } else if (depth > MAX_DEPTH) {
    flat[prefix] = cut(JSON.stringify(value), TEXT);
  } else {
    for (const [key, inner] of Object.entries(value)) {
      flatten(flat, prefix === '' ? key : `${prefix}_${key}`, inner, depth + 1);
    }
  }
}
