import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { EVENT_CATALOGUE } from '../../src/model/event-types.ts';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import { systemClock } from '../../src/util/clock.ts';
import { readDoc } from '../support/docs.ts';
import { startRig, temporaryFolder } from '../support/engine.ts';

/** The last row of a table that begins so. */
function row(file: string, first: string): string {
  const line = readDoc(file)
    .split('\n')
    .findLast((one) => one.startsWith(`| ${first}`));
  if (line === undefined) throw new Error(`${file} has no row ${first}`);
  return line.replaceAll(/(\d),(\d)/g, '$1$2');
}

const numbersIn = (text: string): number[] => (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
const sizing = (first: string): number[] => numbersIn(row('docs/running.md', first));
/** The first number before a unit. */
const measured = (first: string, unit: string): number =>
  Number(new RegExp(`([\\d.]+) ?${unit}`).exec(row('docs/performance.md', first))?.[1]);

test.each([
  ['deliveries a second', () => sizing('deliveries')[0], () => measured('`delivery`', '/s')],
  ['deliveries a second in batches', () => sizing('deliveries')[1], () => measured('`batch`', '/s')],
  ['AMI packets a second', () => sizing('AMI')[0], () => measured('`ami`', '/s')],
  ['milliseconds of delay', () => sizing('delay')[0], () => measured('`latency`', 'ms')],
  ['seconds until ready with a million', () => sizing('start')[1], () => measured('`backlog`', 's')],
])('docs/running.md gives the %s that docs/performance.md measured', (_what, said, was) => {
  expect(Math.abs(Number(said()) / was() - 1)).toBeLessThan(0.1);
});

/** Bytes for one event of a call, delivered to so many receivers. */
async function bytesFor(receivers: number): Promise<number> {
  const folder = temporaryFolder();
  const server = createServer((request, response) => {
    request.resume();
    void once(request, 'end').then(() => response.writeHead(204).end());
  });
  const port = await listenOnLoopback(server, 0);
  const rig = await startRig({ folder: folder.path, clock: systemClock });
  onTestFinished(async () => {
    await rig.stop();
    server.close();
    server.closeAllConnections();
    folder.remove();
  });
  for (let n = 0; n < receivers; n += 1) {
    await rig.registry.add({ url: `http://127.0.0.1:${port}/${n}`, events: ['*'], secret: 's3cret' });
  }
  const samples = EVENT_CATALOGUE.filter(({ name }) => /^call\.(started|ringing|answered|ended)$/.test(name));
  const rounds = 500;
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      samples.map(({ name, sample }) =>
        rig.engine.publish({ type: name, occurredAt: systemClock.now(), data: sample }),
      ),
    );
  }
  const events = rounds * samples.length;
  for (const { id } of rig.registry.list()) {
    await expect.poll(() => rig.engine.stats(id).successCount, { timeout: 60_000 }).toBe(events);
  }
  return (await rig.store.size()).used / events;
}

test('docs/running.md says how much disk an event takes, and each further receiver', async () => {
  const [first = 0, further = 0] = sizing('disk').map((kilobytes) => kilobytes * 1_000);
  const one = await bytesFor(1);
  const three = await bytesFor(3);
  expect(Math.abs(one - first)).toBeLessThan(150);
  expect(Math.abs((three - one) / 2 - further)).toBeLessThan(75);
});
