import { Problem } from './problem.ts';

/** What a list shows at once where nothing else is asked. */
export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 200;

/**
 * How long a page is looked for, in milliseconds. Where little fits the filter it may be short, even empty, while
 * there is more: `next_cursor` tells.
 */
const PATIENCE_MS = 60;

export interface Page<Item, Position extends number> {
  readonly items: Item[];
  readonly next?: Position | undefined;
}

/** Goes on reading until the page is full, all has been read, or it took too long. */
export async function fillPage<Item, Position extends number>(
  limit: number,
  start: Position | undefined,
  read: (before: Position | undefined, limit: number) => Promise<Page<Item, Position>>,
): Promise<Page<Item, Position>> {
  const end = performance.now() + PATIENCE_MS;
  const items: Item[] = [];
  let before = start;
  do {
    const page = await read(before, limit - items.length);
    items.push(...page.items);
    before = page.next;
  } while (before !== undefined && items.length < limit && performance.now() < end);
  return { items, next: before };
}

/** The kind of list is part of a cursor, so that one is not taken for another's. */
export type CursorKind = 'd' | 'e';

export function cursorOf(kind: CursorKind, position: number): string {
  return Buffer.from(`${kind}${position}`).toString('base64url');
}

export function positionOf(kind: CursorKind, cursor: string): number {
  const position = positionIn(kind, cursor);
  if (position === undefined) {
    const message = 'is not the next_cursor of a page of this list';
    throw new Problem('invalid_request', `cursor ${message}`, [{ path: 'cursor', message }]);
  }
  return position;
}

/** Undefined of what is no cursor of this kind. */
export function positionIn(kind: CursorKind, cursor: string): number | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const position = Number(/^[de](\d{1,16})$/.exec(text)?.[1]);
  return Number.isSafeInteger(position) && cursorOf(kind, position) === cursor ? position : undefined;
}
