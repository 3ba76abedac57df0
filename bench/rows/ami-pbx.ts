/** Worker: an AMI server that plays the recorded streams, with fresh ids in each round, to whoever logs in. */
import { globSync, readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { createPlayback } from '../../src/source/ami/playback.ts';
import { createRewrite, timestampOf } from '../../src/source/ami/playback-rewrite.ts';

const { rounds } = workerData as { rounds: number };
let last = 0;
const numbers = { next: () => ++last };
const recordings = globSync(new URL('../../test/fixtures/ami/*/*.ami', import.meta.url).pathname)
  .sort()
  .map((file) => readFileSync(file, 'latin1').split(/(?<=\r\n\r\n)/));

const streams: Buffer[] = [];
let events = 0;
for (let round = 0; round < rounds; round += 1) {
  for (const packets of recordings) {
    const rewrite = createRewrite(numbers);
    const text = packets.map((packet) => {
      const at = timestampOf(packet);
      return at === undefined ? packet : rewrite(packet, at);
    });
    events += packets.length;
    streams.push(Buffer.from(text.join(''), 'latin1'));
  }
}
const playback = createPlayback({ streams, pace: 'whole', atEnd: 'end' });
const port = await playback.listen();
const bytes = streams.reduce((sum, stream) => sum + stream.length, 0);
parentPort?.postMessage({ port, bytes, packets: events });
parentPort?.once('message', () => void playback.close());
