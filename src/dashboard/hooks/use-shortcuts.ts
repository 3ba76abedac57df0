import { useEffect } from 'preact/hooks';
import { hrefOf, type Route } from '../route/route.ts';

/** Keys that lead somewhere, each after `g`. */
export const GO_TO: readonly { readonly key: string; readonly label: string; readonly route: Route }[] = [
  { key: 'o', label: 'Overview', route: { view: 'overview' } },
  { key: 's', label: 'Subscriptions', route: { view: 'subscriptions' } },
  { key: 'd', label: 'Deliveries', route: { view: 'deliveries', filter: {} } },
  { key: 'c', label: 'Calls', route: { view: 'calls' } },
  { key: 'x', label: 'Dead letters', route: { view: 'dead-letters', filter: {} } },
  { key: 'l', label: 'Live tail', route: { view: 'live', filter: {} } },
  { key: 'e', label: 'Event catalogue', route: { view: 'catalogue' } },
];

/** How long after `g` the next key counts as its second, in milliseconds. */
const PATIENCE_MS = 1_500;

/** Single keys, where nobody types text and no dialog is open. `help` is called for `?`. */
export function useShortcuts(help: () => void): void {
  useEffect(() => {
    let goneAt = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
      const target = GO_TO.find(({ key }) => key === event.key);
      if (event.timeStamp - goneAt < PATIENCE_MS && target !== undefined) {
        location.hash = hrefOf(target.route);
      } else if (event.key === '/') {
        focusSearch();
      } else if (event.key === '?') {
        help();
      } else {
        goneAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
        return;
      }
      goneAt = Number.NEGATIVE_INFINITY;
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [help]);
}

function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]') !== null) return true;
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** Of the page that is shown. */
export function focusSearch(): void {
  const search = document.querySelector('main input[type="search"]');
  if (search instanceof HTMLInputElement) {
    search.focus();
    search.select();
  }
}
