import { duration } from '../../format/time.ts';
import { Status } from '../../parts/status.tsx';
import { PreciseTime } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import type { Delivery, PbxEvent } from '../../types.ts';
import { ShortName } from '../address.tsx';
import { summaryOf } from '../event-summary.ts';
import { wordOf } from '../words.ts';

interface TimelineProps {
  /** In order. */
  readonly events: readonly PbxEvent[];
  readonly deliveriesOf: (eventId: string) => readonly Delivery[];
}

export function Timeline({ events, deliveriesOf }: TimelineProps) {
  const start = Date.parse(events[0]?.timestamp ?? '');
  return (
    <ol class="timeline">
      {events.map((event) => (
        <li key={event.event_id} class="moment">
          <div class="moment-time small muted number">
            <PreciseTime value={event.timestamp} />
            <span>+{duration(Date.parse(event.timestamp) - start)}</span>
          </div>
          <div class="moment-text">
            <a class="moment-type" href={hrefOf({ view: 'event', id: event.event_id })}>
              {event.event_type}
            </a>
            <span class="small muted break">{summaryOf(event)}</span>
            <Where deliveries={deliveriesOf(event.event_id)} />
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Where an event went, with what result. */
function Where({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  if (deliveries.length === 0) {
    return <p class="small muted">No subscription wanted it.</p>;
  }
  return (
    <ul class="where">
      {deliveries.map((delivery) => {
        const { tone, word } = wordOf(delivery);
        return (
          <li key={delivery.id}>
            <a class="where-link" href={hrefOf({ view: 'delivery', id: delivery.id })}>
              <Status tone={tone}>{word}</Status>
              <ShortName id={delivery.subscription_id} />
            </a>
          </li>
        );
      })}
    </ul>
  );
}
