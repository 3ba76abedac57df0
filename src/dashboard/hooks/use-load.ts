import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../session/session.tsx';

/** What is loaded: the value stays while it is loaded anew, also when that fails. */
export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  /** Loads it anew. */
  reload(): void;
  /** Shows something else instead, such as what a change answered with. */
  update(change: (before: Value | undefined) => Value | undefined): void;
}

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
  const latest = useRef(load);
  latest.current = load;

  // biome-ignore lint/correctness/useExhaustiveDependencies: each of these means to load again
  useEffect(() => {
    const gone = new AbortController();
    setState((before) => ({ ...((keep || before.key === key) && before), key, loading: true }));
    latest.current(gone.signal).then(
      (value) => {
        if (!gone.signal.aborted) setState({ key, value, loading: false });
      },
      (error: unknown) => {
        if (!gone.signal.aborted) setState((before) => ({ ...before, error, loading: false }));
      },
    );
    return () => gone.abort();
  }, [key, turn, generation]);

  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const update = useCallback((change: (before: Value | undefined) => Value | undefined) => {
    setState((before) => ({ ...before, value: change(before.value) }));
  }, []);
  const mine = keep || state.key === key;
  return {
    value: mine ? state.value : undefined,
    error: mine ? state.error : undefined,
    loading: state.loading || state.key !== key,
    reload,
    update,
  };
}

interface State<Value> {
  readonly key: string;
  readonly value?: Value | undefined;
  readonly error?: unknown;
  readonly loading: boolean;
}
