import type { ApiClient } from '../../api/client.ts';
import { nearNames } from '../../util/near.ts';
import { compilePatterns } from '../../util/patterns.ts';

/**
 * Of these types and patterns those that mean nothing in the catalogue, each as a sentence: mistyped, or of an event of
 * somebody's own.
 */
export async function strangeTypes(
  client: ApiClient,
  patterns: readonly string[],
): Promise<readonly string[]> {
  const { items } = await client.call('GET /event-types');
  const names = items.map(({ event_type: type }) => type);
  const families = new Set(names.map((name) => `${name.split('.')[0]}.*`));
  return patterns
    .filter((pattern) => !names.some(compilePatterns([pattern])))
    .map((pattern) => {
      const [near] = nearNames(pattern, [...names, ...families]);
      const hint = near === undefined ? 'only an event of your own has such a type' : `did you mean ${near}?`;
      return `the catalogue has no ${JSON.stringify(pattern)}; ${hint}`;
    });
}
