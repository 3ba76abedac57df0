import type { ComponentChildren } from 'preact';
import { Card, Fact, Facts } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import type { Subscription } from '../../types.ts';

/** How it is set; what is left to the defaults is left out. */
export function Settings({ subscription }: { readonly subscription: Subscription }) {
  const { events, filter, timeout, max_age, ordering, concurrency, rate_limit, batch, retry, tls } =
    subscription;
  return (
    <Card title="Settings">
      <Facts>
        <Fact label="Events">
          {events.includes('*') ? 'all' : <span class="mono small">{events.join(', ')}</span>}
        </Fact>
        <Fact label="Extensions">{filter?.extensions?.join(', ')}</Fact>
        <Fact label="Direction">{filter?.direction?.join(', ')}</Fact>
        <Fact label="Queues">{filter?.queues?.join(', ')}</Fact>
        <Fact label="Where">{filter?.where && <code class="break">{filter.where}</code>}</Fact>
        <Fact label="Signed">{subscription.signed ? 'yes' : 'no'}</Fact>
        <Fact label="Retries">{retry && retryText(retry)}</Fact>
        <Fact label="Timeout">{timeout && `${timeout} s`}</Fact>
        <Fact label="Max age">{max_age && `${max_age} s`}</Fact>
        <Fact label="Order">{ordering}</Fact>
        <Fact label="Concurrency">{concurrency}</Fact>
        <Fact label="Rate limit">{rate_limit && `${rate_limit} a second`}</Fact>
        <Fact label="Batch">
          {batch && `up to ${batch.max_events ?? 100} events, ${batch.max_wait ?? 1} s`}
        </Fact>
        <Fact label="Body">{bodyText(subscription)}</Fact>
        <Fact label="Headers">{subscription.header_names.join(', ')}</Fact>
        <Fact label="TLS">{tls && Object.keys(tls).join(', ')}</Fact>
        <Fact label="Comes from">
          {subscription.origin === 'config' ? 'the configuration file' : 'the API'}
        </Fact>
        <Fact label="Created">
          <Time value={subscription.created_at} />
        </Fact>
        <Fact label="Id">
          <span class="mono small">{subscription.id}</span>
        </Fact>
      </Facts>
    </Card>
  );
}

function bodyText({ transform, template, format }: Subscription): ComponentChildren {
  if (transform !== undefined) return <code class="break">{transform}</code>;
  return template ?? (format === 'cloudevents' ? 'CloudEvents' : undefined);
}

function retryText(retry: NonNullable<Subscription['retry']>): string {
  if (retry.preset !== undefined) return retry.preset;
  if (retry.schedule !== undefined) return `after ${retry.schedule.join(', ')} s`;
  const { attempts, delay, backoff } = retry;
  return [
    attempts && `${attempts} attempts`,
    delay !== undefined && `${delay} s apart`,
    backoff === 'exponential' && 'longer each time',
  ]
    .filter(Boolean)
    .join(', ');
}
