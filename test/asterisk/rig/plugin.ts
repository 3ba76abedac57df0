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
const CONFIG = 'config.yml';
const START_LIMIT_MS = 60_000;

/** Where the plugin finds Asterisk, how it logs in, and where the messages are. */
export interface PbxAccess {
  readonly ami: { readonly port: number; readonly username: string; readonly secret: string };
  readonly voicemailSpool: string;
}

/** `pbx-webhooks start` as a process of its own, as a user runs it. */
export class PluginProcess {
  readonly #folder: string;
  readonly #output: string[] = [];
  #process: ChildProcess;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#process = this.#spawn();
  }

  /** Starts with one PBX and one subscription to all events, and waits until it sees the PBX. */
  static async start(receiver: Receiver, pbx: PbxAccess): Promise<PluginProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-asterisk-'));
    writeFileSync(join(folder, CONFIG), stringify(configuration(receiver, pbx, folder)));
    const plugin = new PluginProcess(folder);
    try {
      await plugin.#untilReady();
      return plugin;
    } catch (error) {
      await plugin.stop();
      throw error;
    }
  }

  /** SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Starts again after `kill`, on the same database, and waits until it sees the PBX. */
  async startAgain(): Promise<void> {
    this.#process = this.#spawn();
    await this.#untilReady();
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
    await this.#end('SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#process.exitCode;
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [MAIN, 'start', '--config', join(this.#folder, CONFIG)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): number => this.#output.push(chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    return child;
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill(signal);
      await exited;
    }
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

function configuration(receiver: Receiver, { ami, voicemailSpool }: PbxAccess, folder: string): object {
  return {
    features: {
      webhooks: {
        subscriptions: [{ url: receiver.url, events: ['*'], secret: receiver.secret }],
        sources: { ami: { name: 'main', host: '127.0.0.1', ...ami } },
        calls: { trunks: ['trunk1'] },
        voicemail: { spool: voicemailSpool },
        api: { host: '127.0.0.1', port: 8080 },
        store: { url: `sqlite:${join(folder, 'webhooks.db')}` },
      },
    },
    logging: { level: 'info', format: 'text' },
  };
}
