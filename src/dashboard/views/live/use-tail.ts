import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { StreamMessage, StreamOptions } from '../../../api/client.ts';
import { timeOf } from '../../format/time.ts';
import { type Link, useStream } from '../../session/live.tsx';
import type { PbxEvent } from '../../types.ts';

type DeliveryNews = Extract<StreamMessage, { data: unknown; name: 'delivery' }>['data'];

/** A line of the tail. */
export type Line = { readonly key: number; readonly at: string } & (
  | { readonly kind: 'event'; readonly event: PbxEvent }
  | { readonly kind: 'delivery'; readonly delivery: DeliveryNews }
  /** Something was not seen. */
  | { readonly kind: 'gap'; readonly text: string }
);

export interface Tail {
  /** Newest first, so many at most that the page stays quick. */
  readonly lines: readonly Line[];
  readonly link: Link;
  readonly paused: boolean;
  /** How many came while it was paused. */
  readonly waiting: number;
  setPaused(paused: boolean): void;
  clear(): void;
}

export const MOST_LINES = 300;
/** What comes within so many milliseconds is drawn at once. */
const DRAWN_EVERY_MS = 200;

/** What happens, as it comes. */
export function useTail(options: Pick<StreamOptions, 'events' | 'subscription'>): Tail {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [paused, setPaused] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const came = useRef<Line[]>([]);
  const nextKey = useRef(0);
  const missed = useRef(0);
  const isLost = useRef(false);

  const link = useStream(options, (message) => {
    const line = lineOf(message, isLost.current);
    if (message.name === 'lost') isLost.current = true;
    if (message.name === 'open') isLost.current = false;
    if (line === undefined) return;
    nextKey.current += 1;
    missed.current += 1;
    came.current.push({ ...line, key: nextKey.current });
    if (came.current.length > MOST_LINES) came.current.shift();
  });

  useEffect(() => {
    const timer = setInterval(() => {
      if (missed.current === 0) return;
      if (paused) {
        setWaiting(missed.current);
        return;
      }
      const fresh = came.current.splice(0).reverse();
      missed.current = 0;
      setWaiting(0);
      setLines((before) => [...fresh, ...before].slice(0, MOST_LINES));
    }, DRAWN_EVERY_MS);
    return () => clearInterval(timer);
  }, [paused]);

  const clear = useCallback(() => {
    came.current = [];
    missed.current = 0;
    setWaiting(0);
    setLines([]);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it was narrowed to before is another tail
  useEffect(clear, [JSON.stringify(options)]);
  return { lines, link, paused, waiting, setPaused, clear };
}

/** Undefined for what the tail does not show, such as that it is still disconnected. */
function lineOf(message: StreamMessage, wasLost: boolean): DistributiveOmit<Line, 'key'> | undefined {
  const at = new Date().toISOString();
  switch (message.name) {
    case 'event':
      return { kind: 'event', at: message.data.timestamp, event: message.data };
    case 'delivery':
      return { kind: 'delivery', at, delivery: message.data };
    case 'dropped':
      return { kind: 'gap', at, text: `${message.data.count} left out: more came than could be shown` };
    case 'missed': {
      const since = timeOf(message.data.since, Date.now());
      const until = timeOf(message.data.until, Date.now());
      return {
        kind: 'gap',
        at,
        text: `Left out: more came between ${since} and ${until} than is told again`,
      };
    }
    case 'lost':
      return wasLost ? undefined : { kind: 'gap', at, text: `Disconnected: ${message.reason}` };
    case 'open':
      return wasLost
        ? { kind: 'gap', at, text: 'Connected again: events that were missed follow' }
        : undefined;
    default:
      return undefined;
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
