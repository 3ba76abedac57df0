import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useLoad } from './use-load.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

interface Ask {
  readonly cursor?: string;
  readonly limit: number;
}

/** Lists as they were left, so that who comes back from a detail finds the place again; the last few. */
export class ListMemory<Item> {
  readonly #pages = new Map<string, Page<Item>>();

  get(key: string): Page<Item> | undefined {
    return this.#pages.get(key);
  }

  set(key: string, page: Page<Item>): void {
    this.#pages.delete(key);
    this.#pages.set(key, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > REMEMBERED && oldest !== undefined) this.#pages.delete(oldest);
  }
}

const REMEMBERED = 6;

export interface Pages<Item> {
  readonly items: readonly Item[] | undefined;
  readonly error: unknown;
  readonly loading: boolean;
  reload(): void;
  /** Whether there is more than is shown. */
  readonly more: boolean;
  readonly loadingMore: boolean;
  /** Why the last `loadMore` failed. */
  readonly moreError: unknown;
  loadMore(): void;
  /** Shows these instead, such as without a row that was deleted. */
  update(change: (items: readonly Item[]) => readonly Item[]): void;
}

const FIRST_PAGE = 50;
/** As many as the service gives at once. */
const MAX_PAGE = 200;

/** So many times a page that came short is filled up; a list in which next to nothing fits then waits for a click. */
const MOST_ASKS = 20;

type Load<Item> = (ask: Ask, signal: AbortSignal) => Promise<Page<Item>>;

/** The service looks for a page only so long, and gives what it has found: whoever wants more of it asks on. */
function filled<Item>(load: Load<Item>): Load<Item> {
  return async ({ limit, ...from }, signal) => {
    const some = (missing: number, cursor: Pick<Ask, 'cursor'>) =>
      load({ ...cursor, limit: Math.min(MAX_PAGE, missing) }, signal);
    let page = await some(limit, from);
    for (
      let asks = 1;
      asks < MOST_ASKS && page.items.length < limit && page.next_cursor !== null;
      asks += 1
    ) {
      const next = await some(limit - page.items.length, { cursor: page.next_cursor });
      page = { items: [...page.items, ...next.items], next_cursor: next.next_cursor };
    }
    return page;
  };
}

/** A list that goes on as far as someone asks. */
export function usePages<Item>(key: string, memory: ListMemory<Item>, loadSome: Load<Item>): Pages<Item> {
  const load = filled(loadSome);
  const known = memory.get(key);
  const loaded = useLoad(key, async (signal) => {
    const limit = Math.max(FIRST_PAGE, known?.items.length ?? 0);
    const page = await load({ limit }, signal);
    memory.set(key, page);
    return page;
  });
  const [more, setMore] = useState<More>({ kind: 'idle' });
  const { signalOf, giveUp } = useGone(key, () => setMore({ kind: 'idle' }));
  const page = loaded.value ?? known;
  const show = (next: Page<Item>) => {
    memory.set(key, next);
    loaded.update(() => next);
  };

  async function loadMore({ items, next_cursor: cursor }: Page<Item>): Promise<void> {
    if (cursor === null) return;
    const signal = signalOf();
    setMore({ kind: 'loading' });
    try {
      const next = await load({ cursor, limit: FIRST_PAGE }, signal);
      if (signal.aborted) return;
      setMore({ kind: 'idle' });
      show({ items: [...items, ...next.items], next_cursor: next.next_cursor });
    } catch (error) {
      if (!signal.aborted) setMore({ kind: 'failed', error });
    }
  }

  return {
    items: page?.items,
    error: loaded.error,
    loading: loaded.loading,
    reload: () => {
      // What it finds stands behind what is shown now.
      giveUp();
      loaded.reload();
    },
    more: page !== undefined && page.next_cursor !== null,
    loadingMore: more.kind === 'loading',
    moreError: more.kind === 'failed' ? more.error : undefined,
    loadMore: () => {
      if (page !== undefined) void loadMore(page);
    },
    update: (change) => {
      if (page !== undefined) show({ ...page, items: change(page.items) });
    },
  };
}

type More =
  | { readonly kind: 'idle' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A signal that is aborted when `key` changes, when the view is left, and on `giveUp`; `changed` is told of the new one. */
function useGone(key: string, changed: () => void) {
  const controller = useRef(new AbortController());
  const latest = useRef(changed);
  latest.current = changed;
  const giveUp = useCallback(() => {
    controller.current.abort();
    controller.current = new AbortController();
    latest.current();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another list
  useEffect(() => {
    giveUp();
    return () => controller.current.abort();
  }, [key]);
  return { signalOf: () => controller.current.signal, giveUp };
}
