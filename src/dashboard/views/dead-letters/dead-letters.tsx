import { useState } from 'preact/hooks';
import { counted } from '../../format/number.ts';
import { useAction } from '../../hooks/use-action.ts';
import { ListMemory, usePages } from '../../hooks/use-pages.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { LoadMore } from '../../parts/load-more.tsx';
import { Empty, LoadFailed, TroubleNote } from '../../parts/notice.tsx';
import { PageHead } from '../../parts/page.tsx';
import { Progress } from '../../parts/progress.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import type { Column } from '../../parts/table.tsx';
import { useToast } from '../../parts/toasts.tsx';
import { rangeOf } from '../../route/period.ts';
import type { Filter } from '../../route/route.ts';
import { navigate } from '../../route/use-route.ts';
import { useApi } from '../../session/session.tsx';
import type { Delivery } from '../../types.ts';
import { DeliveryTable } from '../deliveries/delivery-table.tsx';
import { FilterBar } from '../deliveries/filter-bar.tsx';
import { type Bulk, deleteChosen, retryChosen } from './bulk.ts';
import { ChoiceBar } from './choice-bar.tsx';
import { isChosen, NOTHING, type Selection, withChosen } from './selection.ts';

const memory = new ListMemory<Delivery>();

/** Deliveries that gave up: retried or deleted one by one, many, or all that match. */
export function DeadLetters({ filter }: { readonly filter: Filter }) {
  const key = JSON.stringify(filter);
  return (
    <>
      <PageHead title="Dead letters">
        Deliveries that gave up. They are kept until someone retries or deletes them.
      </PageHead>
      <div class="stack">
        <FilterBar
          filter={filter}
          onChange={(next) => navigate({ view: 'dead-letters', filter: next }, { replace: true })}
        />
        <List key={key} filter={filter} />
      </div>
    </>
  );
}

function List({ filter }: { readonly filter: Filter }) {
  const api = useApi();
  const tell = useToast();
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [deleting, setDeleting] = useState(false);
  const [done, setDone] = useState<number>();
  const pages = usePages(JSON.stringify(filter), memory, (ask, signal) => {
    const { subscription, type, ...times } = filter;
    const query = { subscription, type, ...rangeOf(times, Date.now()), ...ask };
    return api.call('GET /dead-letters', { query, signal });
  });
  const { items, error, reload } = pages;

  const work = async (each: Bulk, told: (many: number) => string) => {
    setDone(0);
    try {
      tell(told(await each(api, selection, filter, setDone)));
      setSelection(NOTHING);
      setDeleting(false);
    } finally {
      setDone(undefined);
      reload();
    }
  };
  const retry = useAction(() => work(retryChosen, (many) => `${letters(many)} sent again`));
  const remove = useAction(() => work(deleteChosen, (many) => `${letters(many)} deleted`));

  if (items === undefined) {
    return (
      <div key="loading" class="panel">
        {error === undefined ? <Skeleton lines={8} /> : <LoadFailed error={error} retry={reload} />}
      </div>
    );
  }
  if (items.length === 0 && !pages.more) return <NoLetters isFiltered={Object.keys(filter).length > 0} />;
  const shown = items.map(({ id }) => id);
  const howMany = selection.kind === 'all' ? 'all that match' : letters(selection.ids.size);
  return (
    <>
      <ChoiceBar
        selection={selection}
        shown={shown}
        more={pages.more}
        onChange={setSelection}
        actions={
          <>
            <Button kind="primary" icon="replay" busy={retry.busy} onClick={() => retry.run()}>
              Retry
            </Button>
            <Button icon="trash" disabled={retry.busy} onClick={() => setDeleting(true)}>
              Delete
            </Button>
          </>
        }
      />
      <TroubleNote trouble={retry.trouble} />
      {done !== undefined && <Progress label={`${counted(done, 'dead letter')} so far`} />}
      <div class="panel">
        <DeliveryTable
          caption="Dead letters, the newest first"
          items={items}
          of="dead letters"
          before={[chooser(selection, (id, on) => setSelection(withChosen(selection, id, on, shown)))]}
        />
        <LoadMore pages={pages} />
      </div>
      {deleting && (
        <Confirm
          title={`Delete ${howMany}?`}
          confirm="Delete"
          action={remove}
          onClose={() => setDeleting(false)}
        >
          They can’t be retried any more. Their events stay, and a replay can still send them.
        </Confirm>
      )}
    </>
  );
}

function chooser(selection: Selection, choose: (id: number, on: boolean) => void): Column<Delivery> {
  return {
    head: 'Choose',
    cell: ({ id, event_type }) => (
      <input
        type="checkbox"
        aria-label={`Choose ${event_type}, delivery ${id}`}
        checked={isChosen(selection, id)}
        onChange={(event) => choose(id, event.currentTarget.checked)}
      />
    ),
    kind: 'actions',
  };
}

function NoLetters({ isFiltered }: { readonly isFiltered: boolean }) {
  return isFiltered ? (
    <Empty
      title="No dead letter fits"
      action={
        <Button onClick={() => navigate({ view: 'dead-letters', filter: {} }, { replace: true })}>
          Show all
        </Button>
      }
    />
  ) : (
    <Empty title="No delivery has given up">
      One that does stands here, with what was sent and answered, until you retry or delete it.
    </Empty>
  );
}

function letters(many: number): string {
  return counted(many, 'dead letter');
}
