import { useState } from 'preact/hooks';
import { capitalized } from '../../format/text.ts';
import { useCatalogue } from '../../hooks/use-catalogue.ts';
import { Empty, LoadFailed } from '../../parts/notice.tsx';
import { Card, PageHead } from '../../parts/page.tsx';
import { Prose } from '../../parts/prose.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import { hrefOf } from '../../route/route.ts';
import type { EventTypeEntry } from '../../types.ts';
import { familiesOf } from '../subscriptions/patterns.ts';
import { EventTypePage } from './event-type.tsx';

/** Every event type; with `type`, that one. */
export function Catalogue({ type }: { readonly type: string | undefined }) {
  const { value, error, reload } = useCatalogue();
  if (type !== undefined && value !== undefined) return <EventTypePage key={type} type={type} all={value} />;
  return (
    <>
      <PageHead title="Event catalogue">Which events there are, what each of them means and holds.</PageHead>
      {value === undefined && error === undefined && <Skeleton lines={8} />}
      {value === undefined && error !== undefined && <LoadFailed error={error} retry={reload} />}
      {value !== undefined && <List types={value} />}
    </>
  );
}

function List({ types }: { readonly types: readonly EventTypeEntry[] }) {
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const found = types.filter(({ event_type, description }) =>
    `${event_type} ${description}`.toLowerCase().includes(wanted),
  );
  return (
    <div class="stack">
      <SearchField label="Search event types" value={search} onInput={setSearch} />
      {found.length === 0 && <Empty title="No event type fits" />}
      {familiesOf(found).map(({ name, types: members }) => (
        <Card key={name} title={capitalized(name)} flush>
          <ul class="list">
            {members.map(({ event_type, description }) => (
              <li key={event_type} class="list-row list-link type-row">
                <a class="row-link mono" href={hrefOf({ view: 'catalogue', type: event_type })}>
                  {event_type}
                </a>
                <span class="small muted">
                  <Prose text={description} />
                </span>
              </li>
            ))}
          </ul>
        </Card>
      ))}
    </div>
  );
}
