import { useCallback, useState } from 'preact/hooks';
import { useShortcuts } from '../hooks/use-shortcuts.ts';
import { hrefOf } from '../route/route.ts';
import { usePageStart, useRoute } from '../route/use-route.ts';
import { useSession } from '../session/session.tsx';
import { Banner } from './banner.tsx';
import { LoginDialog } from './login.tsx';
import { MoreDialog } from './more.tsx';
import { Navigation } from './navigation.tsx';
import { Outlet } from './outlet.tsx';
import { ShortcutsDialog } from './shortcuts.tsx';

type Open = 'nothing' | 'shortcuts' | 'more';

/** What is around every view. */
export function Shell() {
  const route = useRoute();
  const { asking } = useSession();
  const [open, setOpen] = useState<Open>('nothing');
  const close = useCallback(() => setOpen('nothing'), []);
  const help = useCallback(() => setOpen('shortcuts'), []);
  useShortcuts(help);
  usePageStart(pageOf(hrefOf(route)));

  return (
    <>
      <button type="button" class="skip-link" onClick={skipToContent}>
        Skip to content
      </button>
      <div class="shell">
        <Navigation route={route} onHelp={help} onMore={() => setOpen('more')} />
        <main class="main">
          <Banner />
          <Outlet route={route} />
        </main>
      </div>
      {open === 'shortcuts' && <ShortcutsDialog onClose={close} />}
      {open === 'more' && <MoreDialog onClose={close} onHelp={help} />}
      {asking !== 'no' && <LoginDialog />}
    </>
  );
}

/** What a filter narrows is the same page as before. */
function pageOf(href: string): string {
  return href.replace(/\?.*/s, '');
}

/** No link: the hash says where one is. */
function skipToContent(): void {
  document.querySelector('h1')?.focus();
}
