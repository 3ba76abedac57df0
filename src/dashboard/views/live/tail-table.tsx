import { duration } from '../../format/time.ts';
import { Icon } from '../../parts/icon.tsx';
import { Status } from '../../parts/status.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { PreciseTime } from '../../parts/time.tsx';
import { hrefOf } from '../../route/route.ts';
import { ShortName } from '../address.tsx';
import { summaryOf } from '../event-summary.ts';
import { attemptWord, deliveryWord } from '../words.ts';
import type { Line } from './use-tail.ts';

export function TailTable({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <Table
      caption="What came, the newest first"
      columns={COLUMNS}
      rows={lines}
      keyOf={({ key }) => key}
      look="dense"
    />
  );
}

const COLUMNS: readonly Column<Line>[] = [
  {
    head: 'Time',
    cell: ({ at }) => (
      <span class="small muted">
        <PreciseTime value={at} />
      </span>
    ),
  },
  { head: 'What', cell: (line) => <What line={line} />, kind: 'main' },
  { head: 'Result', cell: (line) => <Result line={line} /> },
  { head: 'About', cell: (line) => <About line={line} />, kind: 'wide' },
];

function What({ line }: { readonly line: Line }) {
  switch (line.kind) {
    case 'event':
      return (
        <a class="row-link tail-what" href={hrefOf({ view: 'event', id: line.event.event_id })}>
          <Icon name="live" size={14} />
          {line.event.event_type}
        </a>
      );
    case 'delivery':
      return (
        <a class="row-link tail-what" href={hrefOf({ view: 'delivery', id: line.delivery.delivery_id })}>
          <Icon name="send" size={14} />
          {line.delivery.event_type}
        </a>
      );
    case 'gap':
      return (
        <span class="tail-what">
          <Icon name="alert" size={14} />
          {line.text}
        </span>
      );
    default:
      return line satisfies never;
  }
}

function Result({ line }: { readonly line: Line }) {
  if (line.kind !== 'delivery')
    return <span class="small muted">{line.kind === 'event' ? 'event' : ''}</span>;
  const { status, attempt } = line.delivery;
  const { tone, word } = deliveryWord(status, attempt === null ? 0 : attempt.number);
  return <Status tone={tone}>{word}</Status>;
}

function About({ line }: { readonly line: Line }) {
  if (line.kind === 'event') return <span class="muted">{summaryOf(line.event)}</span>;
  if (line.kind === 'gap') return null;
  const { attempt, subscription_id } = line.delivery;
  return (
    <span class="tail-about">
      <ShortName id={subscription_id} />
      {attempt !== null && (
        <span class="small muted">
          {attemptWord(attempt)} in {duration(attempt.duration_ms)}
        </span>
      )}
    </span>
  );
}
