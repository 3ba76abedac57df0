import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Wire } from '../../../../src/source/sip/host-srf.ts';
import { SipObserver } from '../../../../src/source/sip/observer.ts';
import { Tap } from '../../../../src/source/sip/tap.ts';
import type { Fact } from '../../../../src/telephony/facts.ts';
import { systemClock } from '../../../../src/util/clock.ts';
import { CALLS } from '../../../support/sip-host.ts';

class FakeWire extends EventEmitter implements Wire {
  readonly sent: string[] = [];

  send(_socket: unknown, frame: string): string {
    this.sent.push(frame);
    return `id-${this.sent.length}`;
  }
}

const quiet = { incoming: () => undefined, outgoing: () => {}, failed: () => {} };

describe('a tap', () => {
  test('hears a frame before the application does, and passes on what that sends', () => {
    const wire = new FakeWire();
    const heard: string[] = [];
    wire.on('msg', (_, frame: string) => wire.send(undefined, `answer to ${frame}`));
    const tap = new Tap(wire, {
      incoming: (frame) => {
        heard.push(frame);
        return `because ${frame}`;
      },
      outgoing: (id, frame, because) => heard.push(`${id}: ${frame} (${because})`),
      failed: () => {},
    });
    wire.emit('msg', undefined, 'a');
    expect(heard).toEqual(['a', 'id-1: answer to a (because a)']);
    tap.remove();
    wire.emit('msg', undefined, 'b');
    expect(heard).toHaveLength(2);
    expect(wire.sent).toEqual(['answer to a', 'answer to b']);
  });

  test('knows because of what a frame is sent, also later on and side by side with others', async () => {
    const wire = new FakeWire();
    const causes: unknown[] = [];
    wire.on('msg', (_, frame: string) => {
      void Promise.resolve()
        .then(() => new Promise((resolve) => setImmediate(resolve)))
        .then(() => wire.send(undefined, `later ${frame}`));
    });
    const tap = new Tap(wire, {
      ...quiet,
      incoming: (frame) => frame,
      outgoing: (_, frame, because) => causes.push([frame, because]),
    });
    for (const frame of ['a', 'b', 'c']) wire.emit('msg', undefined, frame);
    await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(causes).toEqual([
      ['later a', 'a'],
      ['later b', 'b'],
      ['later c', 'c'],
    ]);
    tap.remove();
  });

  test('that fails hurts nobody, and says so', () => {
    const wire = new FakeWire();
    const failures: unknown[] = [];
    const fail = (): never => {
      throw new Error('broken');
    };
    const tap = new Tap(wire, { incoming: fail, outgoing: fail, failed: (error) => failures.push(error) });
    wire.emit('msg', undefined, 'a');
    expect(wire.send(undefined, 'b')).toBe('id-1');
    expect(failures).toHaveLength(2);
    tap.remove();
  });

  test('leaves alone who took its place meanwhile', () => {
    const wire = new FakeWire();
    const heard: string[] = [];
    const tap = new Tap(wire, { ...quiet, outgoing: (_, frame) => heard.push(frame) });
    const ours = wire.send;
    const theirs: Wire['send'] = (socket, frame) => ours.call(wire, socket, `${frame}!`);
    wire.send = theirs;
    tap.remove();
    expect(wire.send).toBe(theirs);
    expect(wire.send(undefined, 'a')).toBe('id-1');
    expect([wire.sent, heard]).toEqual([['a!'], []]);
  });
});

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

  test('is thrown off by no frame, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), frame), { maxLength: 30 }), (frames) => {
        const facts: Fact[] = [];
        const observer = new SipObserver({
          ...CALLS,
          fromRecords: true,
          now: () => systemClock.now(),
          onFact: (fact) => facts.push(fact),
        });
        for (const [isIncoming, text] of frames) {
          if (isIncoming) observer.incoming(`id|${text}`);
          else observer.outgoing('t1', text, undefined);
        }
      }),
      { numRuns: 300 },
    );
  });
});
