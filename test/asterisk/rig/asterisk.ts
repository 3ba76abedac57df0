import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Manager, type Packet } from './manager.ts';
import { type AsteriskVersion, treeFolder } from './tree.ts';

/** A boot takes under a second on an idle machine. */
const BOOT_LIMIT_MS = 60_000;

/** A running Asterisk on 127.0.0.1 (SIP 5060, manager 5038) of this namespace. */
export class Asterisk {
  /** A manager connection that may see and do everything. */
  readonly manager: Manager;
  /** Its voicemail and recordings, as a path of the test. */
  readonly spool: string;
  readonly #process: ChildProcess;

  private constructor(manager: Manager, spool: string, child: ChildProcess) {
    this.manager = manager;
    this.spool = spool;
    this.#process = child;
  }

  /** Boots with the configuration of `configFolder`, and without any state of an earlier run. */
  static async start(version: AsteriskVersion, configFolder: string): Promise<Asterisk> {
    const tree = treeFolder(version);
    const state = mountState(tree);
    cpSync(configFolder, join(state, 'etc'), { recursive: true });
    const child = spawn('chroot', [tree, 'asterisk', '-f', '-n', '-C', '/srv/asterisk/etc/asterisk.conf'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = keepLines(child, 30);
    const manager = await untilBooted(child, output);
    return new Asterisk(manager, join(state, 'spool'), child);
  }

  async stop(): Promise<void> {
    this.manager.close();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exited;
    }
  }
}

/** Mounts a tmpfs for all that Asterisk writes. The namespace ends with the test, and the mounts with it. */
function mountState(tree: string): string {
  execFileSync('mount', ['-t', 'proc', 'proc', join(tree, 'proc')]);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(tree, 'srv')]);
  const state = join(tree, 'srv/asterisk');
  for (const folder of ['lib', 'cache', 'spool', 'run', 'log']) {
    mkdirSync(join(state, folder), { recursive: true });
  }
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
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`Asterisk did not boot:\n${output.join('\n')}`, { cause: error });
      }
      await pause(50);
    }
  }
}
