import { useApi } from '../session/session.tsx';
import type { EventTypeEntry } from '../types.ts';
import { type Loaded, useLoad } from './use-load.ts';

/** The same for as long as the service runs. */
let known: readonly EventTypeEntry[] | undefined;

/** Every event type there is. */
export function useCatalogue(): Loaded<readonly EventTypeEntry[]> {
  const api = useApi();
  return useLoad('catalogue', async (signal) => {
    known ??= (await api.call('GET /event-types', { signal })).items;
    return known;
  });
}
