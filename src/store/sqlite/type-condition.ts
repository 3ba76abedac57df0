/** What SQL asks of `type`, with its values; empty where any will do. */
export interface TypeCondition {
  readonly sql: string;
  readonly values: readonly string[];
}

export function acceptsAll(patterns: readonly string[] | undefined): boolean {
  return patterns?.includes('*') ?? true;
}

/** Patterns as SQL: then rows of other types cost next to nothing. It reads as `compilePatterns` does. */
export function typeCondition(patterns: readonly string[] | undefined): TypeCondition {
  if (patterns === undefined || acceptsAll(patterns)) return { sql: '', values: [] };
  const terms = patterns.map((pattern) =>
    pattern.endsWith('*') ? `substr(type, 1, ${pattern.length - 1}) = ?` : 'type = ?',
  );
  const values = patterns.map((pattern) => (pattern.endsWith('*') ? pattern.slice(0, -1) : pattern));
  return { sql: `AND (${terms.join(' OR ') || '0'})`, values };
}
