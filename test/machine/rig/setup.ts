import type { TestProject } from 'vitest/node';
import { install as installAsterisk } from '../../asterisk/rig/tree.ts';
import { whyNotInstalled } from '../../support/debian.ts';
import { whyNotIsolated } from '../../support/namespace.ts';
import { GROUP_PREFIX, removeGroups } from './control-groups.ts';
import { installMachine, installNode, machineFolder } from './trees.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no machine boots here, and how to get what it needs; undefined when it does. */
    whyNoMachine: string | undefined;
    /** The folder with Node, npm and its packages. */
    nodeFolder: string;
  }
}

/** Installs what the machines consist of: they have no network. */
export default async function setup(project: TestProject): Promise<void> {
  const report = (line: string): void => project.vitest.logger.log(`[machine] ${line}`);
  const { why, nodeFolder } = await prepare(report);
  if (why !== undefined) report(`tests on a machine with systemd and Docker are left out: ${why}`);
  project.provide('whyNoMachine', why);
  project.provide('nodeFolder', nodeFolder);
}

async function prepare(
  report: (line: string) => void,
): Promise<{ readonly why: string | undefined; readonly nodeFolder: string }> {
  const why = whyNotIsolated() ?? whyNotInstalled(machineFolder());
  if (why !== undefined) return { why, nodeFolder: '' };
  try {
    removeGroups(`${GROUP_PREFIX}*`);
    await installMachine(report);
    await installAsterisk(22, report);
    return { why: undefined, nodeFolder: await installNode(report) };
  } catch (error) {
    return { why: String(error), nodeFolder: '' };
  }
}
