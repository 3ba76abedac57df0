import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { findChromium, NO_CHROMIUM } from './chromium.ts';

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
  project.vitest.logger.log(`[browser] tests in a real browser are left out: ${NO_CHROMIUM}`);
}
