import type { Pages } from '../hooks/use-pages.ts';
import { problemOf } from '../session/trouble.ts';
import { Button } from './button.tsx';
import { TroubleNote } from './notice.tsx';

/** Below a list that may go on. */
export function LoadMore<Item>({ pages }: { readonly pages: Pages<Item> }) {
  if (!pages.more) return null;
  return (
    <div class="load-more">
      {pages.items?.length === 0 && <p class="muted">Nothing so far; there is more to look through.</p>}
      <Button busy={pages.loadingMore} onClick={pages.loadMore}>
        Load more
      </Button>
      <TroubleNote trouble={pages.moreError === undefined ? undefined : problemOf(pages.moreError)} />
    </div>
  );
}
