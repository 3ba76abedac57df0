import { describe, expect, test } from 'vitest';
import { type Column, Table } from '../../../src/cli/table.ts';
import { wrapped } from '../../../src/cli/terminal.ts';
import { widthOf } from '../../../src/cli/width.ts';

interface Row {
  readonly name: string;
  readonly count: number;
  readonly note: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', cell: ({ name }) => name, isFlexible: true },
  { title: 'COUNT', cell: ({ count }) => count, isNumber: true },
  { title: 'NOTE', cell: ({ note }) => note, isOptional: true },
];

const rows: readonly Row[] = [
  { name: 'a', count: 1, note: 'short' },
  { name: 'a name of many words', count: 1234, note: 'a longer note' },
];

describe('a table', () => {
  test('is as wide as what is in it where nothing limits it', () => {
    expect(new Table(COLUMNS, undefined).lines(rows)).toEqual([
      'NAME                  COUNT  NOTE',
      'a                         1  short',
      'a name of many words   1234  a longer note',
    ]);
  });

  test.each([42, 30, 20, 12, 5])('fits %i characters', (width) => {
    for (const line of new Table(COLUMNS, width).lines(rows))
      expect(widthOf(line)).toBeLessThanOrEqual(width);
  });

  test('cuts what is flexible, then leaves out what is optional', () => {
    expect(new Table(COLUMNS, 36).lines(rows).at(-1)).toMatch(/^a name of \S+ +1234 {2}a longer note$/);
    expect(new Table(COLUMNS, 20).lines(rows)[0]).toMatch(/^NAME +COUNT$/);
  });

  test('goes on below with the same widths and no second head', () => {
    const table = new Table(COLUMNS, undefined);
    table.lines(rows);
    expect(table.lines([{ name: 'b', count: 2, note: 'x' }])).toEqual(['b                         2  x']);
  });

  test('shows nothing that steers a terminal, and counts wide and joining signs as it does', () => {
    const [, line] = new Table(COLUMNS, undefined).lines([{ name: 'x\u001b[2Jy\n', count: 0, note: '' }]);
    expect(line).toContain('x\\x1b[2Jy\\x0a');
    expect(['漢字', 'e\u0301', '📞', 'abc', '\u{20bb7}'].map(widthOf)).toEqual([4, 1, 2, 3, 2]);
  });

  test('text beside a name breaks where the terminal ends, also where its signs are wide', () => {
    const lines = wrapped(Array(12).fill('漢字漢字').join(' '), 4, 40).split('\n');
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(40);
    expect(lines.length).toBeGreaterThan(2);
  });
});
