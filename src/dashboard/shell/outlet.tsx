import { ButtonLink } from '../parts/button.tsx';
import { Empty } from '../parts/notice.tsx';
import { PageHead } from '../parts/page.tsx';
import { hrefOf, type Route } from '../route/route.ts';
import { CallStory } from '../views/calls/call-story.tsx';
import { Calls } from '../views/calls/calls.tsx';
import { Catalogue } from '../views/catalogue/catalogue.tsx';
import { DeadLetters } from '../views/dead-letters/dead-letters.tsx';
import { Deliveries } from '../views/deliveries/deliveries.tsx';
import { DeliveryPage } from '../views/deliveries/delivery.tsx';
import { EventPage } from '../views/events/event.tsx';
import { LiveTail } from '../views/live/live-tail.tsx';
import { Overview } from '../views/overview/overview.tsx';
import { EditSubscription, NewSubscription } from '../views/subscriptions/edit.tsx';
import { SubscriptionPage } from '../views/subscriptions/subscription.tsx';
import { Subscriptions } from '../views/subscriptions/subscriptions.tsx';

/** The view of a route. One of another id starts afresh. */
export function Outlet({ route }: { readonly route: Route }) {
  switch (route.view) {
    case 'overview':
      return <Overview />;
    case 'subscriptions':
      return <Subscriptions />;
    case 'subscription-new':
      return <NewSubscription />;
    case 'subscription':
      return <SubscriptionPage key={route.id} id={route.id} />;
    case 'subscription-edit':
      return <EditSubscription key={route.id} id={route.id} />;
    case 'deliveries':
      return <Deliveries filter={route.filter} />;
    case 'delivery':
      return <DeliveryPage key={route.id} id={route.id} />;
    case 'calls':
      return <Calls />;
    case 'call':
      return <CallStory key={route.id} id={route.id} />;
    case 'event':
      return <EventPage key={route.id} id={route.id} />;
    case 'dead-letters':
      return <DeadLetters filter={route.filter} />;
    case 'live':
      return <LiveTail filter={route.filter} />;
    case 'catalogue':
      return <Catalogue type={route.type} />;
    case 'unknown':
      return <NotFound />;
    default:
      return route satisfies never;
  }
}

function NotFound() {
  return (
    <>
      <PageHead title="There is nothing here" />
      <Empty
        title="This address names no page"
        action={<ButtonLink href={hrefOf({ view: 'overview' })}>To the overview</ButtonLink>}
      >
        A link may have been cut off when it was copied.
      </Empty>
    </>
  );
}
