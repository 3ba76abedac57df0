import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wrongOf } from '../../../support/sip-frames.ts';
import { audio } from '../../../support/sip-phone.ts';

/** How often each of them comes. */
const STARTS = [
  { weight: 6, arbitrary: fc.constant('INVITE sip:1003@h SIP/2.0') },
  { weight: 3, arbitrary: fc.constant('SIP/2.0 180 Ringing') },
  { weight: 6, arbitrary: fc.constant('SIP/2.0 200 OK') },
  { weight: 2, arbitrary: fc.constant('REFER sip:h SIP/2.0') },
  { weight: 2, arbitrary: fc.constant('SIP/2.0 202 Accepted') },
  { weight: 1, arbitrary: fc.constant('NOTIFY sip:h SIP/2.0') },
  { weight: 1, arbitrary: fc.constant('BYE sip:h SIP/2.0') },
  { weight: 1, arbitrary: fc.constant('CANCEL sip:h SIP/2.0') },
  { weight: 1, arbitrary: fc.constantFrom(302, 407, 486, 487, 603).map((status) => `SIP/2.0 ${status} No`) },
] as const;

/** Of the server. */
const RECEIVED = [
  'id|sip|network|1|udp|192.0.2.1|5060|1|TXN|CALL|x|5060',
  'id|sip|application|1|udp|192.0.2.1|5060|1|unsolicited|CALL|x|5060',
  'id|response|f1|OK|application|1|udp|192.0.2.1|5060|1|TXN|CALL||Msg sent:|',
  'id|response|f1|OK|network|1|udp|192.0.2.1|5060|1|TXN|CALL|continue',
  'id|response|f1|OK|done',
  'id|response|f1|NOK|transaction not found',
  'id|cdr:attempt|network|1',
  'id|cdr:attempt|application|1',
  'id|cdr:start|network|1|proxy-uac',
  'id|cdr:stop|network|1|normal-release',
  'id|cdr:stop|application|1|call-rejected',
];
const SENT = [
  'sip|TXN|',
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
    'id|cdr:stop',
    'id|cdr:attempt',
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
  const heads = fc.oneof(
    fc.constantFrom(...RECEIVED).map((head) => [true, head] as const),
    fc.constantFrom(...SENT).map((head) => [false, head] as const),
  );
  const message = fc
    .record({
      start: fc.oneof(...STARTS),
      frame: heads,
      callId: fc.constantFrom('c1', 'c2', 'c3', 'c4'),
      from: fc.constantFrom(...tags),
      to: fc.constantFrom(...tags, undefined),
      transaction: fc.constantFrom('t1', 't2'),
      body: fc.constantFrom('', audio(), audio('sendonly'), 'SIP/2.0 200 OK', 'SIP/2.0 486 Busy'),
    })
    .map(({ start, frame: [isIncoming, head], callId, from, to, transaction, body }) => {
      const lines = [
        head.replaceAll('TXN', transaction).replaceAll('CALL', `${callId};from-tag=${from}`),
        start,
        `Call-ID: ${callId}`,
        `From: <sip:100${from === 'a' ? 1 : 2}@h>;tag=${from}`,
        to === undefined ? 'To: <sip:1003@h>' : `To: <sip:1003@h>;tag=${to}`,
        'CSeq: 1 INVITE',
        'Refer-To: <sip:1004@h?Replaces=c2>',
        '',
        body,
      ];
      return [isIncoming, lines.join('\r\n')] as const;
    });

  test('is thrown off by no frame, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), frame), { maxLength: 30 }), (frames) => {
        expect(wrongOf(frames.map(([isIncoming, text]) => ({ isIncoming, id: 'f1', text })))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('tells each call once, in its order, whatever is lost, repeated or mixed up', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 20, maxLength: 80 }), (frames) => {
        expect(wrongOf(frames.map(([isIncoming, text]) => ({ isIncoming, id: 'f1', text })))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});
