import { readFileSync } from 'node:fs';
import Manager from 'asterisk-manager';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createHostAmiSource } from '../../src/source/ami/host/source.ts';
import { createPlayback } from '../../src/source/ami/playback.ts';
import { createAmiSource } from '../../src/source/ami/source.ts';
import type { Source } from '../../src/source/source.ts';
import { createTracker } from '../../src/telephony/tracker.ts';
import { micro } from '../../src/util/clock.ts';
import { deferred } from '../../src/util/deferred.ts';
import { differences, type ProducedEvent } from '../support/expectation.ts';
import { type Recording, readRecordings } from '../support/fact-streams.ts';

const ACCOUNT = { username: 'webhooks', secret: 'top-secret' };

/** What a source of `make` tells of a recording, up to the end of the connection. */
async function eventsOf(recording: Recording, make: (port: number) => Source): Promise<ProducedEvent[]> {
  const streams = [readFileSync(recording.file)];
  const playback = createPlayback({ streams, pace: { pieces: 1_460 }, atEnd: 'end', account: ACCOUNT });
  onTestFinished(() => playback.close());
  const source = make(await playback.listen());
  onTestFinished(() => source.stop());
  const tracker = createTracker(recording.options);
  const produced: ProducedEvent[] = [];
  const lost = deferred<void>();
  source.start((fact) => {
    produced.push(...tracker.apply(fact));
    if (fact.kind === 'pbx.disconnected') lost.resolve();
  });
  await lost.promise;
  await source.stop();
  produced.push(...tracker.settle(micro(Number.POSITIVE_INFINITY)));
  return produced;
}

function throughHost(recording: Recording): Promise<ProducedEvent[]> {
  return eventsOf(recording, (port) => {
    const manager = new Manager(port, '127.0.0.1', ACCOUNT.username, ACCOUNT.secret, true);
    onTestFinished(() => manager.disconnect());
    return createHostAmiSource({ name: recording.options.pbx, manager });
  });
}

function ourselves(recording: Recording): Promise<ProducedEvent[]> {
  const { pbx } = recording.options;
  return eventsOf(recording, (port) => createAmiSource({ name: pbx, host: '127.0.0.1', port, ...ACCOUNT }));
}

describe('a recorded stream tells through a host’s asterisk-manager what it tells our own connection', () => {
  test.each(readRecordings())('$name', async (recording) => {
    const [hosted, own] = await Promise.all([throughHost(recording), ourselves(recording)]);
    expect(differences(recording.expected, hosted)).toEqual([]);
    expect(hosted.map(told)).toEqual(own.map(told));
  });
});

/** All but why the connection was lost, and times of our own clock where the stream has none. */
function told({ type, data }: ProducedEvent) {
  return { type, data: type.startsWith('pbx.') ? {} : data };
}
