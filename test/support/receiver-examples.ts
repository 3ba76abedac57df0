import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createRecorder, type Recorder } from './recorder.ts';

/** A receiver of `examples/receivers`, and what it takes to run it. */
export interface ReceiverExample {
  readonly name: string;
  /** In that folder. */
  readonly command: readonly [string, ...string[]];
  /** What works off what was kept, where that is a program of its own. */
  readonly worker?: readonly [string, ...string[]];
  /** Debian's package, where Node alone does not do. */
  readonly needs?: string;
}

/** Debian's Flask belongs to Debian's Python, which another may stand before. */
const PYTHON = ['python3', '/usr/bin/python3'].find((one) => succeeds(one, '-c', 'import flask'));

export const RECEIVER_EXAMPLES: readonly ReceiverExample[] = [
  { name: 'Express', command: [process.execPath, 'express.js'] },
  { name: 'Fastify', command: [process.execPath, 'fastify.js'] },
  { name: 'Flask', command: [PYTHON ?? 'python3', 'flask_receiver.py'], needs: 'python3-flask' },
  {
    name: 'PHP',
    command: ['php', '-S', '127.0.0.1:0', 'receiver.php'],
    worker: ['php', 'work.php'],
    needs: 'php-cli',
  },
  { name: 'Go', command: ['go', 'run', 'receiver.go'], needs: 'golang-go' },
];

const PRESENT: Readonly<Record<string, boolean>> = {
  'python3-flask': PYTHON !== undefined,
  'php-cli': succeeds('php', '--version'),
  'golang-go': succeeds('go', 'version'),
};

/** How to get what a receiver needs; undefined where it is there. */
export function whyNotRun({ name, needs }: ReceiverExample): string | undefined {
  return needs === undefined || PRESENT[needs] === true
    ? undefined
    : `the receiver in ${name} is left out: apt-get install ${needs}`;
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

export interface RunningReceiver {
  readonly url: string;
  /** All that it printed. */
  readonly lines: Recorder<string>;
  /** Ids that it has kept. */
  kept(): readonly string[];
  stop(): Promise<void>;
}

export interface RunOptions {
  /** `examples/receivers`, where the package is installed. */
  readonly folder: string;
  /** An empty folder. */
  readonly inbox: string;
  readonly secret: string;
}

/** Runs an example as its README says, at a free port. */
export async function runReceiver(
  { command: [file, ...args] }: ReceiverExample,
  options: RunOptions,
): Promise<RunningReceiver> {
  // A group of its own: `go run` starts a program that would stay.
  const child = spawn(file, args, { ...placeOf(options), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const lines = createRecorder<string>();
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => lines.add(line));
  }
  const closed = once(child, 'close').then(() => lines.end());
  const [, port] = PORT.exec(await lines.first((line) => PORT.test(line))) ?? [];
  return {
    url: `http://127.0.0.1:${port}/hook`,
    lines,
    kept: () => idsIn(options.inbox),
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await closed;
    },
  };
}

/** Runs an example's worker to its end; what it printed. */
export async function runWorker(
  [file, ...args]: readonly [string, ...string[]],
  options: RunOptions,
): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(file, args, placeOf(options));
  return stdout.split('\n').filter((line) => line !== '');
}

/** What each of them says in its own words. */
const PORT = /(?:listening on |http:\/\/127\.0\.0\.1:)(\d+)/;

function placeOf({ folder, inbox, secret }: RunOptions) {
  const { PATH, HOME } = process.env;
  return { cwd: folder, env: { PATH, HOME, PORT: '0', INBOX: inbox, WEBHOOK_SECRET: secret } };
}

function idsIn(inbox: string): readonly string[] {
  const files = existsSync(inbox) ? readdirSync(inbox) : [];
  return files.filter((file) => file.endsWith('.json')).map((file) => file.replace(/\.json$/, ''));
}
