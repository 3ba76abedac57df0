import type { ReceivedWebhook } from './receiver.ts';
import { webhookLine } from './webhook-line.ts';

/** Where the pieces of the demo are reached. */
export interface DemoAddresses {
  readonly receiver: string;
  readonly pbx: string;
  readonly api: string | undefined;
}

export interface DemoReportOptions {
  /** For machines: one object a line. */
  readonly json: boolean;
  readonly seconds: number | undefined;
}

/** What the demo shows: each webhook as it arrives, how far it is, and a summary. */
export class DemoReport {
  readonly #options: DemoReportOptions;
  readonly #startedAt = performance.now();
  /** How many of each type arrived and were verified. */
  readonly #types = new Map<string, number>();
  #refused = 0;
  #progress: NodeJS.Timeout | undefined;

  constructor(options: DemoReportOptions) {
    this.#options = options;
  }

  get verified(): number {
    return [...this.#types.values()].reduce((sum, count) => sum + count, 0);
  }

  started({ receiver, pbx, api }: DemoAddresses): void {
    if (this.#options.json) return;
    const until = this.#options.seconds === undefined ? 'until Ctrl-C' : `for ${this.#options.seconds} s`;
    console.log(`PBX        recorded Asterisk 22, played live at ${pbx} ${until}
plugin     API at ${api}/api/webhooks, database in a temporary folder
dashboard  ${api}/webhooks/
receiver   ${receiver}, verifies both signatures of each webhook
`);
    if (process.stdout.isTTY) this.#progress = setInterval(() => this.#showProgress(), 500).unref();
  }

  received(webhook: ReceivedWebhook): void {
    const { verdict, event } = webhook;
    if (verdict === 'verified' && event !== undefined) {
      this.#types.set(event.event_type, (this.#types.get(event.event_type) ?? 0) + 1);
    } else {
      this.#refused += 1;
    }
    if (this.#options.json) {
      console.log(JSON.stringify(webhook));
      return;
    }
    this.#clearProgress();
    console.log(webhookLine(webhook));
  }

  ended(): void {
    clearInterval(this.#progress);
    this.#clearProgress();
    const types = Object.fromEntries([...this.#types].sort());
    if (this.#options.json) {
      console.log(
        JSON.stringify({
          summary: { seconds: this.#elapsed(), verified: this.verified, refused: this.#refused, types },
        }),
      );
      return;
    }
    const lines = Object.entries(types).map(([type, count]) => `  ${type.padEnd(26)} ${count}`);
    console.log(`\n${this.#status()}\n${lines.join('\n')}`);
  }

  #status(): string {
    const of = this.#options.seconds === undefined ? '' : ` of ${this.#options.seconds}`;
    return `${this.#elapsed()}${of} s: ${this.verified} webhooks arrived and were verified, ${this.#refused} refused`;
  }

  #elapsed(): number {
    return Math.round((performance.now() - this.#startedAt) / 1000);
  }

  #showProgress(): void {
    process.stdout.write(`\r\x1b[K${this.#status()}`);
  }

  #clearProgress(): void {
    if (this.#progress !== undefined) process.stdout.write('\r\x1b[K');
  }
}
