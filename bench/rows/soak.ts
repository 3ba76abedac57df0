import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createPlayback } from '../../src/source/ami/playback.ts';
import { startChild } from '../child.ts';
import { type Bench, median } from '../harness.ts';
import { startSink } from '../sink-process.ts';

/** What the day takes here: faster, and what is measured is how much of a spool an overloaded disk fills. */
const SECONDS = 120;
const SPEED = 86_400 / SECONDS;
const SAMPLES = 100;
const MEGABYTE = 1024 * 1024;

/** All recorded traffic over and over, each time with fresh ids, into the service in a process of its own. */
export const soak: Bench = {
  name: 'soak',
  async run({ scale }) {
    const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-bench-'));
    const seconds = SECONDS * scale;
    const streams = globSync(new URL('../../test/fixtures/ami/*/*.ami', import.meta.url).pathname)
      .sort()
      .map((file) => readFileSync(file));
    const playback = createPlayback({ streams, pace: { speed: SPEED }, rewrite: true, atEnd: 'repeat' });
    const port = await playback.listen();
    const sink = await startSink();
    const program = new URL('../soak-process.ts', import.meta.url).pathname;
    const child = startChild(process.execPath, [program, folder, String(port), `${sink.origin}/hook`], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    try {
      await once(child.process, 'message');
      const memory: number[] = [];
      for (let n = 0; n < SAMPLES; n += 1) {
        await pause((seconds * 1000) / SAMPLES);
        child.process.send('memory');
        const [bytes] = await once(child.process, 'message');
        memory.push(Number(bytes) / MEGABYTE);
      }
      return [rowOf(memory, seconds)];
    } finally {
      child.process.send('end');
      await once(child.process, 'exit');
      await playback.close();
      await sink.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

/** Growth from the second tenth, when every path has been taken, to the last one. */
function rowOf(memory: readonly number[], seconds: number) {
  const tenth = memory.length / 10;
  const before = median(memory.slice(tenth, 2 * tenth));
  const after = median(memory.slice(-tenth));
  return {
    name: `${((seconds * SPEED) / 3_600).toFixed(0)} h of mixed traffic in fast motion: memory growth after the first tenth`,
    ratio: after - before,
    unit: 'MB',
    // What a garbage collector leaves lying about is no growth.
    bound: { kind: 'at_most', ratio: 10 },
    detail: `${after.toFixed(0)} MB to ${before.toFixed(0)} MB, in ${Math.round(seconds)} s`,
  } as const;
}
