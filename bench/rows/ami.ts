import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import Manager from 'asterisk-manager';
import type { PbxName } from '../../src/model/ids.ts';
import { openAmiClient } from '../../src/source/ami/client.ts';
import { DEFAULT_DEADLINES } from '../../src/source/ami/connection.ts';
import { createAmiFacts } from '../../src/source/ami/facts.ts';
import { DEFAULT_EXTENSION_PATTERN } from '../../src/telephony/options.ts';
import { createTracker } from '../../src/telephony/tracker.ts';
import { systemClock } from '../../src/util/clock.ts';
import { deferred } from '../../src/util/deferred.ts';
import { silentLogger } from '../../src/util/log.ts';
import { type Bench, rateRow } from '../harness.ts';

/** The recorded PBX, in a thread of its own. */
interface RecordedPbx {
  readonly port: number;
  readonly packets: number;
  stop(): Promise<void>;
}

export const ami: Bench = {
  name: 'ami',
  async run({ rounds, scale }) {
    const comparisons = [];
    for (let round = 0; round < rounds; round++) {
      const { ours, ceiling } = await measureAmi(Math.max(1, Math.round(20 * scale)));
      comparisons.push({ ours: { rate: ours }, ceiling: { rate: ceiling } });
    }
    return [rateRow("AMI packets into events, to asterisk-manager's bare parser", comparisons, 0.8)];
  },
};

/** AMI packets a second: of asterisk-manager's bare parser, and of bytes made into events. */
interface AmiSpeed {
  readonly ceiling: number;
  readonly ours: number;
  /** Events that came out, so that nobody measures a path that drops them. */
  readonly events: number;
}

/** Plays `rounds` times all recordings to a bare asterisk-manager, and to the whole path to events. */
async function measureAmi(rounds: number): Promise<AmiSpeed> {
  const pbx = await startRecordedPbx(rounds);
  try {
    const ceiling = pbx.packets / (await secondsOf(() => bareParser(pbx.port)));
    let events = 0;
    const seconds = await secondsOf(async () => {
      events = await bytesToEvents(pbx.port);
    });
    return { ceiling, ours: pbx.packets / seconds, events };
  } finally {
    await pbx.stop();
  }
}

async function startRecordedPbx(rounds: number): Promise<RecordedPbx> {
  const worker = new Worker(new URL('./ami-pbx.ts', import.meta.url), { workerData: { rounds } });
  const [message] = await once(worker, 'message');
  return {
    ...message,
    async stop() {
      worker.postMessage('stop');
      await once(worker, 'exit');
    },
  };
}

async function secondsOf(run: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await run();
  return (performance.now() - begun) / 1000;
}

async function bareParser(port: number): Promise<void> {
  const closed = deferred<void>();
  const manager = new Manager({ host: '127.0.0.1', port }, undefined, 'bench', 'bench', true);
  manager.on('managerevent', () => {});
  manager.on('close', () => closed.resolve());
  await closed.promise;
}

async function bytesToEvents(port: number): Promise<number> {
  let events = 0;
  const facts = createAmiFacts();
  const tracker = createTracker({
    pbx: 'bench' as PbxName,
    extensionPattern: DEFAULT_EXTENSION_PATTERN,
    trunks: ['trunk1', 'sippin', 'sippout'],
    pagingExtensions: [],
  });
  const closed = deferred<void>();
  const opened = await openAmiClient({
    host: '127.0.0.1',
    port,
    username: 'bench',
    secret: 'bench',
    tls: false,
    events: 'on',
    deadlines: DEFAULT_DEADLINES,
    clock: systemClock,
    logger: silentLogger,
    signal: new AbortController().signal,
    onPacket(packet) {
      for (const fact of facts.facts(packet, systemClock.now())) events += tracker.apply(fact).length;
    },
    onClose: () => closed.resolve(),
  });
  if (!opened.ok) throw new Error(opened.failure.message);
  await closed.promise;
  return events;
}
