import { Command } from 'commander';
import { type ApiClient, ApiProblem } from '../../api/client.ts';
import { type AccessFlags, clientOf, type JsonFlags, withAccess } from '../api/access.ts';
import { confirm, runBulk } from '../api/bulk.ts';
import {
  type ListFlags,
  type PageRequest,
  printList,
  type RangeFlags,
  withListing,
  withRange,
} from '../api/listing.ts';
import { urlsById } from '../api/subscriptions.ts';
import { deliveryColumns } from '../delivery-table.ts';
import { EXIT, UsageError } from '../exit.ts';
import { printDone } from '../output.ts';
import { idsOf } from './deliveries.ts';

export function deadLettersCommand(): Command {
  return new Command('dead-letters')
    .description('deliveries that gave up: list them, send them again, delete them')
    .addCommand(listCommand())
    .addCommand(retryCommand())
    .addCommand(deleteCommand());
}

interface DeadFilter extends RangeFlags {
  readonly subscription?: string;
  readonly type?: string;
}

function withFilter(command: Command): Command {
  const filtered = command
    .option('--subscription <subscription>', 'of this one alone: id or URL')
    .option('--type <pattern>', 'of this event type alone, or such as "call.*"');
  return withRange(filtered, 'those made');
}

function listCommand(): Command {
  return withAccess(
    withListing(withFilter(new Command('list').description('dead letters, the newest first')))
      .addHelpText('after', '\nExample:\n  pbx-webhooks dead-letters list --all --json')
      .action(list),
  );
}

async function list(flags: DeadFilter & AccessFlags & ListFlags): Promise<void> {
  const { subscription, type, since, until } = flags;
  const client = await clientOf(flags);
  const urls = flags.json ? new Map<string, string>() : await urlsById(client);
  const read = ({ cursor, limit }: PageRequest) =>
    client.call('GET /dead-letters', { query: { subscription, type, since, until, cursor, limit } });
  await printList(read, deliveryColumns(urls), flags);
}

interface BulkFlags extends DeadFilter, JsonFlags {
  readonly all?: true;
}

function withChoice(command: Command): Command {
  return withAccess(
    withFilter(command.argument('[id...]', 'numbers of deliveries', idsOf))
      .option('--all', 'all dead letters')
      .option('--json', 'print the answer as JSON'),
  );
}

function retryCommand(): Command {
  return withChoice(new Command('retry').description('send dead letters again, the oldest first'))
    .addHelpText(
      'after',
      '\nExample:\n  pbx-webhooks dead-letters retry --subscription https://crm.example.com/hook',
    )
    .action(retry);
}

async function retry(ids: readonly string[], flags: BulkFlags): Promise<void> {
  const { type, ...filter } = chosen(ids, flags);
  const client = await clientOf(flags);
  const dead = await deadAmong(ids, client);
  if (dead.length < ids.length && dead.length === 0) return;
  const body = {
    ...filter,
    ...(type !== undefined && { types: [type] }),
    ...(dead.length > 0 && { ids: dead.map(Number) }),
  };
  const answer = await runBulk(client, 'POST /dead-letters/retry', { body }, 'sent again');
  printDone(answer, flags.json);
  if (answer.count < dead.length) {
    notThere(`${dead.length - answer.count} of them stay dead letters: their subscription has been deleted`);
  }
}

function deleteCommand(): Command {
  return withChoice(new Command('delete').description('delete dead letters for good; their events stay'))
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  pbx-webhooks dead-letters delete --until 30d --yes')
    .action(deleteThem);
}

async function deleteThem(ids: readonly string[], flags: BulkFlags & { readonly yes?: true }): Promise<void> {
  const filter = chosen(ids, flags);
  const client = await clientOf(flags);
  const dead = await deadAmong(ids, client);
  if (dead.length < ids.length && dead.length === 0) return;
  if (ids.length === 0) {
    const count = flags.yes ? '' : await countOf(client, filter);
    await confirm(`Delete ${count} dead letters for good?`, flags.yes);
  }
  const query = { ...filter, ...(dead.length > 0 && { ids: dead }) };
  printDone(await runBulk(client, 'DELETE /dead-letters', { query }, 'deleted'), flags.json);
}

/** Those of these deliveries that are dead letters; of each other one it is told what it is instead. */
async function deadAmong(ids: readonly string[], client: ApiClient): Promise<readonly string[]> {
  const dead: string[] = [];
  for (const id of ids) {
    const problem = await problemWith(id, client);
    if (problem === undefined) dead.push(id);
    else notThere(problem);
  }
  return dead;
}

async function problemWith(id: string, client: ApiClient): Promise<string | undefined> {
  try {
    const { status } = await client.call('GET /deliveries/{id}', { path: { id } });
    if (status === 'dead') return undefined;
    const hint = status === 'pending' ? `; pbx-webhooks deliveries retry ${id} sends it at once` : '';
    return `delivery ${id} is ${status}, and no dead letter${hint}`;
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'delivery_unknown') return error.message;
    throw error;
  }
}

function notThere(problem: string): void {
  console.error(`pbx-webhooks: ${problem}`);
  process.exitCode = EXIT.unknown;
}

/** Without ids, a filter or `--all`, nobody knows which are meant. */
function chosen(ids: readonly string[], { all, subscription, type, since, until }: BulkFlags) {
  const filter = {
    ...(subscription !== undefined && { subscription }),
    ...(type !== undefined && { type }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
  const isFiltered = Object.keys(filter).length > 0;
  if (ids.length === 0 && !isFiltered && !all) {
    throw new UsageError(
      'usage',
      'which dead letters? Name their ids, a filter such as --subscription, or --all',
    );
  }
  if (ids.length > 0 && (isFiltered || all)) {
    throw new UsageError('usage', 'give either ids, or a filter');
  }
  return filter;
}

const MANY = 200;

async function countOf(client: ApiClient, filter: DeadFilter): Promise<string> {
  const { items, next_cursor: next } = await client.call('GET /dead-letters', {
    query: { ...filter, limit: MANY },
  });
  return next === null ? String(items.length) : `${items.length} or more`;
}
