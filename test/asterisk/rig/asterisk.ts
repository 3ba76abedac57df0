import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Manager, type Packet } from './manager.ts';
import { type AsteriskVersion, modulesFolder, treeFolder } from './tree.ts';

/** A boot takes under a second on an idle machine. */
const BOOT_LIMIT_MS = 60_000;

/** An Asterisk on 127.0.0.1 (SIP 5060, manager 5038) of this namespace. */
export class Asterisk {
  readonly version: AsteriskVersion;
  /** Its voicemail and recordings, as a path of the test. */
  readonly spool: string;
  #process: ChildProcess;
  #manager: Manager;

  private constructor(version: AsteriskVersion, spool: string, { process, manager }: Booted) {
    this.version = version;
    this.spool = spool;
    this.#process = process;
    this.#manager = manager;
  }

  /** Boots with the configuration of `configFolder`, and without any state of an earlier run. */
  static async start(version: AsteriskVersion, configFolder: string): Promise<Asterisk> {
    const state = mountState(version);
    cpSync(configFolder, join(state, 'etc'), { recursive: true });
    return new Asterisk(version, join(state, 'spool'), await boot(version));
  }

  /** A manager connection that may see and do everything; a new one after each boot. */
  get manager(): Manager {
    return this.#manager;
  }

  /** `core restart now`: Asterisk hangs up all calls, says goodbye, and boots with the state that it keeps. */
  async restart(): Promise<void> {
    const { closed } = this.#manager;
    // It may be gone before it has answered.
    this.#manager.action('Command', { Command: 'core restart now' }).catch(() => undefined);
    await closed;
    this.#manager = await untilBooted(this.#process, keepLines(this.#process, 30));
  }

  /** SIGKILL: no word to anybody. */
  async kill(): Promise<void> {
    await end(this.#process, 'SIGKILL');
  }

  /** Boots after `kill`, with the state that was kept. */
  async bootAgain(): Promise<void> {
    ({ process: this.#process, manager: this.#manager } = await boot(this.version));
  }

  async stop(): Promise<void> {
    this.#manager.close();
    await end(this.#process, 'SIGTERM');
  }
}

interface Booted {
  readonly process: ChildProcess;
  readonly manager: Manager;
}

async function boot(version: AsteriskVersion): Promise<Booted> {
  const command = ['asterisk', '-f', '-n', '-C', '/srv/asterisk/etc/asterisk.conf'];
  const child = spawn('chroot', [treeFolder(version), ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  return { process: child, manager: await untilBooted(child, keepLines(child, 30)) };
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

/** Mounts a tmpfs for all that Asterisk writes. The namespace ends with the test, and the mounts with it. */
function mountState(version: AsteriskVersion): string {
  const tree = treeFolder(version);
  execFileSync('mount', ['-t', 'proc', 'proc', join(tree, 'proc')]);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(tree, 'srv')]);
  const state = join(tree, 'srv/asterisk');
  for (const folder of ['lib', 'cache', 'spool', 'run', 'log']) {
    mkdirSync(join(state, folder), { recursive: true });
  }
  symlinkSync(modulesFolder(version), join(state, 'modules'));
  return state;
}

/** The last lines of a process, for the error message when it fails. */
function keepLines(child: ChildProcess, count: number): string[] {
  const lines: string[] = [];
  const keep = (chunk: Buffer): void => {
    lines.push(...chunk.toString().trimEnd().split('\n'));
    lines.splice(0, lines.length - count);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return lines;
}

async function untilBooted(child: ChildProcess, output: readonly string[]): Promise<Manager> {
  const deadline = Date.now() + BOOT_LIMIT_MS;
  for (;;) {
    try {
      const manager = await Manager.login('rig', 'rig-secret');
      const booted = (packet: Packet): boolean => packet.get('Event') === 'FullyBooted';
      if (!manager.packets.some(booted)) {
        await manager.next(booted);
      }
      return manager;
    } catch (error) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        throw new Error(`Asterisk did not boot:\n${output.join('\n')}`, { cause: error });
      }
      await pause(50);
    }
  }
}
