import type { DeliveryHistory } from '../../delivery/history.ts';
import { acceptedAt, type PublishedEvent } from '../../model/event.ts';
import type { EventPosition } from '../../model/ids.ts';
import { givingWay } from '../../util/give-way.ts';

/** No more are read than these, nor than have so many characters of data. */
const MOST = 1_000;
const MAX_CHARACTERS = 1_000_000;

export interface KeptQuery {
  readonly after: EventPosition;
  /** Patterns of all that `wants` may want. */
  readonly types: readonly string[];
  readonly wants: (event: PublishedEvent) => boolean;
  /** Whether nobody waits for them any more; then it is no matter what comes of it. */
  readonly isOver: () => boolean;
}

/** The newest kept events after a position, the oldest of them first. */
export async function keptAfter(
  history: Pick<DeliveryHistory, 'events'>,
  { after, types, wants, isOver }: KeptQuery,
): Promise<readonly PublishedEvent[]> {
  const newestFirst: PublishedEvent[] = [];
  const giveWay = givingWay();
  let characters = 0;
  let before: EventPosition | undefined;
  do {
    const page = await history.events({ types, since: acceptedAt(after), before, limit: 200 });
    for (const event of page.events) {
      await giveWay();
      if (isOver()) return [];
      if (event.position <= after || !wants(event)) continue;
      characters += event.data.length;
      if (newestFirst.length === MOST || characters > MAX_CHARACTERS) return newestFirst.reverse();
      newestFirst.push(event);
    }
    before = page.next;
  } while (before !== undefined && !isOver());
  return newestFirst.reverse();
}
