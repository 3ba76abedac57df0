import { ButtonLink } from '../../parts/button.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Ago } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import type { Delivery } from '../../types.ts';

/** Why a delivery waits, where that is not for itself. */
export function WhyWaiting({ delivery: { status, subscription_id: id } }: { readonly delivery: Delivery }) {
  const { byId, laneOf } = useSubscriptions();
  const subscription = byId(id);
  if (status !== 'pending' || subscription === undefined) return null;
  const actions = (
    <ButtonLink small href={hrefOf({ view: 'subscription', id })}>
      Show subscription
    </ButtonLink>
  );
  if (!subscription.enabled) {
    return (
      <Notice tone="idle" title="It waits because its subscription is disabled" actions={actions}>
        It is sent, or skipped, when that is enabled again.
      </Notice>
    );
  }
  const lane = laneOf(id);
  if (lane === undefined || lane.breaker === 'closed') return null;
  return (
    <Notice tone="warn" title="It waits because its receiver is failing" actions={actions}>
      The receiver is tried again{' '}
      {lane.next_attempt_at === null ? 'soon' : <Ago value={lane.next_attempt_at} />}; then all that waits for
      it goes on.
    </Notice>
  );
}
