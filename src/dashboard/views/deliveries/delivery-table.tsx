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
  /** Which they are, so that no column says the same in each row. Default `any`. */
  readonly of?: 'any' | 'one subscription' | 'dead letters';
}

export function DeliveryTable({ caption, items, before = [], of = 'any' }: DeliveryTableProps) {
  return (
    <Table caption={caption} columns={[...before, ...COLUMNS[of]]} rows={items} keyOf={({ id }) => id} />
  );
}

const EVENT: Column<Delivery> = {
  head: 'Event',
  cell: ({ id, event_type }) => (
    <a class="row-link" href={hrefOf({ view: 'delivery', id })}>
      {event_type}
    </a>
  ),
  kind: 'main',
};

const STATUS: Column<Delivery> = {
  head: 'Status',
  cell: (delivery) => {
    const { tone, word } = wordOf(delivery);
    return <Status tone={tone}>{word}</Status>;
  },
};

const SUBSCRIPTION: Column<Delivery> = {
  head: 'Subscription',
  label: 'to',
  cell: ({ subscription_id }) => <SubscriptionName id={subscription_id} />,
  kind: 'wide',
};

const ANSWER: Column<Delivery> = {
  head: 'Last answer',
  label: 'answered',
  cell: ({ attempts }) => {
    const last = attempts.at(-1);
    return last === undefined ? <span class="muted">–</span> : <span class="clip">{attemptWord(last)}</span>;
  },
  kind: 'wide',
};

const ATTEMPTS: Column<Delivery> = {
  head: 'Attempts',
  label: 'attempts',
  cell: ({ attempt_count }) => attempt_count,
  kind: 'number',
};

const CREATED: Column<Delivery> = {
  head: 'Created',
  cell: ({ created_at }) => <Time value={created_at} />,
  kind: 'number',
};

const GAVE_UP: Column<Delivery> = {
  head: 'Gave up',
  label: 'gave up',
  cell: ({ ended_at, created_at }) => <Time value={ended_at ?? created_at} />,
  kind: 'number',
};

const COLUMNS = {
  any: [EVENT, STATUS, SUBSCRIPTION, ANSWER, ATTEMPTS, CREATED],
  'one subscription': [EVENT, STATUS, ANSWER, ATTEMPTS, CREATED],
  'dead letters': [EVENT, SUBSCRIPTION, ANSWER, ATTEMPTS, GAVE_UP],
} as const;
