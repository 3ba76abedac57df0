import { useEvery } from '../../hooks/use-every.ts';
import { useLoad } from '../../hooks/use-load.ts';
import { useNow } from '../../hooks/use-now.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { LoadFailed } from '../../parts/notice.tsx';
import { PageHead } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { hrefOf } from '../../route/route.ts';
import { useLive } from '../../session/live.tsx';
import { useApi, useSession } from '../../session/session.tsx';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import type { Stats } from '../../types.ts';
import { mattersOf } from './attention.ts';
import { AttentionList } from './attention-list.tsx';
import { Failures } from './failures.tsx';
import { Links } from './links.tsx';
import { Plots } from './plots.tsx';
import { Receivers } from './receivers.tsx';
import { Verdict, VerdictAwaited } from './verdict.tsx';

const SHOWN_FAILURES = 5;

/** Whether it all works, and what to look at first where it does not. */
export function Overview() {
  const live = useLive();
  const subscriptions = useSubscriptions();
  const { retry } = useSession();
  const error =
    (live.stats === undefined ? live.error : undefined) ??
    (subscriptions.all === undefined ? subscriptions.error : undefined);
  return (
    <>
      <PageHead
        title="Overview"
        actions={
          <ButtonLink href={hrefOf({ view: 'subscription-new' })} icon="plus">
            Add subscription
          </ButtonLink>
        }
      />
      {error === undefined ? <Board stats={live.stats} /> : <LoadFailed error={error} retry={retry} />}
    </>
  );
}

function Board({ stats }: { readonly stats: Stats | undefined }) {
  const api = useApi();
  const { all } = useSubscriptions();
  const now = useNow(5_000);
  // Another one gave up, or one was retried: the list is no longer what it was.
  const dead = useLoad(
    `dead ${stats?.totals.dead ?? ''} ${stats?.totals.dead_letters ?? ''}`,
    (signal) => api.call('GET /dead-letters', { query: { limit: SHOWN_FAILURES }, signal }),
    { keep: true },
  );
  useEvery(10_000, dead.refresh);
  const isAwaited = dead.value === undefined && dead.error === undefined;
  // All at once: what comes later would push away what is being read.
  if (stats === undefined || all === undefined || isAwaited) return <Waiting />;
  const matters = mattersOf({ stats, subscriptions: all, newestDead: dead.value?.items[0], now });
  return (
    <div class="stack">
      <Verdict stats={stats} subscriptions={all} matters={matters} />
      {matters.length > 0 && <AttentionList matters={matters} />}
      <Plots stats={stats} />
      <div class="columns">
        <Receivers />
        <Links stats={stats} />
      </div>
      <Failures dead={dead} />
    </div>
  );
}

function Waiting() {
  return (
    <div class="stack">
      <VerdictAwaited />
      <div class="panel">
        <Skeleton lines={10} />
      </div>
    </div>
  );
}
