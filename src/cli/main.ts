#!/usr/bin/env node
import { oldNodeProblem } from './node-version.ts';

// Nothing else is imported before this: on an older Node the import alone would fail, with a stack.
const problem = oldNodeProblem(process.versions.node);
if (problem !== undefined) {
  console.error(`pbx-webhooks: ${problem}`);
  process.exit(1);
}

const { run } = await import('./run.ts');
await run();
