/** Says of a text whether a list of patterns asks for it. */
export type PatternMatcher = (text: string) => boolean;

/**
 * Compiles patterns such as a subscription's `events`: exact texts, `*` for all, and a trailing `*` for all that
 * begin so (`call.*`). That a `*` stands nowhere else is seen to where patterns come in.
 */
export function compilePatterns(patterns: readonly string[]): PatternMatcher {
  if (patterns.includes('*')) {
    return () => true;
  }
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (text) => exact.has(text) || prefixes.some((prefix) => text.startsWith(prefix));
}
