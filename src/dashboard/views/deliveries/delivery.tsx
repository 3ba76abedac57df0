import { useState } from 'preact/hooks';
import { useAction } from '../../hooks/use-action.ts';
import { useEvery } from '../../hooks/use-every.ts';
import { useLoad } from '../../hooks/use-load.ts';
import { Button } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Fold } from '../../parts/fold.tsx';
import { LoadFailed, TroubleNote } from '../../parts/notice.tsx';
import { Fact, Facts, PageHead } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago, Time } from '../../parts/time.tsx';
import { useToast } from '../../parts/toasts.tsx';
import { hrefOf } from '../../route/route.ts';
import { navigate } from '../../route/use-route.ts';
import { useApi } from '../../session/session.tsx';
import type { DeliveryDetail } from '../../types.ts';
import { SubscriptionName } from '../address.tsx';
import { wordOf } from '../words.ts';
import { Attempts } from './attempts.tsx';
import { RequestView } from './request-view.tsx';
import { WhyWaiting } from './why-waiting.tsx';

const UP = { label: 'Deliveries', route: { view: 'deliveries', filter: {} } } as const;

/** One delivery: what came of it, what was sent, and once more. */
export function DeliveryPage({ id }: { readonly id: number }) {
  const api = useApi();
  const { value, error, reload, refresh } = useLoad(`delivery ${id}`, (signal) =>
    api.call('GET /deliveries/{id}', { path: { id }, signal }),
  );
  // What waits is about to change.
  useEvery(value?.status === 'pending' ? 1_000 : 10_000, refresh);
  if (value !== undefined) return <Page delivery={value} reload={reload} />;
  return (
    <>
      <PageHead title={`Delivery ${id}`} up={UP} />
      {error === undefined ? <Skeleton lines={8} /> : <LoadFailed error={error} retry={reload} />}
    </>
  );
}

interface PageProps {
  readonly delivery: DeliveryDetail;
  readonly reload: () => void;
}

function Page({ delivery, reload }: PageProps) {
  const api = useApi();
  const tell = useToast();
  const [deleting, setDeleting] = useState(false);
  const { id, status, event, request } = delivery;
  const { tone, word } = wordOf(delivery);
  const retry = useAction(async () => {
    const { message } = await api.call('POST /deliveries/{id}/retry', { path: { id } });
    tell(message);
    reload();
  });
  return (
    <>
      <PageHead
        title={delivery.event_type}
        mark={<Status tone={tone}>{word}</Status>}
        up={UP}
        actions={
          <>
            {status !== 'delivered' && (
              <Button kind="primary" icon="replay" busy={retry.busy} onClick={() => retry.run()}>
                Retry now
              </Button>
            )}
            {status === 'dead' && (
              <Button icon="trash" onClick={() => setDeleting(true)}>
                Delete
              </Button>
            )}
          </>
        }
      />
      <div class="stack">
        <TroubleNote trouble={retry.trouble} />
        <WhyWaiting delivery={delivery} />
        <div class="card counters">
          <DeliveryFacts delivery={delivery} />
        </div>
        <div class="columns">
          <Attempts delivery={delivery} />
          <div class="stack">
            <Fold title="Request as it would be sent now" open={delivery.attempts.length === 0}>
              {request ? (
                <RequestView request={request} />
              ) : (
                <p class="muted small">Nothing can be sent for it as its subscription is set now.</p>
              )}
            </Fold>
            <Fold title="Event">
              <Code label="Event" text={JSON.stringify(envelopeOf(event), undefined, 2)} />
            </Fold>
          </div>
        </div>
      </div>
      {deleting && <DeleteDialog id={id} onClose={() => setDeleting(false)} />}
    </>
  );
}

/** As receivers get it. */
function envelopeOf({ event_id, event_type, timestamp, data }: DeliveryDetail['event']) {
  return { event_id, event_type, timestamp, data };
}

function DeliveryFacts({ delivery }: { readonly delivery: DeliveryDetail }) {
  const { event_id, subscription_id, created_at, ended_at, due_at } = delivery;
  const { call_id: callId } = delivery.event;
  return (
    <Facts>
      <Fact label="Subscription">
        <a href={hrefOf({ view: 'subscription', id: subscription_id })}>
          <SubscriptionName id={subscription_id} />
        </a>
      </Fact>
      <Fact label="Event">
        <a class="mono small" href={hrefOf({ view: 'event', id: event_id })}>
          {event_id}
        </a>
      </Fact>
      <Fact label="Call">
        {callId === null ? (
          'none'
        ) : (
          <a class="mono small" href={hrefOf({ view: 'call', id: callId })}>
            {callId}
          </a>
        )}
      </Fact>
      <Fact label="Created">
        <Time value={created_at} />
      </Fact>
      <Fact label="Ended">{ended_at && <Time value={ended_at} />}</Fact>
      <Fact label="Next attempt">{due_at && <Ago value={due_at} />}</Fact>
      <Fact label="Delivery">{delivery.id}</Fact>
    </Facts>
  );
}

function DeleteDialog({ id, onClose }: { readonly id: number; readonly onClose: () => void }) {
  const api = useApi();
  const tell = useToast();
  const action = useAction(async () => {
    const { message } = await api.call('DELETE /deliveries/{id}', { path: { id } });
    tell(message);
    onClose();
    navigate({ view: 'dead-letters', filter: {} });
  });
  return (
    <Confirm title="Delete this dead letter?" confirm="Delete" action={action} onClose={onClose}>
      It can’t be retried any more. Its event stays.
    </Confirm>
  );
}
