import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { hrefOf } from '../route/route.ts';
import { useSession } from '../session/session.tsx';
import { LinkState } from './link-state.tsx';
import { PAGES } from './pages.ts';
import { ThemeSwitch } from './theme-switch.tsx';

/** What has no room at the bottom of a phone. */
export function MoreDialog({
  onClose,
  onHelp,
}: {
  readonly onClose: () => void;
  readonly onHelp: () => void;
}) {
  const { hasToken, signOut } = useSession();
  return (
    <Dialog title="More" onClose={onClose}>
      <nav aria-label="More">
        <ul class="more-list">
          {PAGES.filter(({ first }) => !first).map((page) => (
            <li key={page.label}>
              <a class="nav-link" href={hrefOf(page.route)} onClick={onClose}>
                <Icon name={page.icon} />
                <span>{page.label}</span>
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="more-foot">
        <ThemeSwitch />
        <button type="button" class="nav-link" onClick={onHelp}>
          <Icon name="keyboard" />
          <span>Shortcuts</span>
        </button>
        {hasToken && (
          <button
            type="button"
            class="nav-link"
            onClick={() => {
              onClose();
              signOut();
            }}
          >
            <Icon name="out" />
            <span>Sign out</span>
          </button>
        )}
        <LinkState />
      </div>
    </Dialog>
  );
}
