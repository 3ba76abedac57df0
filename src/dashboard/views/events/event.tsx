import { useEvery } from '../../hooks/use-every.ts';
import { useLoad } from '../../hooks/use-load.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { JsonCard } from '../../parts/code.tsx';
import { Empty, LoadFailed } from '../../parts/notice.tsx';
import { Card, Fact, Facts, PageHead } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { Time } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import { useApi } from '../../session/session.tsx';
import type { EventDetail } from '../../types.ts';
import { DeliveryTable } from '../deliveries/delivery-table.tsx';
import { summaryOf } from '../event-summary.ts';

const UP = { label: 'Calls', route: { view: 'calls' } } as const;

/** One event as receivers get it, and what came of each delivery of it. */
export function EventPage({ id }: { readonly id: string }) {
  const api = useApi();
  const { value, error, reload, refresh } = useLoad(`event ${id}`, (signal) =>
    api.call('GET /events/{event_id}', { path: { event_id: id }, signal }),
  );
  useEvery(5_000, refresh);
  if (value !== undefined) return <Page event={value} />;
  return (
    <>
      <PageHead title="Event" up={UP} />
      {error === undefined ? <Skeleton lines={8} /> : <LoadFailed error={error} retry={reload} />}
    </>
  );
}

function Page({ event }: { readonly event: EventDetail }) {
  const { event_id, event_type, timestamp, call_id: callId, data, deliveries } = event;
  const summary = summaryOf(event);
  return (
    <>
      <PageHead
        title={event_type}
        up={UP}
        actions={
          callId !== null && (
            <ButtonLink icon="phone" href={hrefOf({ view: 'call', id: callId })}>
              Its call
            </ButtonLink>
          )
        }
      >
        {summary}
      </PageHead>
      <div class="stack">
        <div class="card counters">
          <Facts>
            <Fact label="Event id">
              <span class="mono small">{event_id}</span>
            </Fact>
            <Fact label="Happened">
              <Time value={timestamp} />
            </Fact>
            <Fact label="What it means">
              <a href={hrefOf({ view: 'catalogue', type: event_type })}>in the catalogue</a>
            </Fact>
          </Facts>
        </div>
        <Card title="Deliveries" flush>
          {deliveries.length === 0 ? (
            <Empty title="No subscription wanted it">
              A subscription that wants it now gets it by a replay of its time.
            </Empty>
          ) : (
            <DeliveryTable caption="Deliveries of this event" items={deliveries} />
          )}
        </Card>
        <JsonCard title="Event" value={{ event_id, event_type, timestamp, data }} />
      </div>
    </>
  );
}
