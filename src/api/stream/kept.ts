import { setImmediate } from 'node:timers/promises';
import type { DeliveryHistory } from '../../delivery/history.ts';
import { acceptedAt, type PublishedEvent } from '../../model/event.ts';
import type { EventPosition } from '../../model/ids.ts';

/** No more are read than these, nor than have so many characters of data. */
const MOST = 1_000;
const MAX_CHARACTERS = 1_000_000;

export interface KeptQuery {
  readonly after: EventPosition;
  readonly wants: (event: PublishedEvent) => boolean;
}

/** The newest kept events after a position, the oldest of them first. */
export async function keptAfter(
  history: Pick<DeliveryHistory, 'events'>,
  { after, wants }: KeptQuery,
): Promise<readonly PublishedEvent[]> {
  const newestFirst: PublishedEvent[] = [];
  let characters = 0;
  let before: EventPosition | undefined;
  do {
    const page = await history.events({ since: acceptedAt(after), before, limit: 200 });
    for (const event of page.events) {
      if (event.position <= after || !wants(event)) continue;
      characters += event.data.length;
      if (newestFirst.length === MOST || characters > MAX_CHARACTERS) return newestFirst.reverse();
      newestFirst.push(event);
    }
    before = page.next;
    await setImmediate();
  } while (before !== undefined);
  return newestFirst.reverse();
}
