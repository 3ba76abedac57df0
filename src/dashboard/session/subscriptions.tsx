import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useRef } from 'preact/hooks';
import { type Loaded, useLoad } from '../hooks/use-load.ts';
import type { Lane, Subscription } from '../types.ts';
import { useLive } from './live.tsx';
import { useApi } from './session.tsx';

/** All subscriptions, for the views that show them and those that name them. */
export interface Subscriptions extends Pick<Loaded<readonly Subscription[]>, 'error' | 'reload' | 'refresh'> {
  /** Oldest first; undefined before they are known. */
  readonly all: readonly Subscription[] | undefined;
  byId(id: string): Subscription | undefined;
  /** Asks for one anew, and shows it among all. */
  load(id: string, signal: AbortSignal): Promise<Subscription>;
  /** What its deliveries do now. */
  laneOf(id: string): Lane | undefined;
  /** Shows what a change answered with. */
  put(subscription: Subscription): void;
  drop(id: string): void;
}

const SubscriptionsContext = createContext<Subscriptions | undefined>(undefined);

export function useSubscriptions(): Subscriptions {
  const subscriptions = useContext(SubscriptionsContext);
  if (subscriptions === undefined) throw new Error('There are no subscriptions around this');
  return subscriptions;
}

export function SubscriptionsProvider({ children }: { readonly children: ComponentChildren }) {
  const api = useApi();
  const { stats, link, listen } = useLive();
  const { value, error, reload, refresh, update } = useLoad('subscriptions', (signal) =>
    api.call('GET /', { signal }),
  );
  const lanes = stats?.subscriptions;
  const wasLost = useRef(false);
  useEffect(() => {
    // What changed meanwhile was not told.
    if (link.state === 'open' && wasLost.current) reload();
    wasLost.current = link.state === 'waiting' || (wasLost.current && link.state !== 'open');
  }, [link.state, reload]);

  const changes = useRef(0);
  const show = useCallback(
    (one: Subscription) => update((before) => before && withOne(before, one)),
    [update],
  );
  const put = useCallback(
    (changed: Subscription) => {
      changes.current += 1;
      show(changed);
    },
    [show],
  );
  const drop = useCallback(
    (gone: string) => {
      changes.current += 1;
      update((before) => before?.filter(({ id }) => id !== gone));
    },
    [update],
  );
  const load = useCallback(
    async (id: string, signal: AbortSignal) => {
      const before = changes.current;
      const one = await api.call('GET /{id}', { path: { id }, signal });
      // What was changed meanwhile is newer than this.
      if (changes.current === before) show(one);
      return one;
    },
    [api, show],
  );
  useEffect(() => listen((news) => ('deleted' in news ? drop(news.id) : put(news))), [listen, drop, put]);

  const subscriptions = useMemo<Subscriptions>(
    () => ({
      all: value,
      error,
      reload,
      refresh,
      load,
      byId: (wanted) => value?.find(({ id }) => id === wanted),
      laneOf: (wanted) => lanes?.find(({ id }) => id === wanted),
      put,
      drop,
    }),
    [value, error, lanes, reload, refresh, load, put, drop],
  );

  return <SubscriptionsContext.Provider value={subscriptions}>{children}</SubscriptionsContext.Provider>;
}

function withOne(before: readonly Subscription[], changed: Subscription): Subscription[] {
  return before.some(({ id }) => id === changed.id)
    ? before.map((each) => (each.id === changed.id ? changed : each))
    : [...before, changed];
}
