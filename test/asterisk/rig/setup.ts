import type { TestProject } from 'vitest/node';
import { whyNotInstalled } from '../../support/debian.ts';
import { whyNotIsolated } from '../../support/namespace.ts';
import { type AsteriskVersion, install, treeFolder } from './tree.ts';

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
  const why = whyNotIsolated() ?? whyNotInstalled(treeFolder(version));
  if (why !== undefined) return why;
  try {
    await install(version, report);
    return undefined;
  } catch (error) {
    return String(error);
  }
}
