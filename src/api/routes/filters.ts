import type { Hono } from 'hono';
import type { DeliveryHistory } from '../../delivery/history.ts';
import { envelopeOf, type PublishedEvent } from '../../model/event.ts';
import type { EventPosition } from '../../model/ids.ts';
import { compileFilter, type Verdict } from '../../subscription/filter.ts';
import type { Expressions } from '../../util/expression/expressions.ts';
import { givingWay } from '../../util/give-way.ts';
import { eventView } from '../delivery-view.ts';
import type { ApiEnv } from '../env.ts';
import type { AnswerOf } from '../operations/operations.ts';
import { fillPage } from '../page.ts';
import { routes } from '../route.ts';

export interface FilterParts {
  readonly history: Pick<DeliveryHistory, 'events'>;
  readonly trials: Expressions;
}

/** No more events are tried once their data has this many characters. */
const MAX_CHARACTERS = 2_000_000;

/** What a filter would let through of what was published lately. */
export function filterRoutes({ history, trials }: FilterParts): Hono<ApiEnv> {
  return routes({
    'POST /filters/try': async ({ body: { events: types, filter, limit } }) => {
      const verdictOf = filter === undefined ? () => true : compileFilter(filter, trials);
      const items: AnswerOf<'POST /filters/try'>['items'] = [];
      const giveWay = givingWay();
      for (const event of await newest(history, types, limit)) {
        const verdict = verdictOf({ ...event, data: JSON.parse(event.data) }, () => envelopeOf(event));
        items.push({ event: eventView(event), ...shown(verdict) });
        // An expression may take its time, and this thread reads the PBX.
        await giveWay();
      }
      return { examined: items.length, matched: items.filter(({ matches }) => matches).length, items };
    },
  });
}

async function newest(
  history: FilterParts['history'],
  types: readonly string[],
  limit: number,
): Promise<readonly PublishedEvent[]> {
  let characters = 0;
  const { items } = await fillPage<PublishedEvent, EventPosition>(limit, undefined, async (before, most) => {
    const { events, next } = await history.events({ types, before, limit: most });
    for (const { data } of events) characters += data.length;
    return { items: [...events], next: characters < MAX_CHARACTERS ? next : undefined };
  });
  return items;
}

function shown(verdict: Verdict): { readonly matches: boolean; readonly problem?: string } {
  return typeof verdict === 'boolean' ? { matches: verdict } : { matches: false, ...verdict };
}
