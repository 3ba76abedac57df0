import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ApiStartError } from '../../api/server.ts';
import { parseConfig } from '../../config/load.ts';
import { type Service, startService } from '../../service.ts';
import { createPlayback, type Playback } from '../../source/ami/playback.ts';
import { systemClock } from '../../util/clock.ts';
import { CodedError } from '../../util/error.ts';
import { createErrorLogger, type OutputLogger } from '../../util/log-output.ts';
import { type DemoAddresses, DemoReport } from '../demo-report.ts';
import { createReceiver } from '../receiver.ts';
import { untilAskedToStop } from '../signals.ts';

/** Twenty seconds of a recorded Asterisk 22: beside `src` in a clone, beside `dist` in the package. */
const RECORDING = new URL('../../../demo/day.ami', import.meta.url);
const SECRET = 'whsec_ZGVtbyBzZWNyZXQsIG5vdCBmb3IgcHJvZHVjdGlvbiE=';
const ACCOUNT = { username: 'webhooks', secret: 'demo' };
const DEFAULT_API_PORT = 8080;

class DemoError extends CodedError<'demo_nothing_arrived'> {}

export function demoCommand(): Command {
  return new Command('demo')
    .description('play a recorded PBX live to the plugin, whose webhooks a receiver verifies and prints')
    .addOption(new Option('--seconds <n>', 'end after so many seconds, not at Ctrl-C').argParser(secondsOf))
    .option('--json', 'print one JSON object a line, the summary last')
    .addHelpText('after', '\nExample:\n  pbx-webhooks demo --seconds 20')
    .action(({ seconds, json }: { seconds?: number; json?: true }) => demo(seconds, json === true));
}

async function demo(seconds: number | undefined, json: boolean): Promise<void> {
  const stopped = untilStopped(seconds);
  const report = new DemoReport({ json, seconds });
  const logger = createErrorLogger('warn');
  const directory = await mkdtemp(join(tmpdir(), 'pbx-webhooks-demo-'));
  const stage = new Stage(directory, report, logger);
  try {
    report.started(await stage.start());
    await stopped;
  } finally {
    await stage.stop();
    await logger.flush();
    await rm(directory, { recursive: true, force: true });
  }
  report.ended();
  if (report.verified === 0)
    throw new DemoError('demo_nothing_arrived', 'no webhook arrived; try more --seconds');
}

async function untilStopped(seconds: number | undefined): Promise<void> {
  const asked = untilAskedToStop();
  if (seconds === undefined) await asked;
  else await Promise.race([asked, new Promise<void>((pass) => systemClock.after(seconds * 1000, pass))]);
}

/** A receiver, a recorded PBX and the plugin between them, each over a real socket. */
class Stage {
  readonly #directory: string;
  readonly #logger: OutputLogger;
  readonly #receiver: Server;
  #playback: Playback | undefined;
  #service: Service | undefined;

  constructor(directory: string, report: DemoReport, logger: OutputLogger) {
    this.#directory = directory;
    this.#logger = logger;
    this.#receiver = createReceiver({ secret: SECRET, onWebhook: (webhook) => report.received(webhook) });
  }

  async start(): Promise<DemoAddresses> {
    this.#receiver.listen(0, '127.0.0.1');
    await once(this.#receiver, 'listening');
    const address = this.#receiver.address();
    const receiver = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/hook`;
    this.#playback = createPlayback({
      streams: [await readFile(RECORDING)],
      pace: { speed: 1 },
      rewrite: true,
      atEnd: 'repeat',
      account: ACCOUNT,
    });
    const pbxPort = await this.#playback.listen();
    this.#service = await this.#startService(receiver, pbxPort);
    return { receiver, pbx: `127.0.0.1:${pbxPort}`, api: this.#service.apiUrl };
  }

  /** From the source of events down. */
  async stop(): Promise<void> {
    await this.#service?.close();
    await this.#playback?.close();
    this.#receiver.close();
    this.#receiver.closeAllConnections();
  }

  /** At the API's usual port, unless someone has it already. */
  async #startService(receiver: string, pbxPort: number): Promise<Service> {
    try {
      return await this.#startServiceAt(DEFAULT_API_PORT, receiver, pbxPort);
    } catch (error) {
      if (!(error instanceof ApiStartError)) throw error;
      return await this.#startServiceAt(0, receiver, pbxPort);
    }
  }

  #startServiceAt(apiPort: number, receiver: string, pbxPort: number): Promise<Service> {
    const config = parseConfig({
      subscriptions: [{ url: receiver, events: ['*'], secret: SECRET }],
      sources: { ami: { name: 'demo', host: '127.0.0.1', port: pbxPort, ...ACCOUNT } },
      calls: { trunks: ['trunk1'] },
      api: { port: apiPort },
      store: { url: `sqlite:${join(this.#directory, 'webhooks.db')}` },
    });
    return startService(config, { logger: this.#logger });
  }
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('It has to be a number of seconds, at most 86400.');
}
