import { spawnSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { whyNotIsolated } from './namespace.ts';
import { type AsteriskVersion, install, isInstalled } from './tree.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no Asterisk runs on this machine and how to get one; undefined when one does. */
    whyNoAsterisk: string | undefined;
  }
}

/** Installs Asterisk before the tests start: they run where there is no network. */
export default async function setup(project: TestProject): Promise<void> {
  const { logger } = project.vitest;
  const why = await prepare(22, (line) => logger.log(`[asterisk] ${line}`));
  if (why !== undefined) {
    logger.log(`[asterisk] tests with a real Asterisk are left out: ${why}`);
  }
  project.provide('whyNoAsterisk', why);
}

async function prepare(
  version: AsteriskVersion,
  report: (line: string) => void,
): Promise<string | undefined> {
  const why = whyNotIsolated();
  if (why !== undefined || isInstalled(version)) {
    return why;
  }
  if (spawnSync('debootstrap', ['--version']).error !== undefined) {
    return 'debootstrap is missing: apt-get install debootstrap';
  }
  try {
    await install(version, report);
    return undefined;
  } catch (error) {
    return String(error);
  }
}
