import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { filledIn, MAX_PRINTED, type ShellOptions } from '../../support/doc-commands.ts';
import { isolated } from '../../support/namespace.ts';
import { createRecorder, type Recorder } from '../../support/recorder.ts';
import { GROUP_PREFIX, removeGroups } from './control-groups.ts';
import { machineFolder } from './trees.ts';

/** A boot takes two seconds on an idle machine. */
const BOOT_LIMIT_MS = 120_000;

const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url));

/** Of root's shell. */
const LOGIN = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };

export const isSkipped = inject('whyNoMachine') !== undefined && process.env['CI'] !== 'true';

/** A Debian with systemd as its init, Docker, Node and npm. It shares the network of the test, which is loopback alone. */
export class Machine {
  readonly #process: ChildProcess;
  /** The id of its first process. */
  readonly #init: number;
  readonly #state: string;

  private constructor(child: ChildProcess, init: number, state: string) {
    this.#process = child;
    this.#init = init;
    this.#state = state;
  }

  static async boot(): Promise<Machine> {
    const why = inject('whyNoMachine');
    if (why !== undefined) throw new Error(`no machine boots here: ${why}`);
    const state = mkdtempSync(join(tmpdir(), GROUP_PREFIX));
    for (const name of ['upper', 'work', 'docker', 'root']) mkdirSync(join(state, name));
    const layers = [inject('nodeFolder'), machineFolder()].join(':');
    const [command, ...args] = isolated(
      ['--mount', '--uts', '--ipc'],
      ['sh', BOOT, layers, state, basename(state)],
    );
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said: string[] = [];
    for (const output of [child.stdout, child.stderr]) output.on('data', (text) => said.push(String(text)));
    const machine = new Machine(child, await initOf(child), state);
    try {
      await machine.#untilBooted();
      return machine;
    } catch (error) {
      await machine.stop();
      throw new Error(`the machine did not boot: ${said.join('')}`, { cause: error });
    }
  }

  /** Where a file of the machine is found from outside. */
  path(file: string): string {
    return `/proc/${this.#init}/root${file}`;
  }

  /** Runs a command as root's shell would, in /root by default; rejects when it fails. Resolves with what it printed. */
  async run(command: string, options: Partial<ShellOptions> = {}): Promise<string> {
    const [file, ...args] = this.#inside(command, options);
    return (await promisify(execFile)(file, args, { maxBuffer: MAX_PRINTED })).stdout;
  }

  /** As {@link run}, for a command that goes on: gives its lines as they come. It ends with the machine. */
  watch(command: string, options: Partial<ShellOptions> = {}): Recorder<string> {
    const [file, ...args] = this.#inside(`exec 2>&1\n${command}`, options);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const lines = createRecorder<string>();
    createInterface({ input: child.stdout })
      .on('line', (line) => lines.add(line))
      .on('close', () => lines.end());
    return lines;
  }

  /** As if its plug were pulled. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      // Its other processes end before its init does.
      process.kill(this.#init, 'SIGKILL');
      await exited;
    }
    removeGroups(basename(this.#state));
    rmSync(this.#state, { recursive: true, force: true, maxRetries: 5 });
  }

  #inside(
    command: string,
    { cwd = '/root', env = {}, instead = {} }: Partial<ShellOptions>,
  ): [string, ...string[]] {
    const variables = Object.entries({ ...LOGIN, ...env }).map(([name, value]) => `${name}=${value}`);
    const enter = ['--target', String(this.#init), '--mount', '--uts', '--ipc', '--pid', '--cgroup'];
    const shell = ['sh', '-euc', filledIn(command, instead)];
    return ['nsenter', ...enter, 'env', '-i', '-C', cwd, ...variables, ...shell];
  }

  async #untilBooted(): Promise<void> {
    const deadline = Date.now() + BOOT_LIMIT_MS;
    for (;;) {
      // Until it has become the init, the machine's files are those of its host.
      const ask = '[ "$(cat /proc/1/comm)" = systemd ] && systemctl is-system-running --wait';
      const state = await this.run(ask).catch((error: unknown) => error);
      if (state === 'running\n') return;
      if (this.#process.exitCode !== null || Date.now() > deadline)
        throw new Error('no systemd', { cause: state });
      await pause(100);
    }
  }
}

/** The first process of the new namespace. */
async function initOf(child: ChildProcess): Promise<number> {
  while (child.exitCode === null) {
    const [init] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    if (init) return Number(init);
    await pause(20);
  }
  throw new Error('no machine in namespaces of its own');
}
