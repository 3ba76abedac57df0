import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { StreamMessage, StreamOptions } from '../../api/client.ts';
import { useEvery } from '../hooks/use-every.ts';
import { useLoad } from '../hooks/use-load.ts';
import type { Stats } from '../types.ts';
import { useSession } from './session.tsx';
import { isBehind, movedOn, type StatsNews } from './stats.ts';
import { problemOf } from './trouble.ts';

/** Of the stream. */
export type Link =
  | { readonly state: 'connecting' | 'open' }
  /** Lost, or refused and why; since when, in epoch milliseconds. */
  | { readonly state: 'waiting'; readonly since: number; readonly refusal?: string };

export interface Live {
  /** As they are now; undefined before the first. */
  readonly stats: Stats | undefined;
  readonly link: Link;
  /** Why there are no stats. */
  readonly error: unknown;
  /** How much waited, from when the page was opened on; the newest last. */
  readonly backlog: readonly BacklogSample[];
  /** Calls `listener` when a subscription is made, changed or deleted; returns how to stop that. */
  listen(listener: (news: SubscriptionNews) => void): () => void;
}

export interface BacklogSample {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly waiting: number;
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
  const [backlog, setBacklog] = useState<readonly BacklogSample[]>([]);
  const [told, setTold] = useState<StatsNews>();
  const listeners = useRef(new Set<(news: SubscriptionNews) => void>());
  const asked = useLoad('stats', (signal) => api.call('GET /stats', { signal }));
  const { error, reload, refresh } = asked;
  const stats = useMemo(
    () => (asked.value && told ? movedOn(asked.value, told) : asked.value),
    [asked.value, told],
  );

  const link = useStream({ events: NO_EVENTS }, (message) => {
    switch (message.name) {
      case 'open':
        reload();
        break;
      case 'stats':
        if (asked.value !== undefined && isBehind(asked.value, message.data)) refresh();
        setTold(message.data);
        setBacklog((before) => [...before, sampleOf(message.data)].slice(-BACKLOG_SAMPLES));
        break;
      case 'subscription':
        for (const listener of listeners.current) listener(message.data);
        break;
      default:
    }
  });
  useEvery(ASKED_EVERY_MS, refresh);

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

function sampleOf({ now, totals }: StatsNews): BacklogSample {
  return { at: Date.parse(now), waiting: totals.backlog };
}

/** After a refusal, such as that too many streams are open, it is tried again so much later. Milliseconds. */
const REFUSED_PAUSE_MS = 15_000;

/**
 * Follows a stream for as long as the view is there. After a refusal it goes on with the login, or later, where it left
 * off.
 */
export function useStream(
  options: Pick<StreamOptions, 'events' | 'subscription'>,
  listener: (message: StreamMessage) => void,
): Link {
  const { api, generation } = useSession();
  const [link, setLink] = useState<Link>({ state: 'connecting' });
  const latest = useRef(listener);
  latest.current = listener;
  const { events, subscription } = options;
  const key = JSON.stringify([events, subscription]);
  const [turn, setTurn] = useState(0);
  const seen = useRef<{ readonly key: string; readonly id: string }>(undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the options
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    setLink({ state: 'connecting' });
    const follow = async () => {
      const lastEventId = seen.current?.key === key ? seen.current.id : undefined;
      for await (const message of api.stream({ events, subscription, lastEventId, signal })) {
        if (signal.aborted) return;
        if (message.name === 'event' && message.id !== undefined) seen.current = { key, id: message.id };
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
    follow().catch((error: unknown) => {
      if (signal.aborted) return;
      setLink({ state: 'waiting', since: Date.now(), refusal: problemOf(error).message });
      timer = setTimeout(() => setTurn((before) => before + 1), REFUSED_PAUSE_MS);
    });
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [api, generation, key, turn]);
  return link;
}
