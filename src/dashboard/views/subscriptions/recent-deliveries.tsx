import { useLoad } from '../../hooks/use-load.ts';
import { Empty, LoadFailed } from '../../parts/notice.tsx';
import { Card } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { hrefOf } from '../../route/route.ts';
import { useApi } from '../../session/session.tsx';
import { DeliveryTable } from '../deliveries/delivery-table.tsx';

interface RecentDeliveriesProps {
  readonly id: string;
  /** Grows with what is sent: then there is something new to show. */
  readonly seen: number;
}

const SHOWN = 8;

export function RecentDeliveries({ id, seen }: RecentDeliveriesProps) {
  const api = useApi();
  const { value, error, reload } = useLoad(
    `recent ${id} ${seen}`,
    (signal) => api.call('GET /{id}/deliveries', { path: { id }, query: { limit: SHOWN }, signal }),
    { keep: true },
  );
  return (
    <Card
      title="Recent deliveries"
      flush
      actions={<a href={hrefOf({ view: 'deliveries', filter: { subscription: id } })}>All its deliveries</a>}
    >
      {value === undefined && error === undefined && <Skeleton lines={4} />}
      {value === undefined && error !== undefined && <LoadFailed error={error} retry={reload} />}
      {value?.items.length === 0 && (
        <Empty title="Nothing was sent to it yet">A test shows whether it answers.</Empty>
      )}
      {value !== undefined && value.items.length > 0 && (
        <DeliveryTable caption="Its newest deliveries" items={value.items} of="one subscription" />
      )}
    </Card>
  );
}
