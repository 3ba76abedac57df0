import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { hrefOf, parseRoute, type Route } from './route.ts';

/** Goes there; with `replace` without a step back to where one was, for what only narrows a list. */
export function navigate(route: Route, { replace = false }: { readonly replace?: boolean } = {}): void {
  const href = hrefOf(route);
  if (href === (location.hash || '#/')) return;
  if (replace) {
    history.replaceState(history.state, '', href);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = href;
  }
}

/** Where one is, now and after each step. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = () => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

let isFirstPage = true;

/**
 * A new page begins at its top, with its heading focused, so that a screen reader says where one is; one that is gone
 * back to stands where it was left. The very first is left to the browser.
 */
export function usePageStart(page: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is a new start
  useLayoutEffect(() => {
    const known: unknown = history.state?.scroll;
    scrollTo(0, typeof known === 'number' ? known : 0);
    const remember = () => history.replaceState({ scroll: scrollY }, '');
    remember();
    if (!isFirstPage) focusHeading();
    isFirstPage = false;
    addEventListener('scrollend', remember);
    return () => removeEventListener('scrollend', remember);
  }, [page]);
}

/** A heading that takes the place of one that had the focus, as when what it names was loaded, takes that as well. */
export function useHeading(title: string): void {
  useLayoutEffect(() => {
    if (!isFirstPage && document.activeElement === document.body) focusHeading();
  }, []);
  useEffect(() => {
    document.title = `${title} · Webhooks`;
  }, [title]);
}

function focusHeading(): void {
  document.querySelector('h1')?.focus({ preventScroll: true });
}
