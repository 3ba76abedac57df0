import { addressParts } from '../format/address.ts';
import { useSubscriptions } from '../session/subscriptions.tsx';
import type { Subscription } from '../types.ts';

/** Where a subscription leads: what people call it first, where they gave it a name. */
export function Address({
  subscription,
}: {
  readonly subscription: Pick<Subscription, 'url' | 'description'>;
}) {
  const { host, rest } = addressParts(subscription.url);
  if (subscription.description !== null) {
    return (
      <span class="address address-named">
        <span class="address-main">{subscription.description}</span>
        <span class="address-rest">
          {host}
          {rest}
        </span>
      </span>
    );
  }
  return (
    <span class="address">
      <span class="address-main">{host}</span>
      <span class="address-rest">{rest}</span>
    </span>
  );
}

/** In one word, for where there is little room. */
export function ShortName({ id }: { readonly id: string }) {
  const subscription = useSubscriptions().byId(id);
  return <span class="clip">{subscription === undefined ? id : shortName(subscription)}</span>;
}

function shortName({ url, description }: Subscription): string {
  const { host, rest } = addressParts(url);
  return description ?? `${host}${rest}`;
}

/** A subscription by its id; one that was deleted since has no other name. */
export function SubscriptionName({ id }: { readonly id: string }) {
  const { all, byId } = useSubscriptions();
  const subscription = byId(id);
  if (subscription !== undefined) return <Address subscription={subscription} />;
  return (
    <span class="address">
      <span class="address-main mono">{id}</span>
      {all !== undefined && <span class="address-rest">deleted</span>}
    </span>
  );
}
