import { describe, expect, test } from 'vitest';
import { configDocs } from '../../../scripts/config-docs.ts';

const rows = configDocs()
  .split('\n')
  .filter((line) => /^\| (\[?`)/.test(line))
  .map((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const [, key = '', type = '', fallback = '', meaning = '', example = ''] = cells;
    return { key, type, fallback, meaning, example };
  });

describe('docs/configuration.md', () => {
  test('tells of every key its type, its meaning and, where it has no keys of its own, an example', () => {
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter(({ type, meaning }) => type === '' || meaning === '')).toEqual([]);
    const leaves = rows.filter(({ key }) => !key.startsWith('['));
    expect(leaves.filter(({ example }) => example === '')).toEqual([]);
    expect(leaves.filter(({ fallback }) => fallback === '')).toEqual([]);
  });

  test('names the unit of every number', () => {
    const numbers = rows.filter(({ type }) => /\bnumbers?\b/.test(type));
    expect(numbers.length).toBeGreaterThan(15);
    expect(numbers.filter(({ type }) => !/\bnumbers? \([a-zA-Z0-9, ]+\)/.test(type))).toEqual([]);
  });
});
