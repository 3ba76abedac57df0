#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { oldNodeProblem } from '../util/node-version.ts';

// Nothing else is imported before this: on an older Node the import alone would fail, with a stack.
const problem = oldNodeProblem(process.versions.node);
if (problem !== undefined) {
  console.error(`pbx-webhooks: ${problem}`);
  process.exit(1);
}

// Threads that use the same WebAssembly at once (what Node's loader and fetch are made of; sending uses none) end the process
// now and then, when V8 replaces code that they share: https://github.com/nodejs/node/issues/64500. This keeps what there is.
// Within a host its flags are its own.
setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000');

const { run } = await import('./run.ts');
await run();
