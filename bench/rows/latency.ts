import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { parseConfig } from '../../src/config/load.ts';
import { startService } from '../../src/service.ts';
import { silentLogger } from '../../src/util/log.ts';
import { startAmiServer } from '../../test/support/ami-server.ts';
import { barePost, numberedId } from '../bare-loop.ts';
import { type Bench, median } from '../harness.ts';
import { startReceiver } from '../receiver.ts';

const NAME = "from AMI bytes to the POST's first byte, idle: p50 over a bare POST";
const SAMPLES = 120;
/** Events before the first sample. */
const WARM_UP = 2_000;
/** Between two events, in milliseconds: everything has come to rest. */
const REST_MS = 20;
/** Until what there is has been taken stock of, and what was sent too often has arrived, in milliseconds. */
const STOCK_MS = 2_500;
const BOOTED = 'Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n';
const PAGE = Buffer.alloc(4_096, 1);
const EVENT = 'Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Bench\r\nNumber: 1\r\n\r\n';

/** An event is on disk before it is sent, so what remains to be compared is in fsyncs of the same disk. */
export const latency: Bench = {
  name: 'latency',
  async run({ rounds, scale }) {
    const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-bench-'));
    const arrivals = new Arrivals();
    const receiver = await startReceiver(true, () => arrivals.arrived());
    const pbx = await startAmiServer({ stream: BOOTED });
    const config = parseConfig(
      {
        api: { enabled: false },
        store: { url: 'sqlite:webhooks.db' },
        sources: { ami: { port: pbx.port, username: 'bench', secret: 'bench' } },
        subscriptions: [{ url: receiver.url, events: ['user.event'], secret: 'bench' }],
      },
      { base: folder },
    );
    const service = await startService(config, { logger: silentLogger });
    const pool = new Pool(new URL(receiver.url).origin, { connections: 1 });
    const samples = Math.max(10, Math.round(SAMPLES * scale));
    try {
      await arrivals.after(() => sendUntil(arrivals, () => pbx.send(EVENT)));
      await pause(STOCK_MS);
      await warmUp(arrivals, () => pbx.send(EVENT));
      await warmUp(arrivals, () => barePost(pool, '/hook', numberedId(0)));
      const appended = openSync(join(folder, 'fsync'), 'a');
      const measured = [];
      for (let round = 0; round <= rounds; round += 1) {
        measured.push(
          await inTurn(samples, {
            ours: () => {
              // The PBX shares this thread, and its work is not ours: time begins with the bytes on their way.
              pbx.send(EVENT);
              return arrivals.after(() => {});
            },
            bare: () => arrivals.after(() => barePost(pool, '/hook', numberedId(round))),
            fsync: () => fsyncMs(appended),
          }),
        );
      }
      closeSync(appended);
      return [rowOf(measured.slice(1))];
    } finally {
      await service.close();
      await pool.close();
      await pbx.close();
      await receiver.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

function rowOf(rounds: readonly Round[]) {
  const ms = (values: readonly number[]): string => `${median(values).toFixed(2)} ms`;
  const fsyncs = rounds.map(({ fsync }) => fsync);
  if (median(fsyncs) < 0.02) {
    return { name: NAME, leftOut: `${tmpdir()} is not on a disk: set TMPDIR to a folder that is` };
  }
  return {
    name: NAME,
    ratio: median(rounds.map(({ ours, bare, fsync }) => (ours - bare) / fsync)),
    unit: 'fsyncs',
    bound: { kind: 'at_most', ratio: 2 },
    detail: `${ms(rounds.map(({ ours }) => ours))} to ${ms(rounds.map(({ bare }) => bare))}, an fsync ${ms(fsyncs)}`,
  } as const;
}

/** Whoever has not logged in yet hears nothing. */
async function sendUntil(arrivals: Arrivals, send: () => void): Promise<void> {
  for (const before = arrivals.count; arrivals.count === before; ) {
    send();
    await pause(100);
  }
}

/** Code is compiled as it is used: both sides have done some work before they are measured. */
async function warmUp(arrivals: Arrivals, begin: () => unknown): Promise<void> {
  for (let n = 0; n < WARM_UP; n += 1) await arrivals.after(begin);
}

/** When the next request comes. */
class Arrivals {
  count = 0;
  #next = Promise.withResolvers<number>();

  arrived(): void {
    this.count += 1;
    this.#next.resolve(performance.now());
  }

  /** Milliseconds from `begin` to the request that it leads to. */
  async after(begin: () => unknown): Promise<number> {
    this.#next = Promise.withResolvers();
    const begun = performance.now();
    const result = begin();
    const arrived = await this.#next.promise;
    await result;
    return arrived - begun;
  }
}

interface Round {
  readonly ours: number;
  readonly bare: number;
  readonly fsync: number;
}

/** Medians of what is measured by turns: the machine and its disk change within a second. */
async function inTurn(
  samples: number,
  measures: { readonly [Side in keyof Round]: () => number | Promise<number> },
): Promise<Round> {
  const times: { readonly [Side in keyof Round]: number[] } = { ours: [], bare: [], fsync: [] };
  for (let n = 0; n < samples; n += 1) {
    for (const side of ['ours', 'bare', 'fsync'] as const) {
      times[side].push(await measures[side]());
      await pause(REST_MS);
    }
  }
  return { ours: median(times.ours), bare: median(times.bare), fsync: median(times.fsync) };
}

/** Milliseconds to append a page to a file and to bring it to the disk, as a commit does. */
function fsyncMs(file: number): number {
  const begun = performance.now();
  writeSync(file, PAGE);
  fdatasyncSync(file);
  return performance.now() - begun;
}
