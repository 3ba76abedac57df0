import { spawnSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { whyNotIsolated } from './namespace.ts';
import { type AsteriskVersion, install, isInstalled } from './tree.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** For each version of Asterisk: why it does not run on this machine, and how to get it; undefined when it does. */
    whyNoAsterisk: Readonly<Record<AsteriskVersion, string | undefined>>;
  }
}

/** Installs each Asterisk before the tests start: they run where there is no network. */
export default async function setup(project: TestProject): Promise<void> {
  const { logger } = project.vitest;
  const ready = async (version: AsteriskVersion): Promise<string | undefined> => {
    const why = await prepare(version, (line) => logger.log(`[asterisk] ${line}`));
    if (why !== undefined) {
      logger.log(`[asterisk] tests with a real Asterisk ${version} are left out: ${why}`);
    }
    return why;
  };
  const [on22, on16] = await Promise.all([ready(22), ready(16)]);
  project.provide('whyNoAsterisk', { 22: on22, 16: on16 });
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
