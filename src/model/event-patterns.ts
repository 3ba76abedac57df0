/** Says of an event type whether a list of patterns asks for it. */
export type TypeMatcher = (type: string) => boolean;

/**
 * Compiles patterns such as a subscription's `events`: exact names, `*` for all, and a trailing `*` for all that
 * begin so (`call.*`). That a `*` stands nowhere else is seen to where patterns come in.
 */
export function compileEvents(events: readonly string[]): TypeMatcher {
  if (events.includes('*')) {
    return () => true;
  }
  const exact = new Set(events.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = events.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (type) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix));
}
