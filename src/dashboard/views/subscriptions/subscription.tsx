import { useState } from 'preact/hooks';
import { addressParts, safeLink } from '../../format/address.ts';
import { count } from '../../format/number.ts';
import { useEvery } from '../../hooks/use-every.ts';
import { useLoad } from '../../hooks/use-load.ts';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { LoadFailed } from '../../parts/notice.tsx';
import { Fact, Facts, PageHead } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import { navigate } from '../../route/use-route.ts';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import type { Subscription } from '../../types.ts';
import { subscriptionWord } from '../words.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { DisableDialog, EnableDialog } from './enablement-dialogs.tsx';
import { Manage } from './manage.tsx';
import { RecentDeliveries } from './recent-deliveries.tsx';
import { ReplayDialog } from './replay-dialog.tsx';
import { RotateDialog } from './rotate-dialog.tsx';
import { Settings } from './settings.tsx';
import { StateNotice } from './state-notice.tsx';
import { TestDialog } from './test-dialog.tsx';

/** What is open over the page. */
export type Task = 'test' | 'enable' | 'disable' | 'rotate' | 'replay' | 'delete';

export function SubscriptionPage({ id }: { readonly id: string }) {
  const { byId, load } = useSubscriptions();
  const loaded = useLoad(`subscription ${id}`, (signal) => load(id, signal));
  useEvery(5_000, loaded.refresh);
  const subscription = byId(id) ?? loaded.value;
  if (subscription !== undefined) return <Page subscription={subscription} />;
  return (
    <>
      <PageHead title="Subscription" up={UP} />
      {loaded.error === undefined ? (
        <Skeleton lines={8} />
      ) : (
        <LoadFailed error={loaded.error} retry={loaded.reload} />
      )}
    </>
  );
}

const UP = { label: 'Subscriptions', route: { view: 'subscriptions' } } as const;

function Page({ subscription }: { readonly subscription: Subscription }) {
  const { laneOf, drop } = useSubscriptions();
  const [task, setTask] = useState<Task>();
  // One that was left while it was under way ends later: it closes nothing but itself.
  const close = (mine: Task) => () => setTask((now) => (now === mine ? undefined : now));
  const { id, url, description } = subscription;
  const lane = laneOf(id);
  const { tone, word } = subscriptionWord(subscription, lane);
  const deleted = () => {
    navigate({ view: 'subscriptions' });
    drop(id);
  };
  return (
    <>
      <PageHead
        title={description ?? addressParts(url).host}
        mark={<Status tone={tone}>{word}</Status>}
        up={UP}
        actions={
          <>
            <Button icon="send" onClick={() => setTask('test')}>
              Send test
            </Button>
            <ButtonLink icon="edit" href={hrefOf({ view: 'subscription-edit', id })}>
              Edit
            </ButtonLink>
            {subscription.enabled ? (
              <Button icon="pause" onClick={() => setTask('disable')}>
                Disable
              </Button>
            ) : (
              <Button kind="primary" icon="play" onClick={() => setTask('enable')}>
                Enable
              </Button>
            )}
          </>
        }
      >
        <Url url={url} />
      </PageHead>
      <div class="stack">
        <StateNotice subscription={subscription} lane={lane} />
        <Counters subscription={subscription} backlog={lane?.backlog ?? subscription.backlog} />
        <RecentDeliveries id={id} seen={subscription.success_count + subscription.failed_attempts} />
        <div class="columns">
          <Settings subscription={subscription} />
          <Manage open={setTask} />
        </div>
      </div>
      {task === 'test' && <TestDialog subscription={subscription} onClose={close(task)} />}
      {task === 'enable' && <EnableDialog subscription={subscription} onClose={close(task)} />}
      {task === 'disable' && <DisableDialog subscription={subscription} onClose={close(task)} />}
      {task === 'rotate' && <RotateDialog subscription={subscription} onClose={close(task)} />}
      {task === 'replay' && <ReplayDialog subscription={subscription} onClose={close(task)} />}
      {task === 'delete' && (
        <DeleteDialog subscription={subscription} onClose={close(task)} onDeleted={deleted} />
      )}
    </>
  );
}

/** The address is a receiver's: following it would only GET what wants a POST, yet whoever looks may want to. */
function Url({ url }: { readonly url: string }) {
  const link = safeLink(url);
  return link === undefined ? (
    <span class="mono break">{url}</span>
  ) : (
    <a class="mono break small" href={link} target="_blank" rel="noopener noreferrer">
      {url}
    </a>
  );
}

interface CountersProps {
  readonly subscription: Subscription;
  readonly backlog: number;
}

function Counters({ subscription, backlog }: CountersProps) {
  const { success_count, failure_count, expired_count, failed_attempts, last_sent } = subscription;
  return (
    <div class="card counters">
      <Facts>
        <Fact label="Waiting">
          <Counter value={backlog} />
        </Fact>
        <Fact label="Delivered">
          <Counter value={success_count} />
        </Fact>
        <Fact label="Gave up">
          <Counter value={failure_count - expired_count} bad />
        </Fact>
        <Fact label="Expired">
          <Counter value={expired_count} />
        </Fact>
        <Fact label="Failed attempts">
          <Counter value={failed_attempts} />
        </Fact>
        <Fact label="Last sent">{last_sent === null ? 'never' : <Ago value={last_sent} />}</Fact>
      </Facts>
    </div>
  );
}

function Counter({ value, bad = false }: { readonly value: number; readonly bad?: boolean }) {
  return <span class={bad && value > 0 ? 'number text-bad' : 'number'}>{count(value)}</span>;
}
