import { useState } from 'preact/hooks';
import { shortCount } from '../../format/number.ts';
import { useEvery } from '../../hooks/use-every.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { Empty, LoadFailed } from '../../parts/notice.tsx';
import { PageHead } from '../../parts/page.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { Status } from '../../parts/status.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import type { Lane, Subscription } from '../../types.ts';
import { Address } from '../address.tsx';
import { subscriptionWord } from '../words.ts';

const ADD = (
  <ButtonLink kind="primary" icon="plus" href={hrefOf({ view: 'subscription-new' })}>
    Add subscription
  </ButtonLink>
);

export function Subscriptions() {
  const { all, error, reload, refresh } = useSubscriptions();
  useEvery(5_000, refresh);
  return (
    <>
      <PageHead title="Subscriptions" actions={ADD}>
        Where events are sent, and which.
      </PageHead>
      {all === undefined && error !== undefined && <LoadFailed error={error} retry={reload} />}
      {all === undefined && error === undefined && <Skeleton lines={6} />}
      {all?.length === 0 && (
        <Empty title="No subscription yet" action={ADD}>
          Give the address of a receiver and choose its events; a test shows at once whether they arrive.
        </Empty>
      )}
      {all !== undefined && all.length > 0 && <List all={all} />}
    </>
  );
}

interface Row {
  readonly subscription: Subscription;
  readonly lane: Lane | undefined;
}

function List({ all }: { readonly all: readonly Subscription[] }) {
  const { laneOf } = useSubscriptions();
  const [search, setSearch] = useState('');
  const rows = all
    .filter((subscription) => isFound(subscription, search.trim().toLowerCase()))
    .map((subscription) => ({ subscription, lane: laneOf(subscription.id) }));
  return (
    <div class="stack">
      {all.length > 1 && (
        <SearchField
          label="Search subscriptions"
          placeholder="Address, name or event"
          value={search}
          onInput={setSearch}
        />
      )}
      <div class="panel">
        <Table
          caption="Subscriptions"
          columns={COLUMNS}
          rows={rows}
          keyOf={({ subscription }) => subscription.id}
        />
        {rows.length === 0 && <Empty title="No subscription fits the search" />}
      </div>
    </div>
  );
}

function isFound({ url, description, events }: Subscription, search: string): boolean {
  return [url, description ?? '', ...events].some((text) => text.toLowerCase().includes(search));
}

const COLUMNS: readonly Column<Row>[] = [
  {
    head: 'Receiver',
    cell: ({ subscription }) => (
      <a class="row-link" href={hrefOf({ view: 'subscription', id: subscription.id })}>
        <Address subscription={subscription} />
      </a>
    ),
    kind: 'main',
  },
  {
    head: 'State',
    cell: ({ subscription, lane }) => {
      const { tone, word } = subscriptionWord(subscription, lane);
      return <Status tone={tone}>{word}</Status>;
    },
  },
  {
    head: 'Events',
    label: 'events',
    cell: ({ subscription }) => <EventList events={subscription.events} />,
    kind: 'wide',
  },
  {
    head: 'Waiting',
    label: 'waiting',
    cell: ({ subscription, lane }) => shortCount(lane?.backlog ?? subscription.backlog),
    kind: 'number',
  },
  {
    head: 'Delivered',
    label: 'delivered',
    cell: ({ subscription }) => shortCount(subscription.success_count),
    kind: 'number',
  },
  {
    head: 'Failed',
    label: 'failed',
    cell: ({ subscription }) => (
      <span class={subscription.failure_count > 0 ? 'text-bad' : undefined}>
        {shortCount(subscription.failure_count)}
      </span>
    ),
    kind: 'number',
  },
  {
    head: 'Last sent',
    label: 'last sent',
    cell: ({ subscription: { last_sent } }) => (last_sent === null ? 'never' : <Ago value={last_sent} />),
    kind: 'number',
  },
];

const SHOWN_EVENTS = 2;

function EventList({ events }: { readonly events: readonly string[] }) {
  if (events.includes('*')) return <span>all</span>;
  const rest = events.length - SHOWN_EVENTS;
  return (
    <span title={events.join(', ')}>
      {events.slice(0, SHOWN_EVENTS).join(', ')}
      {rest > 0 && <span class="muted"> +{rest}</span>}
    </span>
  );
}
