import { defineConfig } from 'vitest/config';
import { namespacePool } from './test/support/namespace-pool.ts';

/** Folders of one kind of test each; `npm test -- --project scenario` runs one of them. */
const projects = [
  'unit',
  'contract',
  'scenario',
  'peer',
  'docs',
  'crash',
  'soak',
  'package',
  'asterisk',
  'browser',
  'machine',
] as const;

/** Real processes and real PBXs need longer than pure code. */
const timeouts: Record<(typeof projects)[number], number> = {
  unit: 10_000,
  contract: 30_000,
  scenario: 60_000,
  peer: 30_000,
  docs: 120_000,
  crash: 600_000,
  soak: 600_000,
  package: 120_000,
  asterisk: 120_000,
  browser: 120_000,
  machine: 600_000,
};

/** Phones mostly wait for each other, so these files run side by side, when the others are through. */
const asterisk = {
  pool: namespacePool,
  globalSetup: 'test/asterisk/rig/setup.ts',
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
};

/** Minutes of one core each, and none that looks at the clock (soak, crash): side by side, by themselves. */
const long = { maxWorkers: 2, sequence: { groupOrder: 2 } };

/** A browser keeps both cores busy. */
const browser = { globalSetup: 'test/browser/rig/setup.ts', maxWorkers: 2, sequence: { groupOrder: 3 } };

/** A machine with systemd and one with Docker; what listens is within a namespace. */
const machine = {
  pool: namespacePool,
  globalSetup: 'test/machine/rig/setup.ts',
  maxWorkers: 2,
  sequence: { groupOrder: 4 },
};

/** Two at a time, also on two cores, of which Vitest would leave one free. */
const others = { maxWorkers: 2 };

/** Says which tools of the documentation's commands are missing. */
const documentation = { globalSetup: 'test/docs/setup.ts' };

/** What is tested is the tarball, installed where nothing else is. */
const tarball = { globalSetup: 'test/package/setup.ts' };

/**
 * Threads that strip types at the same moment (WebAssembly, in each of them) end the process now and then: V8 replaces
 * code that several share, `Check failed: jit_page.has_value()` (https://github.com/nodejs/node/issues/64500).
 */
const execArgv = ['--wasm-wrapper-tiering-budget=1000000000'];

export default defineConfig({
  test: {
    projects: projects.map((name) => ({
      test: {
        name,
        execArgv,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: timeouts[name],
        hookTimeout: timeouts[name],
        ...others,
        ...(name === 'docs' && documentation),
        ...(name === 'package' && tarball),
        ...(name === 'asterisk' && asterisk),
        ...((name === 'soak' || name === 'crash') && long),
        ...(name === 'browser' && browser),
        ...(name === 'machine' && machine),
      },
    })),
  },
});
