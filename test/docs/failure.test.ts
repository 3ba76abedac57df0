import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fencesOf, proseOf } from '../support/docs.ts';

const FILE = 'docs/failure.md';

/** All source, with texts that go over several lines put together. */
const source = globSync('src/**/*.{ts,tsx}')
  .map((file) => readFileSync(file, 'utf8').replaceAll(/['`"]\s*\+\s*['`"]/g, ''))
  .join('\n');

/** What of a line is no name, number or address, in pieces that are long enough to mean it. */
function piecesOf(line: string): readonly string[] {
  return (
    line
      // What SQLite says is not ours.
      .replaceAll(/https?:\/\/[^\s;]+|\/var\/\S+|"[^"]*"|config\.yml|database or disk is full/g, '|')
      .split(/[^A-Za-z ;'’]+|\bwithin\b/)
      .map((piece) => piece.trim())
      .filter((piece) => piece.length >= 10)
  );
}

const shown = fencesOf(FILE).flatMap(({ text }) => text.split('\n'));
const quoted = [...proseOf(FILE).matchAll(/`((?!POST |X-)[A-Z][^`]{15,})`/g)].map(([, text = '']) =>
  text.replaceAll('\n', ' '),
);

test.each([...shown, ...quoted])('the line "%s" is one that is written', (line) => {
  const pieces = piecesOf(line);
  expect(pieces.length).toBeGreaterThan(0);
  expect(pieces.filter((piece) => !source.includes(piece))).toEqual([]);
});

test('there are such lines', () => {
  expect(shown.length + quoted.length).toBeGreaterThan(12);
});
