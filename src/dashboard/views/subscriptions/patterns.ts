import type { EventTypeEntry } from '../../types.ts';

/** Event types that begin alike. */
export interface Family {
  /** Such as `call`. */
  readonly name: string;
  /** Such as `call.*`. */
  readonly pattern: string;
  readonly types: readonly EventTypeEntry[];
}

/** In the order of the catalogue. */
export function familiesOf(types: readonly EventTypeEntry[]): readonly Family[] {
  const families = new Map<string, EventTypeEntry[]>();
  for (const type of types) {
    const name = type.event_type.split('.')[0] ?? '';
    families.set(name, [...(families.get(name) ?? []), type]);
  }
  return [...families].map(([name, members]) => ({ name, pattern: `${name}.*`, types: members }));
}

/** Whether one of the patterns means this type. */
export function isWanted(type: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern,
  );
}

/** With one more, or one less; what a new wildcard means already goes, so that the list stays short. */
export function withPattern(patterns: readonly string[], pattern: string, on: boolean): readonly string[] {
  const others = patterns.filter((each) => each !== pattern);
  if (!on) return others;
  const isAll = (each: string) => each === '*' && pattern !== '*';
  return [...others.filter((each) => !isWanted(each, [pattern]) && !isAll(each)), pattern];
}
