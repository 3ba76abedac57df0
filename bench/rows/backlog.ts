import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Child, startChild } from '../child.ts';
import { type Bench, median } from '../harness.ts';
import { startReceiver } from '../receiver.ts';

const DELIVERIES = 1_000_000;
/** Until it has loaded what it ever loads, in milliseconds. */
const SETTLE_MS = 3_000;
const MEGABYTE = 1024 * 1024;

interface Start {
  readonly seconds: number;
  readonly megabytes: number;
}

/** A million deliveries wait for a receiver that hangs; each start is ended with kill -9. */
export const backlog: Bench = {
  name: 'backlog',
  async run({ rounds, scale }) {
    const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-bench-'));
    const receiver = await startReceiver(false);
    const [full, empty] = [join(folder, 'full'), join(folder, 'empty')];
    const deliveries = Math.round(DELIVERIES * scale);
    try {
      for (const path of [full, empty]) mkdirSync(path);
      const filled = startProcess([full, receiver.url, String(deliveries)]);
      await once(filled.process, 'message');
      await filled.stop('SIGKILL');
      await start(empty, receiver.url);
      const starts = [];
      for (let round = 0; round < rounds; round += 1) {
        const ceiling = await start(empty, receiver.url);
        starts.push({ ours: await start(full, receiver.url), ceiling });
      }
      return rowsOf(deliveries, starts);
    } finally {
      await receiver.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

function rowsOf(deliveries: number, starts: readonly { readonly ours: Start; readonly ceiling: Start }[]) {
  const of = (side: 'ours' | 'ceiling', what: keyof Start): number =>
    median(starts.map((both) => both[side][what]));
  const many = deliveries.toLocaleString('en');
  return [
    {
      name: `resident memory with a backlog of ${many}, over an empty start`,
      ratio: median(starts.map(({ ours, ceiling }) => ours.megabytes - ceiling.megabytes)),
      unit: 'MB',
      bound: { kind: 'at_most', ratio: 100 },
      detail: `${of('ours', 'megabytes').toFixed(0)} MB to ${of('ceiling', 'megabytes').toFixed(0)} MB`,
    },
    {
      name: `ready after kill -9 with a backlog of ${many}`,
      ratio: of('ours', 'seconds'),
      unit: 's',
      bound: { kind: 'at_most', ratio: 5 },
      detail: `${of('ours', 'seconds').toFixed(2)} s to ${of('ceiling', 'seconds').toFixed(2)} s`,
    },
  ] as const;
}

function startProcess(args: readonly string[]): Child {
  const program = new URL('../backlog-process.ts', import.meta.url).pathname;
  return startChild(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function start(folder: string, url: string): Promise<Start> {
  const begun = performance.now();
  const child = startProcess([folder, url]);
  await once(child.process, 'message');
  const seconds = (performance.now() - begun) / 1000;
  await pause(SETTLE_MS);
  child.process.send('memory');
  const [bytes] = await once(child.process, 'message');
  await child.stop('SIGKILL');
  return { seconds, megabytes: Number(bytes) / MEGABYTE };
}
