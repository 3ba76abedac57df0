import { Icon } from '../parts/icon.tsx';
import { hrefOf, type Route } from '../route/route.ts';
import { useSession } from '../session/session.tsx';
import { LinkState } from './link-state.tsx';
import { PAGES } from './pages.ts';
import { ThemeSwitch } from './theme-switch.tsx';

interface NavigationProps {
  readonly route: Route;
  readonly onHelp: () => void;
  readonly onMore: () => void;
}

/** At the side; on a phone at the bottom, with what has no room there behind "More". */
export function Navigation({ route, onHelp, onMore }: NavigationProps) {
  const { hasToken, signOut } = useSession();
  const isBehindMore = PAGES.some(({ first, views }) => !first && views.includes(route.view));
  return (
    <header class="side">
      <a class="brand" href="#/">
        <Logo />
        <span>Webhooks</span>
      </a>
      <nav aria-label="Main">
        <ul class="nav">
          {PAGES.map((page) => (
            <li key={page.label} class={page.first ? undefined : 'nav-later'}>
              <a
                href={hrefOf(page.route)}
                class="nav-link"
                aria-current={page.views.includes(route.view) ? 'page' : undefined}
              >
                <Icon name={page.icon} />
                <span>{page.label}</span>
              </a>
            </li>
          ))}
          <li class="nav-more">
            <button
              type="button"
              class="nav-link"
              aria-haspopup="dialog"
              data-current={isBehindMore}
              onClick={onMore}
            >
              <Icon name="dots" />
              <span>More</span>
            </button>
          </li>
        </ul>
      </nav>
      <div class="side-foot">
        <LinkState />
        <ThemeSwitch />
        <button type="button" class="nav-link" onClick={onHelp}>
          <Icon name="keyboard" />
          <span>Shortcuts</span>
          <kbd class="push">?</kbd>
        </button>
        {hasToken && (
          <button type="button" class="nav-link" onClick={signOut}>
            <Icon name="out" />
            <span>Sign out</span>
          </button>
        )}
      </div>
    </header>
  );
}

function Logo() {
  return (
    <svg aria-hidden="true" width="24" height="24" viewBox="0 0 32 32" fill="none">
      <rect width="32" height="32" rx="8" class="logo-ground" />
      <g stroke="#fff" stroke-width="2.6" stroke-linecap="round">
        <path d="M8.5 21.5c0-6.6 4.4-11 11-11" />
        <path d="M14.5 21.5c0-3 2-5 5-5" opacity=".75" />
      </g>
      <circle cx="21.5" cy="21.5" r="2.6" fill="#fff" />
    </svg>
  );
}
