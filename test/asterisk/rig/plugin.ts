import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { Receiver } from './receiver.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const START_LIMIT_MS = 60_000;

/** `pbx-webhooks start` as a process of its own, as a user runs it. */
export class PluginProcess {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #output: string[] = [];

  private constructor(child: ChildProcess, folder: string) {
    this.#process = child;
    this.#folder = folder;
    const keep = (chunk: Buffer): number => this.#output.push(chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** Starts with one PBX and one subscription to all events, and waits until it sees the PBX. */
  static async start(
    receiver: Receiver,
    account: { username: string; secret: string },
  ): Promise<PluginProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-asterisk-'));
    const config = join(folder, 'config.yml');
    writeFileSync(config, stringify(configuration(receiver, account, folder)));
    const child = spawn(process.execPath, [MAIN, 'start', '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const plugin = new PluginProcess(child, folder);
    try {
      await plugin.#untilReady();
      return plugin;
    } catch (error) {
      await plugin.stop();
      throw error;
    }
  }

  /** Everything that the process wrote. */
  get output(): string {
    return this.#output.join('');
  }

  /** Settles when all that was told so far is delivered. */
  async untilDelivered(): Promise<void> {
    while ((await backlog()) > 0) {
      await pause(20);
    }
  }

  /** Ends it with SIGTERM; settles with its exit code. */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#process.exitCode;
  }

  async #untilReady(): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await isReady())) {
      if (this.#process.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the plugin did not get ready:\n${this.output}`);
      }
      await pause(50);
    }
  }
}

const API = 'http://127.0.0.1:8080';
const subscriptions = z.array(z.object({ backlog: z.number() }));

/** Deliveries that wait or are on their way. */
async function backlog(): Promise<number> {
  const response = await fetch(`${API}/api/webhooks`);
  return subscriptions.parse(await response.json()).reduce((sum, each) => sum + each.backlog, 0);
}

async function isReady(): Promise<boolean> {
  try {
    const response = await fetch(`${API}/readyz`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // nobody listens yet
  }
}

function configuration(receiver: Receiver, account: object, folder: string): object {
  return {
    features: {
      webhooks: {
        subscriptions: [{ url: receiver.url, events: ['*'], secret: receiver.secret }],
        sources: { ami: { name: 'main', host: '127.0.0.1', port: 5038, ...account } },
        calls: { trunks: ['trunk1'] },
        api: { host: '127.0.0.1', port: 8080 },
        store: { url: `sqlite:${join(folder, 'webhooks.db')}` },
      },
    },
    logging: { level: 'info', format: 'text' },
  };
}
