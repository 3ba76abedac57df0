import { Empty } from '../../parts/notice.tsx';
import { Card } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { hrefOf } from '../../route/route.ts';
import type { Delivery } from '../../types.ts';
import { DeliveryTable } from '../deliveries/delivery-table.tsx';

/** The newest deliveries that gave up; undefined while they are loaded. */
export function Failures({ items }: { readonly items: readonly Delivery[] | undefined }) {
  return (
    <Card
      title="Recent failures"
      flush
      actions={<a href={hrefOf({ view: 'dead-letters', filter: {} })}>All dead letters</a>}
    >
      {items === undefined && <Skeleton />}
      {items?.length === 0 && <Empty title="No delivery has given up" />}
      {items !== undefined && items.length > 0 && (
        <DeliveryTable caption="The newest dead letters" items={items} of="dead letters" />
      )}
    </Card>
  );
}
