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

/**
 * A new page begins at its top, with its heading focused, so that a screen reader says where one is; one that is gone
 * back to stands where it was left.
 */
export function usePageStart(page: string): void {
  useLayoutEffect(() => {
    const known: unknown = history.state?.scroll;
    if (typeof known === 'number') scrollTo(0, known);
    else {
      scrollTo(0, 0);
      history.replaceState({ scroll: 0 }, '');
    }
    const heading = page === '' ? null : document.querySelector('h1');
    heading?.focus({ preventScroll: true });
    document.title = heading === null ? 'Webhooks' : `${heading.textContent} · Webhooks`;
    const remember = () => history.replaceState({ scroll: scrollY }, '');
    addEventListener('scrollend', remember);
    return () => removeEventListener('scrollend', remember);
  }, [page]);
}
