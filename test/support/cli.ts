import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createRecorder, type Recorder } from './recorder.ts';

export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface CliRun {
  readonly process: ChildProcess;
  /** Lines of standard output and standard error. */
  readonly output: Recorder<string>;
  readonly errors: Recorder<string>;
  /** Settles with the exit code, or with the signal that ended the process. */
  readonly exit: Promise<number | NodeJS.Signals | null>;
}

/** Runs `pbx-webhooks` as a user does, in a process of its own; what still runs when the test ends is killed. */
export function runCli(args: readonly string[], env?: Record<string, string>): CliRun {
  const run = spawnCli(args, env);
  onTestFinished(() => void run.process.kill('SIGKILL'));
  return run;
}

/** As {@link runCli}, but whoever calls it ends it. */
export function spawnCli(args: readonly string[], env: Record<string, string> = {}): CliRun {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], TZ: 'UTC', ...env },
  });
  const output = createRecorder<string>();
  const errors = createRecorder<string>();
  createInterface({ input: child.stdout }).on('line', (line) => output.add(line));
  createInterface({ input: child.stderr }).on('line', (line) => errors.add(line));
  const exit = once(child, 'close').then(() => {
    output.end();
    errors.end();
    return child.exitCode ?? child.signalCode;
  });
  return { process: child, output, errors, exit };
}

/** Runs to the end. */
export async function cli(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<{ readonly code: unknown; readonly out: string; readonly err: string }> {
  const { output, errors, exit } = runCli(args, env);
  const code = await exit;
  return { code, out: output.all.join('\n'), err: errors.all.join('\n') };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Writes `config.yml` with these keys under `features.webhooks`, a free API port and text logs; gives its path. */
export function writeConfig(folder: string, webhooks: object): string {
  const file = join(folder, 'config.yml');
  writeFileSync(
    file,
    stringify({
      features: { webhooks: { api: { port: 0 }, store: { url: 'sqlite:webhooks.db' }, ...webhooks } },
      logging: { format: 'text' },
    }),
  );
  return file;
}
