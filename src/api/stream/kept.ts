import type { DeliveryHistory } from '../../delivery/history.ts';
import { acceptedAt, type PublishedEvent } from '../../model/event.ts';
import type { EventPosition } from '../../model/ids.ts';
import type { Micros } from '../../util/clock.ts';
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

export interface Kept {
  /** The oldest first. */
  readonly events: readonly PublishedEvent[];
  /** Before that time others were accepted, which are left out; undefined where none is. */
  readonly cutAt: Micros | undefined;
}

const NONE: Kept = { events: [], cutAt: undefined };

/** The newest kept events after a position. */
export async function keptAfter(
  history: Pick<DeliveryHistory, 'events'>,
  { after, types, wants, isOver }: KeptQuery,
): Promise<Kept> {
  const newestFirst: PublishedEvent[] = [];
  const giveWay = givingWay();
  let characters = 0;
  let before: EventPosition | undefined;
  do {
    const page = await history.events({ types, since: acceptedAt(after), before, limit: 200 });
    for (const event of page.events) {
      await giveWay();
      if (isOver()) return NONE;
      if (event.position <= after || !wants(event)) continue;
      characters += event.data.length;
      if (newestFirst.length === MOST || characters > MAX_CHARACTERS) {
        const { position } = newestFirst.at(-1) ?? event;
        return { events: newestFirst.reverse(), cutAt: acceptedAt(position) };
      }
      newestFirst.push(event);
    }
    before = page.next;
  } while (before !== undefined && !isOver());
  return { events: newestFirst.reverse(), cutAt: undefined };
}
