import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { createPlayback, type PlaybackOptions } from '../../src/source/ami/playback.ts';
import { createAmiSource } from '../../src/source/ami/source.ts';
import { createTracker } from '../../src/telephony/tracker.ts';
import { micro } from '../../src/util/clock.ts';
import { deferred } from '../../src/util/deferred.ts';
import { differences, type ProducedEvent } from '../support/expectation.ts';
import { type Recording, readRecordings } from '../support/fact-streams.ts';

const ACCOUNT = { username: 'webhooks', secret: 'top-secret' };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The events of a recording that is played to a source over a live socket, up to the end of the connection. */
async function eventsOverSocket(
  recording: Recording,
  pace: PlaybackOptions['pace'],
): Promise<ProducedEvent[]> {
  const streams = [readFileSync(recording.file)];
  const playback = createPlayback({ streams, pace, atEnd: 'end', account: ACCOUNT });
  cleanups.push(() => playback.close());
  const port = await playback.listen();
  const { pbx } = recording.options;
  const source = createAmiSource({ name: pbx, host: '127.0.0.1', port, ...ACCOUNT });
  cleanups.push(() => source.stop());
  const tracker = createTracker(recording.options);
  const produced: ProducedEvent[] = [];
  const lost = deferred<void>();
  source.start((fact) => {
    produced.push(...tracker.apply(fact));
    if (fact.kind === 'pbx.disconnected') lost.resolve();
  });
  await lost.promise;
  produced.push(...tracker.settle(micro(Number.POSITIVE_INFINITY)));
  return produced;
}

const recordings = readRecordings();
/** Registrations, calls, ring groups, forwards, pickups, click-to-call: the rest is too long to go byte by byte. */
const ofCalls = recordings.filter(({ name }) => /^\d\d\/(0[1-4]|13|14)/.test(name));

describe.each([
  ['whole', 'whole', recordings],
  ['in pieces of 1,460 bytes', { pieces: 1_460 }, recordings],
  ['in pieces of 7 bytes', { pieces: 7 }, recordings],
  ['byte by byte', { pieces: 1 }, ofCalls],
] as const)('a recorded stream %s', (_name, pace, played) => {
  test.each(played)('$name', async (recording) => {
    expect(differences(recording.expected, await eventsOverSocket(recording, pace))).toEqual([]);
  });
});
