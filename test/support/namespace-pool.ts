import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ForksPoolWorker, type PoolOptions, type PoolRunnerInitializer, type PoolWorker } from 'vitest/node';
import { isolatedFromNetwork, whyNotIsolated } from './namespace.ts';

/**
 * Runs each test file in a network namespace of its own, so that Asterisk, phones, plugin and receiver share a
 * loopback that nobody else sees, and every file may use the same addresses and ports. Where the machine does not
 * allow it, files run as usual (and skip).
 */
export const namespacePool: PoolRunnerInitializer = {
  name: 'namespace',
  createPoolWorker: (options) =>
    whyNotIsolated() === undefined ? new NamespaceWorker(options) : new ForksPoolWorker(options),
};

type Listener = Parameters<PoolWorker['on']>[1];

/** The worker process of vitest's own `forks` pool, started inside a namespace. */
class NamespaceWorker implements PoolWorker {
  readonly name = 'namespace';
  readonly #process: ChildProcess;

  constructor({ distPath, env, execArgv }: PoolOptions) {
    const entry = join(distPath, 'workers/forks.js');
    const [command, ...args] = isolatedFromNetwork([process.execPath, ...execArgv, entry]);
    this.#process = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
  }

  on(event: string, listener: Listener): void {
    this.#process.on(event, listener);
  }

  off(event: string, listener: Listener): void {
    this.#process.off(event, listener);
  }

  send(message: Parameters<PoolWorker['send']>[0]): void {
    this.#process.send(message);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Kills the namespace with all that still runs in it. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exited;
    }
  }
}
