import { MOST_COUNTED } from '../../../api/client.ts';
import { addressParts } from '../../format/address.ts';
import { count, counted } from '../../format/number.ts';
import { capitalized } from '../../format/text.ts';
import { ago, span } from '../../format/time.ts';
import type { IconName } from '../../parts/icon.tsx';
import type { Route } from '../../route/route.ts';
import type { Delivery, Lane, Stats, Subscription } from '../../types.ts';

/** Something that a person should look at, the worst first. */
export interface Matter {
  readonly key: string;
  readonly tone: 'bad' | 'warn';
  readonly icon: IconName;
  readonly title: string;
  /** What it means, and what to do. */
  readonly text: string;
  readonly route: Route;
  readonly action: string;
}

export interface Known {
  readonly stats: Stats;
  readonly subscriptions: readonly Subscription[];
  /** The newest dead letter, where there is one that is known. */
  readonly newestDead: Delivery | undefined;
  readonly now: number;
}

/** Less waiting than this is what retries are for. Milliseconds. */
const LONG_WAIT_MS = 60_000;

export function mattersOf(known: Known): readonly Matter[] {
  const { stats, subscriptions } = known;
  return [
    ...engineMatters(stats),
    ...stats.sources.filter(({ ok }) => !ok).map(sourceMatter),
    ...subscriptions.flatMap((subscription) => {
      const matter = subscriptionMatter(subscription, known);
      return matter === undefined ? [] : [matter];
    }),
    ...deadMatters(known),
    ...waitingMatters(known),
  ];
}

function engineMatters({ engine }: Stats): readonly Matter[] {
  if (engine.ok) return [];
  return [
    {
      key: 'engine',
      tone: 'bad',
      icon: 'alert',
      title: 'Events can’t be stored or sent',
      text: `${sentence(engine.state)} The service’s log says more.`,
      route: { view: 'overview' },
      action: '',
    },
  ];
}

function sourceMatter({ name, state }: Stats['sources'][number]): Matter {
  return {
    key: `source ${name}`,
    tone: 'bad',
    icon: 'plug',
    title: `PBX ${name} is not connected`,
    text: `${sentence(state)} Nothing it does is told until it is back; open calls are made good then.`,
    route: { view: 'live', filter: {} },
    action: '',
  };
}

function subscriptionMatter(subscription: Subscription, { stats, now }: Known): Matter | undefined {
  const { id, url, disabled_reason: reason, enabled, backlog } = subscription;
  const lane = stats.subscriptions.find((each) => each.id === id);
  const { host } = addressParts(url);
  const common = { key: `subscription ${id}`, route: { view: 'subscription', id }, action: 'Show' } as const;
  if (reason === 'gone' || reason === 'failing') {
    return {
      ...common,
      tone: 'bad',
      icon: 'link',
      title: `${host} was disabled`,
      text:
        (reason === 'gone'
          ? 'It answered 410 Gone: it wants no more events. '
          : 'It failed for days. Mend it, then enable it. ') + keptEvents(lane?.backlog ?? backlog),
    };
  }
  if (enabled && lane?.breaker !== undefined && lane.breaker !== 'closed') {
    return {
      ...common,
      tone: 'bad',
      icon: 'breaker',
      title: `${host} is failing`,
      text: `Its last attempts failed. ${waiting(lane.backlog)}${nextTry(lane, now)}.`,
    };
  }
  return undefined;
}

function keptEvents(backlog: number): string {
  return backlog === 0 ? 'No events wait.' : `${counted(backlog, 'event is', 'events are')} kept for it.`;
}

function waiting(backlog: number): string {
  return backlog === 0 ? 'Nothing waits' : counted(backlog, 'delivery waits', 'deliveries wait');
}

function nextTry({ next_attempt_at: next }: Lane, now: number): string {
  return next === null ? '' : `; it is tried again ${ago(next, now)}`;
}

function deadMatters({ stats, newestDead, now }: Known): readonly Matter[] {
  const { dead_letters: kept } = stats.totals;
  if (kept === 0) return [];
  const many =
    kept < MOST_COUNTED ? counted(kept, 'delivery', 'deliveries') : `${count(MOST_COUNTED)}+ deliveries`;
  const when = newestDead && `The newest ${ago(newestDead.ended_at ?? newestDead.created_at, now)}. `;
  return [
    {
      key: 'dead letters',
      tone: 'bad',
      icon: 'inbox',
      title: `${many} gave up`,
      text: `${when ?? ''}They are kept until you retry or delete them.`,
      route: { view: 'dead-letters', filter: {} },
      action: 'Show dead letters',
    },
  ];
}

function waitingMatters({ stats: { totals }, now }: Known): readonly Matter[] {
  const { oldest_pending_at: oldest, backlog } = totals;
  const waited = oldest === null ? 0 : now - new Date(oldest).getTime();
  if (waited < LONG_WAIT_MS) return [];
  return [
    {
      key: 'waiting',
      tone: 'warn',
      icon: 'clock',
      title: `The oldest delivery has waited for ${span(waited)}`,
      text: `${counted(backlog, 'delivery waits', 'deliveries wait')} in all.`,
      route: { view: 'deliveries', filter: { status: 'pending' } },
      action: 'Show what waits',
    },
  ];
}

/** The service writes states as words of a sentence. */
function sentence(state: string): string {
  const text = capitalized(state);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
