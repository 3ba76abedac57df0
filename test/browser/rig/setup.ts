import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { findChromium } from './chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether there is a browser to test in. */
    hasBrowser: boolean;
  }
}

/** Builds the dashboard once, where it is older than its source; tests are of what would be shipped. */
export default function setup(project: TestProject): void {
  const hasBrowser = findChromium() !== undefined;
  project.provide('hasBrowser', hasBrowser);
  if (hasBrowser) {
    execFileSync(process.execPath, ['scripts/build-dashboard.ts'], { stdio: 'inherit' });
    return;
  }
  const how = 'no Chromium on PATH: apt-get install chromium fonts-dejavu-core';
  if (process.env['CI'] === 'true') throw new Error(`[browser] ${how}`);
  project.vitest.logger.log(`[browser] tests in a real browser are left out: ${how}`);
}
