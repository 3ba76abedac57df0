import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OLDEST_NODES, oldNodeProblem } from '../../../src/util/node-version.ts';

test.each(['18.20.4', '20.20.2', '22.19.0', '23.11.1', '24.6.0', '9.99.0'])(
  'refuses Node %s in one line',
  (version) => {
    expect(oldNodeProblem(version)).toBe(`Node ${version} is too old: run it with Node 22.20, 24.7 or newer`);
  },
);

test.each(['22.20.0', '22.21.1', '24.7.0', '24.13.0', '25.1.0-nightly'])('runs on Node %s', (version) => {
  expect(oldNodeProblem(version)).toBeUndefined();
});

test('the oldest Nodes are those that package.json names', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const ranges = [...OLDEST_NODES].map(([major, minor], n) =>
    n === OLDEST_NODES.size - 1 ? `>=${major}.${minor}` : `^${major}.${minor}`,
  );
  expect(engines.node).toBe(ranges.join(' || '));
});
