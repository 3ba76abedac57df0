import type { ApiClient } from '../../../api/client.ts';
import type { Page } from '../../hooks/use-pages.ts';
import type { Delivery, PbxEvent } from '../../types.ts';

export interface Story {
  readonly events: readonly PbxEvent[];
  readonly deliveries: readonly Delivery[];
}

/** No call has as many events or deliveries as that; a made-up one may. */
const MOST = 2_000;
const PAGE = 200;

/** Everything that is kept of a call. */
export async function loadStory(api: ApiClient, callId: string, signal: AbortSignal): Promise<Story> {
  const query = { call_id: callId, limit: PAGE };
  const [events, deliveries] = await Promise.all([
    everyPage((cursor) => api.call('GET /events', { query: { ...query, cursor }, signal })),
    everyPage((cursor) => api.call('GET /deliveries', { query: { ...query, cursor }, signal })),
  ]);
  return { events, deliveries };
}

async function everyPage<Item>(load: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await load(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && items.length < MOST);
  return items;
}
