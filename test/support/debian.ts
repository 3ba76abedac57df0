import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isolated } from './namespace.ts';

/** A small Debian in a folder. */
export interface Debian {
  /** Of its folder, and of the machine. */
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
}

/** Installing takes a minute or two; a mirror that hangs must not hold up the tests for ever. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/** Outside the repository and kept between runs: `PBX_WEBHOOKS_CACHE`, or pbx-webhooks in the user's cache. */
export function cachedFolder(name: string): string {
  const userCache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(process.env['PBX_WEBHOOKS_CACHE'] || join(userCache, 'pbx-webhooks'), name);
}

/** Fills a folder of the cache, unless it is there; its name is for a finished one alone. */
export async function fillOnce(name: string, fill: (unfinished: string) => Promise<void>): Promise<void> {
  if (existsSync(cachedFolder(name))) return;
  await mkdir(cachedFolder('.'), { recursive: true });
  await removeLeftovers();
  // Two runs at once fill one each, and the first one stays.
  const unfinished = `${cachedFolder(name)}.${process.pid}`;
  try {
    await fill(unfinished);
    if (!existsSync(cachedFolder(name))) await rename(unfinished, cachedFolder(name));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** What a run that was killed has left behind: its name ends in the id of a dead process. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cachedFolder('.'))) {
    const owner = /\.(\d+)$/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) {
      await rm(cachedFolder(name), { recursive: true, force: true });
    }
  }
}

/**
 * Installs a Debian into its folder of the cache, unless it is there. Needs root and debootstrap.
 *
 * @param report gets a line now and then
 * @param settle makes the last changes to it
 */
export async function install(
  debian: Debian,
  report: (line: string) => void,
  settle: (folder: string) => Promise<void> = async () => {},
): Promise<void> {
  await fillOnce(debian.name, async (unfinished) => {
    await bootstrap(debian, unfinished, report);
    // Without a name server, and with its own name in `hosts`, nothing waits for DNS.
    await writeFile(join(unfinished, 'etc/resolv.conf'), '');
    await writeFile(join(unfinished, 'etc/hosts'), '127.0.0.1 localhost asterisk\n');
    await rm(join(unfinished, 'var/cache/apt'), { recursive: true, force: true });
    await settle(unfinished);
    report(`${debian.name} is installed in ${cachedFolder(debian.name)}`);
  });
}

/** Why a Debian is not in its folder and can't be installed, and how to get what is missing. */
export function whyNotInstalled(folder: string): string | undefined {
  if (existsSync(folder) || spawnSync('debootstrap', ['--version']).error === undefined) return undefined;
  return 'debootstrap is missing: apt-get install debootstrap';
}

async function bootstrap(
  { name, suite, packages }: Debian,
  folder: string,
  report: (line: string) => void,
): Promise<void> {
  report(`installing ${name} (Debian ${suite}) into ${folder}: a minute or two, once`);
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
      report(`${name}: ${stage.toLowerCase()} packages`);
    }
  }
  const code = await exited;
  if (code !== 0) {
    throw new Error(`debootstrap could not install ${name} (exit code ${code}): ${last}`);
  }
}
