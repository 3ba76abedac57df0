import { ListMemory, usePages } from '../../hooks/use-pages.ts';
import { Button } from '../../parts/button.tsx';
import { LoadMore } from '../../parts/load-more.tsx';
import { Empty, LoadFailed } from '../../parts/notice.tsx';
import { PageHead } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { rangeOf } from '../../route/period.ts';
import type { Filter } from '../../route/route.ts';
import { navigate } from '../../route/use-route.ts';
import { useApi } from '../../session/session.tsx';
import type { Delivery } from '../../types.ts';
import { DELIVERY_STATUSES } from '../words.ts';
import { DeliveryTable } from './delivery-table.tsx';
import { FilterBar } from './filter-bar.tsx';

const memory = new ListMemory<Delivery>();

/** Everything that was sent, or is to be: found by whatever is known of it. */
export function Deliveries({ filter }: { readonly filter: Filter }) {
  const api = useApi();
  const pages = usePages(JSON.stringify(filter), memory, (ask, signal) =>
    api.call('GET /deliveries', { query: { ...queryOf(filter), ...ask }, signal }),
  );
  const { items, error, loading, reload } = pages;
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <>
      <PageHead
        title="Deliveries"
        actions={
          <Button icon="refresh" busy={loading && items !== undefined} onClick={reload}>
            Refresh
          </Button>
        }
      >
        Each is one event to one subscription, with every attempt.
      </PageHead>
      <div class="stack">
        <FilterBar
          filter={filter}
          statuses
          calls
          onChange={(next) => navigate({ view: 'deliveries', filter: next }, { replace: true })}
        />
        <div class="panel" aria-busy={loading}>
          {items === undefined && error === undefined && <Skeleton lines={8} />}
          {error !== undefined && items === undefined && <LoadFailed error={error} retry={reload} />}
          {items?.length === 0 && !pages.more && <NoDeliveries isFiltered={isFiltered} />}
          {items !== undefined && items.length > 0 && (
            <DeliveryTable caption="Deliveries, the newest first" items={items} />
          )}
          <LoadMore pages={pages} />
        </div>
      </div>
    </>
  );
}

function NoDeliveries({ isFiltered }: { readonly isFiltered: boolean }) {
  return isFiltered ? (
    <Empty
      title="No delivery fits"
      action={
        <Button onClick={() => navigate({ view: 'deliveries', filter: {} }, { replace: true })}>
          Show all
        </Button>
      }
    >
      Events are kept for as long as the configuration says: what is older is gone.
    </Empty>
  ) : (
    <Empty title="Nothing was sent yet">
      As soon as a PBX tells an event that a subscription wants, it stands here.
    </Empty>
  );
}

function queryOf(filter: Filter) {
  const { subscription, type, call_id, status } = filter;
  const known = DELIVERY_STATUSES.find(({ value }) => value === status);
  return { subscription, type, call_id, status: known?.value, ...rangeOf(filter, Date.now()) };
}
