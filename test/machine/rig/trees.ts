import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cloneInto, shellEnvironment } from '../../support/clone.ts';
import { cachedFolder, type Debian, fillOnce, install } from '../../support/debian.ts';

type Report = (line: string) => void;

const MACHINE: Debian = {
  name: 'machine',
  suite: 'trixie',
  packages: [
    'systemd-sysv',
    'dbus',
    'procps',
    'openssl',
    'docker.io',
    'docker-cli',
    'docker-buildx',
    'docker-compose',
    'ca-certificates',
  ],
};

/** Belongs to a kernel or a screen of one's own, or is started by the test that needs it. */
const NOT_AT_BOOT = ['console-getty.service', 'systemd-modules-load.service', 'sys-kernel-debug.mount'];
const ON_DEMAND = ['docker.service', 'docker.socket', 'containerd.service'];

/** A Debian with systemd and Docker; about 750 MB. */
export function machineFolder(): string {
  return cachedFolder(MACHINE.name);
}

export function installMachine(report: Report): Promise<void> {
  return install(MACHINE, report, async (folder) => {
    execFileSync('chroot', [folder, 'systemctl', 'mask', ...NOT_AT_BOOT], { stdio: 'ignore' });
    execFileSync('chroot', [folder, 'systemctl', 'disable', ...ON_DEMAND], { stdio: 'ignore' });
  });
}

/** As npm knows its settings outside of a project. */
async function npm(args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, ...shellEnvironment() };
  return (await promisify(execFile)('npm', args, { cwd, env, maxBuffer: 64 * 1024 ** 2 })).stdout.trim();
}

/**
 * The folder of `/usr/local` files that give a machine this Node, npm, and all that npm downloads for the project:
 * it needs no network. About 300 MB.
 */
export async function installNode(report: Report): Promise<string> {
  const registry = await npm(['config', 'get', 'registry'], tmpdir());
  const made = [readFileSync('package-lock.json', 'utf8'), process.version, registry];
  const name = `node-${createHash('sha256').update(made.join()).digest('hex').slice(0, 12)}`;
  await fillOnce(name, async (unfinished) => {
    report(`downloading the packages of the project for ${name}: half a minute, once`);
    const local = join(unfinished, 'usr/local');
    for (const folder of ['bin', 'etc', 'lib/node_modules'])
      mkdirSync(join(local, folder), { recursive: true });
    cpSync(process.execPath, join(local, 'bin/node'));
    const program = await npm(['exec', '-c', 'printenv npm_execpath'], tmpdir());
    cpSync(dirname(dirname(program)), join(local, 'lib/node_modules/npm'), { recursive: true });
    for (const command of ['npm', 'npx']) {
      writeFileSync(join(local, 'bin', command), launcherOf(command), { mode: 0o755 });
    }
    const settings = { registry, cache: '/usr/local/share/npm', offline: true, audit: false, fund: false };
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(local, 'etc/npmrc'), lines.join(''));
    await download(join(local, 'share/npm'));
  });
  return cachedFolder(name);
}

function launcherOf(command: string): string {
  return `#!/bin/sh\nexec /usr/local/bin/node /usr/local/lib/node_modules/npm/bin/${command}-cli.js "$@"\n`;
}

/** All that installing and building the project, and installing what was packed, ask the registry for. */
async function download(cache: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-packages-'));
  try {
    const clone = join(folder, 'clone');
    cloneInto(clone);
    const options = ['--cache', cache, '--no-audit', '--no-fund'];
    await npm(['ci', ...options], clone);
    await npm(['pack', '--ignore-scripts', '--pack-destination', folder], clone);
    const tarball = join(folder, globSync('*.tgz', { cwd: folder })[0] ?? '');
    await npm(['install', '--global', '--prefix', join(folder, 'prefix'), ...options, tarball], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
