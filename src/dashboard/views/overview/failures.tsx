import { Empty } from '../../parts/notice.tsx';
import { Card } from '../../parts/page.tsx';
import { hrefOf } from '../../route/route.ts';
import type { Delivery } from '../../types.ts';
import { DeliveryTable } from '../deliveries/delivery-table.tsx';

/** The newest deliveries that gave up. */
export function Failures({ items }: { readonly items: readonly Delivery[] }) {
  return (
    <Card
      title="Recent failures"
      flush
      actions={<a href={hrefOf({ view: 'dead-letters', filter: {} })}>All dead letters</a>}
    >
      {items.length === 0 ? (
        <Empty title="No delivery has given up" />
      ) : (
        <DeliveryTable caption="The newest dead letters" items={items} of="dead letters" />
      )}
    </Card>
  );
}
