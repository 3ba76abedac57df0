import type Srf from 'drachtio-srf';
import { onTestFinished } from 'vitest';
import type { PbxEvent } from '../../src/model/event.ts';
import type { PbxName } from '../../src/model/ids.ts';
import { hostSrfOf } from '../../src/source/sip/host-srf.ts';
import { SipObserver } from '../../src/source/sip/observer.ts';
import { Tap } from '../../src/source/sip/tap.ts';
import type { Fact } from '../../src/telephony/facts.ts';
import { createTracker } from '../../src/telephony/tracker.ts';
import { micro } from '../../src/util/clock.ts';
import { wrongByCatalogue } from './catalogue.ts';
import { FakeClock } from './clock.ts';
import { brokenRules, hangUpAll } from './fact-streams.ts';
import { CALLS } from './sip-host.ts';

export interface Frame {
  readonly isIncoming: boolean;
  readonly id: string;
  readonly text: string;
  readonly because?: string | undefined;
}

/** What a host's drachtio-srf and its server say from now on. */
export function recordFrames(srf: Srf): readonly Frame[] {
  const frames: Frame[] = [];
  const wire = hostSrfOf(srf).app.client?.wp;
  if (wire === undefined) throw new Error('not connected');
  const tap = new Tap(wire, {
    incoming: (text) => {
      frames.push({ isIncoming: true, id: '', text });
      return /^call-id: *(\S+)/im.exec(text)?.[1];
    },
    outgoing: (id, text, because) => frames.push({ isIncoming: false, id, text, because }),
    failed: () => {},
  });
  onTestFinished(() => tap.remove());
  return frames;
}

/** What the frames lead to. */
export function eventsOf(frames: readonly Frame[]): readonly PbxEvent[] {
  const facts: Fact[] = [];
  const clock = new FakeClock();
  const observer = new SipObserver({
    ...CALLS,
    fromRecords: true,
    clock,
    onFact: (fact) => facts.push(fact),
  });
  for (const { isIncoming, id, text, because } of frames) {
    clock.advance(10);
    if (isIncoming) observer.incoming(text);
    else observer.outgoing(id, text, because);
  }
  clock.advance(60_000);
  const tracker = createTracker({ ...CALLS, pbx: 'edge' as PbxName });
  const events = [...facts, ...hangUpAll(facts)].flatMap((fact) => tracker.apply(fact));
  return [...events, ...tracker.settle(micro(Number.POSITIVE_INFINITY))];
}

/** Which rules the events break that the frames lead to, when all channels are gone in the end. */
export function wrongOf(frames: readonly Frame[]): readonly string[] {
  const events = eventsOf(frames);
  return [...brokenRules(events), ...events.map(wrongByCatalogue).filter((line) => line !== '')];
}
