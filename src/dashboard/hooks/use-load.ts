import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../session/session.tsx';
import { isGone } from '../session/trouble.ts';

/** What is loaded: the value stays while it is loaded anew, also when that fails, unless it is no longer there. */
export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  /** Loads it anew; an answer that is under way is of no use any more. */
  reload(): void;
  /** Loads it anew, unless that is under way: a slow answer comes in the end, however often this is called. */
  refresh(): void;
  /**
   * Shows something else instead, such as what a change answered with. What was asked for before that is older: it is
   * asked for again.
   */
  update(change: (before: Value | undefined) => Value | undefined): void;
}

/** An answer that takes longer may never come, as after a laptop's sleep. Milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Loads when it is first shown, when `key` changes, after a login and on `reload`; given up when left. What another
 * key loaded is not shown under this one, unless `keep` has it stay until then.
 */
export function useLoad<Value>(
  key: string,
  load: (signal: AbortSignal) => Promise<Value>,
  { keep = false }: { readonly keep?: boolean } = {},
): Loaded<Value> {
  const { generation } = useSession();
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<State<Value>>({ key, loading: true });
  const askedAt = useRef<number | undefined>(undefined);
  const latest = useRef({ load, value: state.value });
  latest.current = { load, value: state.value };

  // biome-ignore lint/correctness/useExhaustiveDependencies: each of these means to load again
  useEffect(() => {
    const left = new AbortController();
    askedAt.current = Date.now();
    setState((before) => ({ ...((keep || before.key === key) && before), key, loading: true }));
    const show = (next: (before: State<Value>) => State<Value>) => {
      if (left.signal.aborted) return;
      askedAt.current = undefined;
      setState(next);
    };
    latest.current.load(left.signal).then(
      (value) => show(() => ({ key, value, loading: false })),
      (error: unknown) => show((before) => ({ ...(!isGone(error) && before), key, error, loading: false })),
    );
    return () => left.abort();
  }, [key, turn, generation]);

  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const refresh = useCallback(() => {
    if (Date.now() - (askedAt.current ?? 0) > PATIENCE_MS) reload();
  }, [reload]);
  const update = useCallback(
    (change: (before: Value | undefined) => Value | undefined) => {
      setState((before) => ({ ...before, value: change(before.value) }));
      if (askedAt.current !== undefined && latest.current.value !== undefined) reload();
    },
    [reload],
  );
  const mine = keep || state.key === key;
  return {
    value: mine ? state.value : undefined,
    error: mine ? state.error : undefined,
    loading: state.loading || state.key !== key,
    reload,
    refresh,
    update,
  };
}

interface State<Value> {
  readonly key: string;
  readonly value?: Value | undefined;
  readonly error?: unknown;
  readonly loading: boolean;
}
