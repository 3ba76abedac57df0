import { shown, styled, wrapped } from './terminal.ts';

export type FieldEntry = readonly [name: string, value: string | number | null | undefined];

/** Names and values below each other; what has no value is left out. */
export function fieldLines(entries: readonly FieldEntry[]): readonly string[] {
  const given = entries.flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)] as const],
  );
  const width = Math.max(0, ...given.map(([name]) => name.length)) + 2;
  return given.map(
    ([name, value]) => `  ${styled('dim', name.padEnd(width))}${wrapped(shown(value), width + 2)}`,
  );
}

/** A value of many lines, such as JSON, below its name. */
export function block(name: string, text: string): readonly string[] {
  return [`  ${styled('dim', name)}`, ...text.split('\n').map((line) => `    ${shown(line)}`)];
}
