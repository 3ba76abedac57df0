import { spawnSync } from 'node:child_process';

/** What the commands of the documentation need beside this package; Debian's packages are called so too. */
const TOOLS: Readonly<Record<string, string>> = { curl: '--version', openssl: 'version' };

const missing = Object.entries(TOOLS)
  .filter(([tool, asked]) => spawnSync(tool, [asked], { stdio: 'ignore' }).status !== 0)
  .map(([tool]) => tool)
  .join(' ');

/** How to get what is missing; undefined where all is there. */
export const whyNoTools =
  missing === '' ? undefined : `commands of the documentation are left out: apt-get install ${missing}`;

/** Whether what needs them is to be skipped: not where somebody insists. */
export const isWithoutTools = whyNoTools !== undefined && process.env['CI'] !== 'true';
