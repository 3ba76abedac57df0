import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createRecorder, type Recorder } from './recorder.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** `script` of util-linux gives a command a terminal. */
export const hasTerminal = spawnSync('script', ['--version']).status === 0;

export interface TerminalRun {
  /** What the screen got, piece by piece. */
  readonly screen: Recorder<string>;
  readonly exit: Promise<number | null>;
  type(text: string): void;
}

/** Runs `pbx-webhooks` on a terminal of so many columns. */
export function runOnTerminal(
  args: readonly string[],
  columns: number,
  env: Record<string, string> = {},
): TerminalRun {
  const quoted = [process.execPath, MAIN, ...args]
    .map((part) => `'${part.replaceAll("'", `'\\''`)}'`)
    .join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns}; exec ${quoted}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], TZ: 'UTC', TERM: 'xterm', LANG: 'C.UTF-8', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const screen = createRecorder<string>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => screen.add(text));
  const exit = once(child, 'close').then(() => {
    screen.end();
    return child.exitCode;
  });
  return { screen, exit, type: (text) => void child.stdin.write(text) };
}
