import type { Loaded } from '../../hooks/use-load.ts';
import { Empty, LoadFailed } from '../../parts/notice.tsx';
import { Card } from '../../parts/page.tsx';
import { hrefOf } from '../../route/route.ts';
import type { Delivery } from '../../types.ts';
import { DeliveryTable } from '../deliveries/delivery-table.tsx';

interface FailuresProps {
  readonly dead: Loaded<{ readonly items: readonly Delivery[] }>;
}

/** The newest deliveries that gave up. */
export function Failures({ dead: { value, error, reload } }: FailuresProps) {
  return (
    <Card
      title="Recent failures"
      flush
      actions={<a href={hrefOf({ view: 'dead-letters', filter: {} })}>All dead letters</a>}
    >
      {value === undefined && <LoadFailed error={error} retry={reload} />}
      {value?.items.length === 0 && <Empty title="No delivery has given up" />}
      {value !== undefined && value.items.length > 0 && (
        <DeliveryTable caption="The newest dead letters" items={value.items} of="dead letters" />
      )}
    </Card>
  );
}
