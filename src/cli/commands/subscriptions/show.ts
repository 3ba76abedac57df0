import { Command } from 'commander';
import { maskedUrl } from '../../../util/masked-url.ts';
import { clientOf, type JsonFlags, withAccess } from '../../api/access.ts';
import { findSubscription, type SubscriptionView } from '../../api/subscriptions.ts';
import { type FieldEntry, fieldLines } from '../../fields.ts';
import { printJson } from '../../output.ts';
import { type Column, Table } from '../../table.ts';
import { lineWidth, shown, styled } from '../../terminal.ts';
import { shortTime } from '../../times.ts';

const COLUMNS: readonly Column<SubscriptionView>[] = [
  { title: 'URL', cell: ({ url }) => maskedUrl(url), isFlexible: true },
  { title: 'STATE', cell: stateOf },
  { title: 'EVENTS', cell: ({ events }) => events.join(','), isFlexible: true },
  { title: 'DELIVERED', cell: ({ success_count: count }) => count, isNumber: true },
  { title: 'FAILED', cell: ({ failure_count: count }) => count, isNumber: true },
  { title: 'WAITING', cell: ({ backlog }) => backlog, isNumber: true },
  { title: 'LAST SENT', cell: ({ last_sent: at }) => shortTime(at) },
  { title: 'ID', cell: ({ id }) => id, isOptional: true },
];

export function listCommand(): Command {
  return withAccess(
    new Command('list')
      .description('all subscriptions')
      .option('--json', 'print them as a JSON array')
      .addHelpText('after', '\nExample:\n  pbx-webhooks subscriptions list')
      .action(list),
  );
}

async function list({ json, ...access }: JsonFlags): Promise<void> {
  const all = await (await clientOf(access)).call('GET /');
  if (json) printJson(all);
  else if (all.length === 0) console.error('there is no subscription; pbx-webhooks subscriptions add <url>');
  else console.log(new Table(COLUMNS, lineWidth()).lines(all).join('\n'));
}

export function showCommand(): Command {
  return withAccess(
    new Command('show')
      .description('all of one subscription, but for its secret')
      .argument('<subscription>', 'id or URL')
      .option('--json', 'print it as JSON')
      .addHelpText('after', '\nExample:\n  pbx-webhooks subscriptions show https://crm.example.com/hook')
      .action(show),
  );
}

async function show(name: string, { json, ...access }: JsonFlags): Promise<void> {
  const view = await findSubscription(await clientOf(access), name);
  if (json) printJson(view);
  else console.log([styled('bold', shown(view.url)), ...fieldLines(entriesOf(view))].join('\n'));
}

/** `active`, or why it is disabled. */
export function stateOf({ state, disabled_reason: reason }: SubscriptionView): string {
  return state === 'active' || reason === null || reason === 'requested' ? state : `${state}: ${reason}`;
}

function entriesOf(view: SubscriptionView): readonly FieldEntry[] {
  const { id, description, events, origin, created_at: createdAt, last_sent: lastSent, backlog } = view;
  const {
    success_count: delivered,
    failure_count: failed,
    expired_count: expired,
    failed_attempts: attempts,
  } = view;
  const { signed, header_names: headers, filter, retry, batch, tls, template, transform, format } = view;
  const { timeout, max_age: maxAge, ordering, concurrency, rate_limit: rate } = view;
  const json = (value: unknown): string | undefined =>
    value === undefined ? undefined : JSON.stringify(value);
  const seconds = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${value} s`;
  return [
    ['id', id],
    ['state', stateOf(view)],
    ['description', description],
    ['events', events.join(', ')],
    ['delivered', `${delivered}${lastSent === null ? '' : `, last ${shortTime(lastSent)}`}`],
    ['failed', `${failed}${expired === 0 ? '' : `, of them ${expired} expired`}`],
    ['failed attempts', attempts],
    ['waiting', backlog],
    ['signed', signed ? 'yes' : 'no'],
    ['headers', headers.join(', ')],
    ['filter', json(filter)],
    ['retry', json(retry)],
    ['batch', json(batch)],
    ['format', format],
    ['template', template],
    ['transform', transform],
    ['timeout', seconds(timeout)],
    ['max_age', seconds(maxAge)],
    ['ordering', ordering],
    ['concurrency', concurrency],
    ['rate_limit', rate === undefined ? undefined : `${rate}/s`],
    ['tls', json(tls)],
    ['made', `${shortTime(createdAt)}, ${origin === 'config' ? 'by the config file' : 'by the API'}`],
  ];
}
