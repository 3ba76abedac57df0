import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { StreamMessage, StreamOptions } from '../../api/client.ts';
import { useEvery } from '../hooks/use-every.ts';
import { useLoad } from '../hooks/use-load.ts';
import type { Stats } from '../types.ts';
import { useSession } from './session.tsx';
import { isBehind, movedOn } from './stats.ts';

/** Of the stream. */
export type Link =
  | { readonly state: 'connecting' | 'open' }
  /** Lost; since when, in epoch milliseconds. */
  | { readonly state: 'waiting'; readonly since: number };

export interface Live {
  /** As they are now; undefined before the first. */
  readonly stats: Stats | undefined;
  readonly link: Link;
  /** Why there are no stats. */
  readonly error: unknown;
  /** How much waited, from when the page was opened on; the newest last. */
  readonly backlog: readonly number[];
  /** Calls `listener` when a subscription is made, changed or deleted; returns how to stop that. */
  listen(listener: (news: SubscriptionNews) => void): () => void;
}

type NewsOf<Name extends StreamMessage['name']> = Extract<
  StreamMessage,
  { data: unknown; name: Name }
>['data'];
export type SubscriptionNews = NewsOf<'subscription'>;

const NOTHING: Live = {
  stats: undefined,
  link: { state: 'connecting' },
  error: undefined,
  backlog: [],
  listen: () => () => undefined,
};
const LiveContext = createContext<Live>(NOTHING);

export function useLive(): Live {
  return useContext(LiveContext);
}

/** A type that no event has: of this stream nothing but the numbers is wanted, on a phone least of all. */
const NO_EVENTS = ['-'];

/** Three minutes, a number every two seconds. */
const BACKLOG_SAMPLES = 90;

/** The stream leaves out what moves slowly, and may not come through: so often all is asked for. Milliseconds. */
const ASKED_EVERY_MS = 10_000;

/** Keeps the numbers of the whole service up to date for all views. */
export function LiveProvider({ children }: { readonly children: ComponentChildren }) {
  const { api } = useSession();
  const [backlog, setBacklog] = useState<readonly number[]>([]);
  const listeners = useRef(new Set<(news: SubscriptionNews) => void>());
  const {
    value: stats,
    error,
    reload,
    update,
  } = useLoad('stats', (signal) => api.call('GET /stats', { signal }));

  const link = useStream({ events: NO_EVENTS }, (message) => {
    switch (message.name) {
      case 'open':
        reload();
        break;
      case 'stats':
        if (stats !== undefined && isBehind(stats, message.data)) reload();
        else update((before) => before && movedOn(before, message.data));
        setBacklog((before) => [...before, message.data.totals.backlog].slice(-BACKLOG_SAMPLES));
        break;
      case 'subscription':
        for (const listener of listeners.current) listener(message.data);
        break;
      default:
    }
  });
  useEvery(ASKED_EVERY_MS, reload);

  const listen = useCallback((listener: (news: SubscriptionNews) => void) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  const live = useMemo(
    () => ({ stats, link, error, backlog, listen }),
    [stats, link, error, backlog, listen],
  );
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

/** After a refusal, such as that too many streams are open, it is tried again so much later. Milliseconds. */
const REFUSED_PAUSE_MS = 15_000;

/** Follows a stream for as long as the view is there. After a refusal it goes on with the login, or later. */
export function useStream(
  options: Omit<StreamOptions, 'signal'>,
  listener: (message: StreamMessage) => void,
): Link {
  const { api, generation } = useSession();
  const [link, setLink] = useState<Link>({ state: 'connecting' });
  const latest = useRef(listener);
  latest.current = listener;
  const { events, subscription } = options;
  const key = JSON.stringify([events, subscription]);
  const [turn, setTurn] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the options
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    setLink({ state: 'connecting' });
    const follow = async () => {
      for await (const message of api.stream({ events, subscription, signal })) {
        if (signal.aborted) return;
        if (message.name === 'open') setLink({ state: 'open' });
        if (message.name === 'lost') {
          setLink((before) =>
            before.state === 'waiting' ? before : { state: 'waiting', since: Date.now() },
          );
        }
        latest.current(message);
      }
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    follow().catch(() => {
      if (signal.aborted) return;
      setLink({ state: 'waiting', since: Date.now() });
      timer = setTimeout(() => setTurn((before) => before + 1), REFUSED_PAUSE_MS);
    });
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [api, generation, key, turn]);
  return link;
}
