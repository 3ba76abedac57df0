import { useState } from 'preact/hooks';
import { duration } from '../../format/time.ts';
import { useEvery } from '../../hooks/use-every.ts';
import { useLoad } from '../../hooks/use-load.ts';
import { Button } from '../../parts/button.tsx';
import { Empty, LoadFailed } from '../../parts/notice.tsx';
import { PageHead } from '../../parts/page.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { Status } from '../../parts/status.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import { navigate } from '../../route/use-route.ts';
import { useApi } from '../../session/session.tsx';
import { type Call, callsOf } from './call.ts';
import { callWord, partiesOf } from './call-words.ts';

/** Calls that were told of lately; any other by its id. */
export function Calls() {
  const api = useApi();
  const { value, error, reload, refresh } = useLoad('calls', async (signal) => {
    const { items } = await api.call('GET /events', { query: { limit: 200 }, signal });
    return callsOf(items);
  });
  const [search, setSearch] = useState('');
  useEvery(5_000, refresh);
  const wanted = search.trim().toLowerCase();
  const shown = value?.filter((call) => isFound(call, wanted));
  return (
    <>
      <PageHead title="Calls">What was told of each call, and where it went.</PageHead>
      <div class="stack">
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (wanted !== '') navigate({ view: 'call', id: search.trim() });
          }}
        >
          <SearchField
            label="Search calls"
            placeholder="A call id, an extension or a number"
            value={search}
            onInput={setSearch}
          />
          <Button type="submit">Open call</Button>
        </form>
        <div class="panel">
          {value === undefined && error === undefined && <Skeleton lines={8} />}
          {value === undefined && error !== undefined && <LoadFailed error={error} retry={reload} />}
          {value?.length === 0 && (
            <Empty title="No call yet">
              Calls stand here as soon as a PBX tells of one. One of long ago is found by its id.
            </Empty>
          )}
          {value !== undefined && value.length > 0 && shown?.length === 0 && (
            <Empty title="None of the latest calls fits">
              If it is a call id, “Open call” looks among all events that are kept.
            </Empty>
          )}
          {shown !== undefined && shown.length > 0 && (
            <Table caption="The latest calls" columns={COLUMNS} rows={shown} keyOf={({ id }) => id} />
          )}
        </div>
      </div>
    </>
  );
}

function isFound({ id, from = '', to = '', answeredBy = '' }: Call, wanted: string): boolean {
  return [id, from, to, answeredBy].some((text) => text.toLowerCase().includes(wanted));
}

const COLUMNS: readonly Column<Call>[] = [
  {
    head: 'Call',
    cell: (call) => (
      <a class="row-link number" href={hrefOf({ view: 'call', id: call.id })}>
        {partiesOf(call)}
      </a>
    ),
    kind: 'main',
  },
  {
    head: 'Outcome',
    cell: (call) => {
      const { tone, word } = callWord(call);
      return <Status tone={tone}>{word}</Status>;
    },
  },
  { head: 'Direction', cell: ({ direction }) => direction ?? '–', kind: 'wide' },
  { head: 'Answered by', label: 'by', cell: ({ answeredBy }) => answeredBy ?? '–', kind: 'wide' },
  { head: 'Events', label: 'events', cell: ({ events }) => events, kind: 'number' },
  {
    head: 'Duration',
    cell: (call) => (call.duration === undefined ? '–' : duration(call.duration * 1000)),
    kind: 'number',
  },
  { head: 'Started', cell: ({ startedAt }) => <Time value={startedAt} />, kind: 'number' },
];
