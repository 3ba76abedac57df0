import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OLDEST_NODE, oldNodeProblem } from '../../../src/cli/node-version.ts';

test.each(['18.20.4', '20.20.2', '22.18.9', '9.99.0'])('refuses Node %s in one line', (version) => {
  expect(oldNodeProblem(version)).toBe(`Node ${version} is too old: run it with Node 22.19 or newer`);
});

test.each(['22.19.0', '22.20.1', '24.0.0', '25.1.0-nightly'])('runs on Node %s', (version) => {
  expect(oldNodeProblem(version)).toBeUndefined();
});

test('the oldest Node is the one that package.json names', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(engines.node).toBe(`>=${OLDEST_NODE.major}.${OLDEST_NODE.minor}`);
});
