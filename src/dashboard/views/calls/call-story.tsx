import { duration } from '../../format/time.ts';
import { useEvery } from '../../hooks/use-every.ts';
import { useLoad } from '../../hooks/use-load.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { Empty, LoadFailed } from '../../parts/notice.tsx';
import { Card, Fact, Facts, PageHead } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { Status } from '../../parts/status.tsx';
import { Time } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import { useApi } from '../../session/session.tsx';
import type { Delivery, PbxEvent } from '../../types.ts';
import { callOf, inOrder } from './call.ts';
import { callWord, partiesOf } from './call-words.ts';
import { loadStory } from './load-story.ts';
import { Timeline } from './timeline.tsx';

const UP = { label: 'Calls', route: { view: 'calls' } } as const;

/** All events of one call in order, and where each of them went. */
export function CallStory({ id }: { readonly id: string }) {
  const api = useApi();
  const { value, error, reload, refresh } = useLoad(`call ${id}`, (signal) => loadStory(api, id, signal));
  const call = value && callOf(id, value.events);
  useEvery(call?.isOver ? 10_000 : 2_000, refresh);
  if (value !== undefined && call === undefined) return <Unknown id={id} />;
  if (value === undefined || call === undefined) {
    return (
      <>
        <PageHead title="Call" up={UP} />
        {error === undefined ? <Skeleton lines={8} /> : <LoadFailed error={error} retry={reload} />}
      </>
    );
  }
  const { tone, word } = callWord(call);
  return (
    <>
      <PageHead
        title={partiesOf(call)}
        mark={<Status tone={tone}>{word}</Status>}
        up={UP}
        actions={
          <ButtonLink icon="send" href={hrefOf({ view: 'deliveries', filter: { call_id: id } })}>
            Its deliveries
          </ButtonLink>
        }
      />
      <div class="stack">
        <div class="card counters">
          <Facts>
            <Fact label="Call id">
              <span class="mono small">{id}</span>
            </Fact>
            <Fact label="Direction">{call.direction}</Fact>
            <Fact label="Answered by">{call.answeredBy}</Fact>
            <Fact label="Started">
              <Time value={call.startedAt} />
            </Fact>
            <Fact label="Duration">{call.duration !== undefined && duration(call.duration * 1000)}</Fact>
          </Facts>
        </div>
        <Story events={value.events} deliveries={value.deliveries} />
      </div>
    </>
  );
}

interface StoryProps {
  readonly events: readonly PbxEvent[];
  readonly deliveries: readonly Delivery[];
}

function Story({ events, deliveries }: StoryProps) {
  const byEvent = Map.groupBy(deliveries, ({ event_id }) => event_id);
  return (
    <Card title="What happened" flush>
      <Timeline events={inOrder(events)} deliveriesOf={(eventId) => byEvent.get(eventId) ?? []} />
    </Card>
  );
}

function Unknown({ id }: { readonly id: string }) {
  return (
    <>
      <PageHead title="Call" up={UP} />
      <Empty
        title="No event of this call is kept"
        action={<ButtonLink href={hrefOf({ view: 'calls' })}>To the latest calls</ButtonLink>}
      >
        Nothing was told under the id <span class="mono break">{id}</span>, or it was removed for its age.
      </Empty>
    </>
  );
}
