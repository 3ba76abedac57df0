import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../support/cli.ts';

/** `CYCLES=1000 npm test -- --project soak` takes some minutes, most of it threads that start. */
const CYCLES = Number(process.env['CYCLES'] ?? (process.env['CI'] === 'true' ? 300 : 100));

/**
 * From one half of the cycles to the other: V8 keeps code that it compiles better; a plugin that stays takes 120 kB,
 * which is 6 MB already of a hundred cycles.
 */
const MOST_GROWTH = 4_000_000;

const program = fileURLToPath(new URL('../support/load-and-close.ts', import.meta.url));
const sample = z.object({
  listeners: z.strictObject({
    ami: z.tuple([z.int(), z.int(), z.int()]),
    srf: z.tuple([z.int(), z.int(), z.int()]),
    events: z.array(z.string()),
    process: z.int(),
  }),
  timers: z.int(),
  resources: z.array(z.string()),
  threads: z.number(),
  heap: z.number(),
});
type Sample = z.output<typeof sample>;

/** Ten samples, taken while the plugin is not loaded. */
async function samplesOf(cycles: number, threads: number): Promise<Sample[]> {
  const args = ['--expose-gc', program, temporaryFolder(), String(cycles), String(threads)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout
    .trim()
    .split('\n')
    .map((line) => sample.parse(JSON.parse(line)));
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test.each([
  [CYCLES, 'sends on the main thread', 0],
  [Math.max(20, Math.ceil(CYCLES / 20)), 'sends on two threads', 2],
])('%i times loaded and closed, the plugin that %s leaves nothing behind', async (cycles, _how, threads) => {
  const samples = await samplesOf(cycles, threads);
  expect(samples).toHaveLength(10);
  const [first] = samples;
  // The manager's own listeners and the host's, and nobody's on its events.
  expect(first?.listeners).toMatchObject({ ami: [1, 1, 0], srf: [0, 0, 1], events: [] });
  for (const { heap: _, timers, ...held } of samples) {
    expect(first).toMatchObject(held);
    // Those of the receiver's server, which go in their own time.
    expect(timers).toBeLessThan(6);
  }
  // From one half to the other, so that what fills once does not count.
  const [before = 0, after = 0] = [samples.slice(0, 5), samples.slice(5)].map((half) =>
    medianOf(half.map(({ heap }) => heap)),
  );
  expect(after - before).toBeLessThan(MOST_GROWTH);
});
