import { shortCount } from '../../format/number.ts';
import { Card } from '../../parts/page.tsx';
import { Status } from '../../parts/status.tsx';
import { hrefOf } from '../../route/route.ts';
import { useSubscriptions } from '../../session/subscriptions.tsx';
import { Address } from '../address.tsx';
import { subscriptionWord } from '../words.ts';

/** Where events go, each with what it does now. */
export function Receivers() {
  const { all = [], laneOf } = useSubscriptions();
  return (
    <Card title="Subscriptions" flush actions={<a href={hrefOf({ view: 'subscriptions' })}>All</a>}>
      <ul class="list">
        {all.map((subscription) => {
          const lane = laneOf(subscription.id);
          const { tone, word } = subscriptionWord(subscription, lane);
          const backlog = lane?.backlog ?? subscription.backlog;
          return (
            <li key={subscription.id} class="list-row list-link">
              <div class="list-text">
                <a class="row-link" href={hrefOf({ view: 'subscription', id: subscription.id })}>
                  <Address subscription={subscription} />
                </a>
              </div>
              {backlog > 0 && <span class="small muted number">{shortCount(backlog)} waiting</span>}
              <Status tone={tone}>{word}</Status>
            </li>
          );
        })}
        {all.length === 0 && <li class="list-row muted small">None yet.</li>}
      </ul>
    </Card>
  );
}
