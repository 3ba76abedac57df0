import { ButtonLink } from '../../parts/button.tsx';
import { JsonCard } from '../../parts/code.tsx';
import { Empty } from '../../parts/notice.tsx';
import { Card, PageHead } from '../../parts/page.tsx';
import { Prose } from '../../parts/prose.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { hrefOf } from '../../route/route.ts';
import type { EventTypeEntry } from '../../types.ts';
import { type FieldEntry, fieldsOf } from './fields.ts';

const UP = { label: 'Event catalogue', route: { view: 'catalogue' } } as const;

interface EventTypePageProps {
  readonly type: string;
  readonly all: readonly EventTypeEntry[];
}

/** When an event of a type is sent, and what it holds. */
export function EventTypePage({ type, all }: EventTypePageProps) {
  const entry = all.find(({ event_type }) => event_type === type);
  if (entry === undefined) {
    return (
      <>
        <PageHead title={type} up={UP} />
        <Empty title="The catalogue has no such type">
          A host or a script publishes events of its own under whatever name it likes.
        </Empty>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={type}
        up={UP}
        actions={
          <ButtonLink icon="send" href={hrefOf({ view: 'deliveries', filter: { type } })}>
            Its deliveries
          </ButtonLink>
        }
      >
        <Prose text={entry.description} />
      </PageHead>
      <div class="columns columns-wide">
        <Card title="Fields of data" flush>
          <Table
            caption={`Fields of the data of ${type}`}
            columns={COLUMNS}
            rows={fieldsOf(entry.schema)}
            keyOf={({ name }) => name}
            look="prose"
          />
        </Card>
        <JsonCard title="Sample" value={entry.sample} />
      </div>
    </>
  );
}

const COLUMNS: readonly Column<FieldEntry>[] = [
  {
    head: 'Field',
    cell: ({ name, required }) => (
      <>
        <span class="mono small">{name}</span>
        {!required && <span class="tiny muted"> optional</span>}
      </>
    ),
    kind: 'main',
  },
  { head: 'Type', cell: ({ type }) => <span class="mono tiny muted">{type}</span>, kind: 'wide' },
  { head: 'Meaning', cell: ({ description }) => <Prose text={description} />, kind: 'wide' },
];
