import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../exit.ts';
import { print } from '../output.ts';
import { Progress } from '../progress.ts';
import { type Column, Table } from '../table.ts';
import { lineWidth } from '../terminal.ts';
import { momentOf, TIME_FORMS } from '../times.ts';

/** How much of a list, and for whom. */
export interface ListFlags {
  readonly limit: number;
  readonly cursor?: string;
  readonly all?: true;
  readonly json?: true;
}

export interface RangeFlags {
  readonly since?: string;
  readonly until?: string;
}

/** Which part of a list is asked for. */
export interface PageRequest {
  readonly cursor: string | undefined;
  readonly limit: number;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

const MAX_PAGE = 200;
const DEFAULT_LIMIT = 50;

export function withListing(command: Command): Command {
  return command
    .addOption(new Option('-n, --limit <count>', 'so many at most').argParser(limitOf).default(DEFAULT_LIMIT))
    .option('--cursor <cursor>', 'go on where a list ended')
    .option('--all', 'all of them; with --json one object a line')
    .option('--json', 'print { items, next_cursor } as JSON');
}

export function withRange(command: Command, what: string): Command {
  return command
    .addOption(
      new Option('--since <time>', `${what} from then on: ${TIME_FORMS}`).argParser((text) => momentOf(text)),
    )
    .addOption(new Option('--until <time>', `${what} before then`).argParser((text) => momentOf(text)))
    .hook('preAction', (_, asked) => mustBeInOrder(asked.opts<RangeFlags>()));
}

/** Between a time and one before it lies nothing: `--since 1h --until 2h` was meant the other way round. */
export function mustBeInOrder({ since, until }: RangeFlags): void {
  if (since === undefined || until === undefined || Date.parse(since) < Date.parse(until)) return;
  throw new UsageError('usage', '--until has to be later than --since, such as --since 2h --until 1h');
}

/** Prints a list of the API: a table for people, JSON for machines. */
export async function printList<Item>(
  read: (page: PageRequest) => Promise<Page<Item>>,
  columns: readonly Column<Item>[],
  { limit, cursor, all, json }: ListFlags,
): Promise<void> {
  const pages = pagesOf(read, cursor, all ? Number.POSITIVE_INFINITY : limit);
  if (json) return all ? printLines(pages) : printDocument(pages);
  const table = new Table(columns, lineWidth());
  let next: string | null = null;
  let count = 0;
  for await (const page of pages) {
    count += page.items.length;
    next = page.next_cursor;
    if (page.items.length > 0) await print(linesOf(table.lines(page.items)));
  }
  if (count === 0) console.error('nothing');
  if (next !== null) console.error(`there is more: --all, or go on with --cursor ${next}`);
}

async function printLines<Item>(pages: AsyncIterable<Page<Item>>): Promise<void> {
  const progress = new Progress('printed');
  for await (const { items } of pages) {
    await print(linesOf(items.map((item) => JSON.stringify(item))));
    progress.add(items.length);
  }
  progress.end();
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

async function printDocument<Item>(pages: AsyncIterable<Page<Item>>): Promise<void> {
  const items: Item[] = [];
  let next: string | null = null;
  for await (const page of pages) {
    items.push(...page.items);
    next = page.next_cursor;
  }
  console.log(JSON.stringify({ items, next_cursor: next }, undefined, 2));
}

/** Until there are `limit` items, or no more; a page may be short although more follow. */
async function* pagesOf<Item>(
  read: (page: PageRequest) => Promise<Page<Item>>,
  start: string | undefined,
  limit: number,
): AsyncGenerator<Page<Item>> {
  let cursor: string | null | undefined = start;
  for (let left = limit; left > 0 && cursor !== null; ) {
    const page: Page<Item> = await read({ cursor, limit: Math.min(left, MAX_PAGE) });
    yield page;
    left -= page.items.length;
    cursor = page.next_cursor;
  }
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000_000) return limit;
  throw new InvalidArgumentError('It has to be a number from 1 to 1000000.');
}
