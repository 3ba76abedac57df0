import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PbxEvent } from '../../../../src/model/event.ts';
import type { PbxName } from '../../../../src/model/ids.ts';
import { SipObserver } from '../../../../src/source/sip/observer.ts';
import type { Fact } from '../../../../src/telephony/facts.ts';
import { createTracker } from '../../../../src/telephony/tracker.ts';
import { type Micros, micro } from '../../../../src/util/clock.ts';
import { wrongByCatalogue } from '../../../support/catalogue.ts';
import { brokenRules, hangUpAll } from '../../../support/fact-streams.ts';
import { CALLS } from '../../../support/sip-host.ts';
import { audio } from '../../../support/sip-phone.ts';

const STARTS = [
  'INVITE sip:1003@h SIP/2.0',
  'INVITE sip:1003@h SIP/2.0',
  'BYE sip:h SIP/2.0',
  'CANCEL sip:h SIP/2.0',
  'REFER sip:h SIP/2.0',
  'NOTIFY sip:h SIP/2.0',
  'SIP/2.0 180 Ringing',
  'SIP/2.0 200 OK',
  'SIP/2.0 200 OK',
  'SIP/2.0 202 Accepted',
  'SIP/2.0 407 Proxy Authentication Required',
  'SIP/2.0 486 Busy Here',
  'SIP/2.0 487 Request Terminated',
];

/** Without the id before them where the server sends them. */
const FRAMES = [
  'sip|network|1|udp|192.0.2.1|5060|1|TXN|CALL|x|5060',
  'sip|application|1|udp|192.0.2.1|5060|1|unsolicited|CALL|x|5060',
  'response|f1|OK|application|1|udp|192.0.2.1|5060|1|TXN|CALL||Msg sent:|',
  'response|f1|OK|network|1|udp|192.0.2.1|5060|1|TXN|CALL|continue',
  'response|f1|OK|done',
  'cdr:attempt|network|1',
  'cdr:attempt|application|1',
  'cdr:start|network|1|proxy-uac',
  'cdr:stop|network|1|normal-release',
  'sip|TXN|',
  'sip||CALL',
  'sip||',
  'proxy|TXN|remainInDialog|fullResponse||simultaneous|||sip:1004@192.0.2.4|sip:1005@192.0.2.5',
  'proxy|TXN|||||||sip:1004@192.0.2.4|sip:1005@192.0.2.5',
];

describe('an observer', () => {
  const words = fc.constantFrom(
    'sip',
    'network',
    'application',
    'response',
    'OK',
    'NOK',
    'done',
    'proxy',
    'cdr:stop',
    'cdr:attempt',
    'continue',
    't1',
    't2',
    'c1;from-tag=a',
    '',
  );
  const lines = fc.constantFrom(
    'INVITE sip:1002@h SIP/2.0',
    'REGISTER sip:h SIP/2.0',
    'BYE sip:h SIP/2.0',
    'CANCEL sip:h SIP/2.0',
    'REFER sip:h SIP/2.0',
    'NOTIFY sip:h SIP/2.0',
    'SIP/2.0 200 OK',
    'SIP/2.0 180 Ringing',
    'SIP/2.0 486 Busy',
    'Call-ID: c1',
    'Call-ID: c2',
    'From: <sip:1001@h>;tag=a',
    'To: <sip:1002@h>;tag=b',
    'To: <sip:1002@h>',
    'Contact: *',
    'Contact: <sip:1001@h>;expires=x',
    'Refer-To: <sip:1003@h?Replaces=c2>',
    'CSeq: x',
    ': ',
    '',
    'm=audio 1',
    'SIP/2.0 200',
  );
  const frame = fc
    .tuple(fc.array(words, { maxLength: 13 }), fc.array(fc.oneof(lines, fc.string()), { maxLength: 8 }))
    .map(([fields, message]) => [fields.join('|'), ...message].join('\r\n'));

  /** Frames as they come, of two calls, but in no order. */
  const tags = ['a', 'b'] as const;
  const message = fc
    .record({
      start: fc.constantFrom(...STARTS),
      frame: fc.constantFrom(...FRAMES),
      callId: fc.constantFrom('c1', 'c2'),
      from: fc.constantFrom(...tags),
      to: fc.constantFrom(...tags, undefined),
      transaction: fc.constantFrom('t1', 't2', 't3'),
      body: fc.constantFrom('', audio(), audio('sendonly'), 'SIP/2.0 200 OK', 'SIP/2.0 486 Busy'),
    })
    .map(({ start, frame: head, callId, from, to, transaction, body }) =>
      [
        head.replaceAll('TXN', transaction).replaceAll('CALL', `${callId};from-tag=${from}`),
        start,
        `Call-ID: ${callId}`,
        `From: <sip:100${from === 'a' ? 1 : 2}@h>;tag=${from}`,
        to === undefined ? 'To: <sip:1003@h>' : `To: <sip:1003@h>;tag=${to}`,
        'CSeq: 1 INVITE',
        'Refer-To: <sip:1004@h?Replaces=c2>',
        '',
        body,
      ].join('\r\n'),
    );

  test('is thrown off by no frame, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), frame), { maxLength: 30 }), (frames) => {
        expect(brokenRules(eventsOf(frames))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('tells each call once, in its order, whatever is lost, repeated or mixed up', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), message), { maxLength: 40 }), (frames) => {
        expect(brokenRules(eventsOf(frames))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** What the frames lead to, when all channels are gone in the end. */
function eventsOf(frames: readonly (readonly [isIncoming: boolean, text: string])[]): PbxEvent[] {
  const facts: Fact[] = [];
  let time = 1_800_000_000_000_000;
  const now = (): Micros => {
    time += 10_000;
    return micro(time);
  };
  const observer = new SipObserver({ ...CALLS, fromRecords: true, now, onFact: (fact) => facts.push(fact) });
  for (const [isIncoming, text] of frames) {
    if (isIncoming) observer.incoming(`id|${text}`);
    else observer.outgoing('f1', text, 'c1');
  }
  const tracker = createTracker({ ...CALLS, pbx: 'edge' as PbxName });
  const events = [...facts, ...hangUpAll(facts)].flatMap((fact) => tracker.apply(fact));
  const all = [...events, ...tracker.settle(micro(Number.POSITIVE_INFINITY))];
  expect(all.map(wrongByCatalogue).filter((line) => line !== '')).toEqual([]);
  return all;
}
