import { Status } from '../../parts/status.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import type { Delivery } from '../../types.ts';
import { SubscriptionName } from '../address.tsx';
import { attemptWord, wordOf } from '../words.ts';

interface DeliveryTableProps {
  readonly caption: string;
  readonly items: readonly Delivery[];
  /** Columns before all others, such as one to choose rows. */
  readonly before?: readonly Column<Delivery>[];
  /** Left out where all go to the same subscription. */
  readonly withSubscription?: boolean;
}

export function DeliveryTable({ caption, items, before = [], withSubscription = true }: DeliveryTableProps) {
  const columns = withSubscription ? COLUMNS : COLUMNS.filter((column) => column !== SUBSCRIPTION);
  return <Table caption={caption} columns={[...before, ...columns]} rows={items} keyOf={({ id }) => id} />;
}

const SUBSCRIPTION: Column<Delivery> = {
  head: 'Subscription',
  label: 'to',
  cell: ({ subscription_id }) => <SubscriptionName id={subscription_id} />,
  kind: 'wide',
};

const COLUMNS: readonly Column<Delivery>[] = [
  {
    head: 'Event',
    cell: ({ id, event_type }) => (
      <a class="row-link" href={hrefOf({ view: 'delivery', id })}>
        {event_type}
      </a>
    ),
    kind: 'main',
  },
  {
    head: 'Status',
    cell: (delivery) => {
      const { tone, word } = wordOf(delivery);
      return <Status tone={tone}>{word}</Status>;
    },
  },
  SUBSCRIPTION,
  {
    head: 'Last answer',
    label: 'answered',
    cell: ({ attempts }) => {
      const last = attempts.at(-1);
      return last === undefined ? (
        <span class="muted">–</span>
      ) : (
        <span class="clip">{attemptWord(last)}</span>
      );
    },
    kind: 'wide',
  },
  { head: 'Attempts', label: 'attempts', cell: ({ attempt_count }) => attempt_count, kind: 'number' },
  { head: 'Created', cell: ({ created_at }) => <Time value={created_at} />, kind: 'number' },
];
