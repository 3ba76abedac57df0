import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { onTestFinished } from 'vitest';
import type { PbxEvent } from '../../src/model/event.ts';
import type { PbxName } from '../../src/model/ids.ts';
import { Pipeline } from '../../src/pipeline.ts';
import { createHostSipSource } from '../../src/source/sip/host-source.ts';
import type { Source } from '../../src/source/source.ts';
import { createTracker } from '../../src/telephony/tracker.ts';
import { silentLogger } from '../../src/util/log.ts';
import { wrongByCatalogue } from './catalogue.ts';
import { FakeClock } from './clock.ts';
import { DrachtioServer } from './drachtio-server.ts';

const PBX = 'edge' as PbxName;
export const CALLS = {
  extensionPattern: /^\d{2,6}$/,
  trunks: ['203.0.113.9', 'carrier.example'],
  pagingExtensions: [],
};

/** What a source tells, through the real trackers. */
export function eventsOf(source: Source, clock: FakeClock): PbxEvent[] {
  const events: PbxEvent[] = [];
  const pipeline = new Pipeline({
    source,
    tracker: createTracker({ pbx: PBX, ...CALLS }),
    publish: (told) => {
      const wrong = told.map(wrongByCatalogue).filter((line) => line !== '');
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
      events.push(...told);
      return Promise.resolve();
    },
    clock,
    logger: silentLogger,
  });
  onTestFinished(() => pipeline.stop());
  pipeline.start();
  return events;
}

/** A host's application on a fake server, watched from outside; `route` is what the host does. */
export async function watchedHost(route: (srf: Srf) => void) {
  const server = await DrachtioServer.start();
  onTestFinished(() => server.stop());
  const clock = new FakeClock();
  const srf = new Srf();
  srf.on('error', () => {});
  route(srf);
  void srf.connect({ host: '127.0.0.1', port: server.port, secret: server.secret });
  onTestFinished(() => srf.disconnect());
  await once(srf, 'connect');
  const events = eventsOf(createHostSipSource(srf, { name: PBX, calls: CALLS, clock }), clock);
  return { server, srf, clock, events, types: () => events.map(({ type }) => type) };
}
