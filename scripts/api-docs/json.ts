const LINE = 110;

/** JSON for people: what fits on a line stands on one, and of the rest as many entries as fit. */
export function shownJson(value: unknown, indent = ''): string {
  const flat = flatJson(value);
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= LINE) return flat;
  const isList = Array.isArray(value);
  const inner = `${indent}  `;
  const entries = Object.entries(value).map(([key, entry]) => {
    const label = isList ? '' : `${JSON.stringify(key)}: `;
    const text = label + flatJson(entry);
    return inner.length + text.length <= LINE ? text : label + shownJson(entry, inner);
  });
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  return `${open}\n${filled(entries, inner)}\n${indent}${close}`;
}

function flatJson(value: unknown): string {
  if (value instanceof Left) return value.text;
  if (Array.isArray(value)) return `[${value.map(flatJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${flatJson(entry)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

/** Stands for what is shown elsewhere. */
export class Left {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function filled(entries: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const text = index === entries.length - 1 ? entry : `${entry},`;
    const last = lines.at(-1);
    const joined = last === undefined ? '' : `${last} ${text}`;
    const fits = joined !== '' && joined.length <= LINE && !joined.includes('\n');
    if (fits) lines[lines.length - 1] = joined;
    else lines.push(indent + text);
  }
  return lines.join('\n');
}
