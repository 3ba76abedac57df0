import { Command } from 'commander';
import { type AnswerOf, MOST_COUNTED } from '../../api/client.ts';
import { maskedUrl } from '../../util/masked-url.ts';
import { clientOf, type JsonFlags, withAccess } from '../api/access.ts';
import { EXIT } from '../exit.ts';
import { fieldLines } from '../fields.ts';
import { printJson } from '../output.ts';
import { type Column, Table } from '../table.ts';
import { isUnicode, lineWidth, shown, styled } from '../terminal.ts';
import { lengthOf, shortTime } from '../times.ts';
import { stateOf } from './subscriptions/show.ts';

type Stats = AnswerOf<'GET /stats'>;
type Subscription = AnswerOf<'GET /'>[number];

export function statusCommand(): Command {
  return withAccess(
    new Command('status')
      .alias('stats')
      .description('whether events are seen, stored and sent, and how many')
      .option('--json', 'print the counters, the last hour by minutes included, as JSON')
      .addHelpText(
        'after',
        '\nEnds with 1 when a PBX is not in sight, or events can’t be stored.\n\nExample:\n  pbx-webhooks status',
      )
      .action(status),
  );
}

async function status({ json, ...access }: JsonFlags): Promise<void> {
  const client = await clientOf(access);
  const [stats, subscriptions] = await Promise.all([client.call('GET /stats'), client.call('GET /')]);
  if (json) printJson(stats);
  else console.log([...overview(stats), ...subscriptionLines(stats, subscriptions)].join('\n'));
  if (!stats.engine.ok || stats.sources.some(({ ok }) => !ok)) process.exitCode = EXIT.failed;
}

function overview({
  version,
  now,
  started_at: startedAt,
  sources,
  engine,
  totals,
  last_hour: hour,
}: Stats): string[] {
  const up = lengthOf(Date.parse(now) - Date.parse(startedAt));
  const { success_rate: rate, latency_ms: latency, attempts } = hour;
  const oldest = totals.oldest_pending_at;
  return [
    `${styled('bold', `pbx-webhooks ${shown(version)}`)}, up for ${up}`,
    ...sources.map(({ name, ok, state }) => part(`PBX ${name}`, ok, state)),
    part('engine', engine.ok, engine.state),
    ...fieldLines([
      ['events', totals.events],
      ['delivered', totals.delivered],
      ['gave up', `${totals.dead}${totals.expired === 0 ? '' : `, ${totals.expired} expired`}`],
      ['dead letters', deadLetters(totals.dead_letters)],
      [
        'waiting',
        `${totals.backlog}${oldest === null ? '' : `, the oldest since ${lengthOf(Date.parse(now) - Date.parse(oldest))}`}`,
      ],
      ['last hour', rate === null ? 'no attempts' : `${attempts} attempts, ${percent(rate)} succeeded`],
      ['latency', latency && `p50 ${ms(latency.p50)}, p95 ${ms(latency.p95)}, p99 ${ms(latency.p99)}`],
    ]),
  ];
}

function deadLetters(kept: number): string {
  return kept < MOST_COUNTED ? String(kept) : `${MOST_COUNTED} or more`;
}

function part(name: string, isOk: boolean, state: string): string {
  const mark = isOk ? styled('green', isUnicode() ? '✓' : '+') : styled('red', isUnicode() ? '✗' : 'x');
  return `  ${mark} ${shown(name)}: ${shown(state)}`;
}

interface Row {
  readonly view: Subscription;
  readonly lane: Stats['subscriptions'][number] | undefined;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'SUBSCRIPTION', cell: ({ view }) => maskedUrl(view.url), isFlexible: true },
  { title: 'STATE', cell: ({ view, lane }) => laneState(lane) ?? stateOf(view) },
  { title: 'DELIVERED', cell: ({ view }) => view.success_count, isNumber: true },
  { title: 'FAILED', cell: ({ view }) => view.failure_count, isNumber: true },
  { title: 'WAITING', cell: ({ view }) => view.backlog, isNumber: true },
  { title: 'LAST SENT', cell: ({ view }) => shortTime(view.last_sent) },
];

function laneState(lane: Row['lane']): string | undefined {
  if (lane === undefined || lane.breaker === 'closed') return undefined;
  return `failing, next try ${shortTime(lane.next_attempt_at)}`;
}

function subscriptionLines({ subscriptions: lanes }: Stats, views: readonly Subscription[]): string[] {
  if (views.length === 0) return ['', 'no subscription'];
  const rows = views.map((view) => ({ view, lane: lanes.find(({ id }) => id === view.id) }));
  return ['', ...new Table(COLUMNS, lineWidth()).lines(rows)];
}

/** Never 100 % when something failed. */
function percent(rate: number): string {
  return `${Math.floor(rate * 1_000) / 10} %`;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
