import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isolated } from './namespace.ts';

/** Where each Asterisk comes from: the suite of Debian that carries it, what to take, and where its modules are. */
const ORIGINS = {
  22: {
    suite: 'sid',
    modules: '/usr/lib/x86_64-linux-gnu/asterisk/modules',
    packages: ['asterisk', 'asterisk-modules', 'asterisk-config', 'asterisk-core-sounds-en-gsm'],
  },
  16: {
    suite: 'bullseye',
    modules: '/usr/lib/asterisk/modules',
    packages: [
      'asterisk',
      'asterisk-modules',
      'asterisk-config',
      'asterisk-voicemail',
      'asterisk-core-sounds-en-gsm',
    ],
  },
} as const;

export type AsteriskVersion = keyof typeof ORIGINS;

/** Every version that the tests run with: the newest, and the oldest that is supported. */
export const ASTERISK_VERSIONS: readonly AsteriskVersion[] = [22, 16];

/** Installing takes a minute; a mirror that hangs must not hold up the tests for ever. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/** Outside the repository and kept between runs: `PBX_WEBHOOKS_CACHE`, or pbx-webhooks in the user's cache. */
function cacheFolder(): string {
  const userCache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return process.env['PBX_WEBHOOKS_CACHE'] || join(userCache, 'pbx-webhooks');
}

/** The folder that holds (or will hold) a small Debian with this Asterisk in it; about 500 MB. */
export function treeFolder(version: AsteriskVersion): string {
  return join(cacheFolder(), `asterisk-${version}`);
}

/** Where the modules are, as a path of the tree. */
export function modulesFolder(version: AsteriskVersion): string {
  return ORIGINS[version].modules;
}

export function isInstalled(version: AsteriskVersion): boolean {
  return existsSync(join(treeFolder(version), 'usr/sbin/asterisk'));
}

/** Installs an Asterisk unless it is there; `report` gets a line now and then. Needs root and debootstrap. */
export async function install(version: AsteriskVersion, report: (line: string) => void): Promise<void> {
  if (isInstalled(version)) {
    return;
  }
  await mkdir(cacheFolder(), { recursive: true });
  await removeLeftovers();
  // Only a finished tree bears the final name; two runs at once build one each, and the first one stays.
  const unfinished = `${treeFolder(version)}.${process.pid}`;
  try {
    await bootstrap(version, unfinished, report);
    await settle(unfinished);
    if (!isInstalled(version)) {
      await rename(unfinished, treeFolder(version));
    }
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  report(`Asterisk ${version} is installed in ${treeFolder(version)}`);
}

/** Trees that a run which was killed has left behind: their name ends in the id of a dead process. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const owner = /^asterisk-\d+\.(\d+)$/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) {
      await rm(join(cacheFolder(), name), { recursive: true, force: true });
    }
  }
}

async function bootstrap(
  version: AsteriskVersion,
  folder: string,
  report: (line: string) => void,
): Promise<void> {
  const { suite, packages } = ORIGINS[version];
  report(`installing Asterisk ${version} (Debian ${suite}) into ${folder}: about a minute, once`);
  const [command, ...args] = isolated(
    ['--mount'],
    ['debootstrap', '--variant=minbase', `--include=${packages.join(',')}`, suite, folder],
  );
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: INSTALL_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  let stage = '';
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    const now = /^I: (Retrieving|Extracting|Unpacking|Configuring) /.exec(line)?.[1];
    if (now !== undefined && now !== stage) {
      stage = now;
      report(`Asterisk ${version}: ${stage.toLowerCase()} packages`);
    }
  }
  const code = await exited;
  if (code !== 0) {
    throw new Error(`debootstrap could not install Asterisk ${version} (exit code ${code}): ${last}`);
  }
}

/** Without a name server, and with its own name in `hosts`, Asterisk does not wait for DNS at each boot. */
async function settle(folder: string): Promise<void> {
  await writeFile(join(folder, 'etc/resolv.conf'), '');
  await writeFile(join(folder, 'etc/hosts'), '127.0.0.1 localhost asterisk\n');
  await rm(join(folder, 'var/cache/apt'), { recursive: true, force: true });
}
