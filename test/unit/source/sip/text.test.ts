import { describe, expect, test } from 'vitest';
import { contactKey, parseNameAddress, parseSipUri } from '../../../../src/source/sip/address.ts';
import { headerOf, listOf, parseSipMessage, type SipMessage } from '../../../../src/source/sip/message.ts';
import { offersHold } from '../../../../src/source/sip/session-description.ts';
import { audio } from '../../../support/sip-phone.ts';

function parsed(...lines: readonly string[]): SipMessage {
  const message = parseSipMessage([...lines, '', ''].join('\r\n'));
  if (message === undefined) throw new Error('no message');
  return message;
}

describe('a SIP message', () => {
  test('has its headers by their long names, folded and repeated ones too', () => {
    const message = parsed(
      'REGISTER sip:pbx SIP/2.0',
      'f: <sip:1@pbx>;tag=a',
      'M: "A, b" <sip:1@h1;x=1>;expires=300,',
      '  <sip:1@h2>',
      'Contact: <sip:1@h3>',
      'no header',
      'I:  call@1',
    );
    expect(message).toMatchObject({ kind: 'request', method: 'REGISTER', uri: 'sip:pbx', callId: 'call@1' });
    expect(headerOf(message, 'from')).toBe('<sip:1@pbx>;tag=a');
    expect(listOf(message, 'contact')).toEqual([
      '"A, b" <sip:1@h1;x=1>;expires=300',
      '<sip:1@h2>',
      '<sip:1@h3>',
    ]);
  });

  test('that is a response has the method that it answers', () => {
    expect(parsed('SIP/2.0 180 Ringing', 'CSeq: 1 INVITE')).toMatchObject({
      kind: 'response',
      status: 180,
      method: 'INVITE',
    });
  });

  test.each([
    ['INVITE sip:1@h SIP/2.0', 'body'],
    ['UPDATE sip:1@h SIP/2.0', 'body'],
    ['REFER sip:1@h SIP/2.0', 'body'],
    ['NOTIFY sip:1@h SIP/2.0', 'body'],
    ['MESSAGE sip:1@h SIP/2.0', ''],
    ['REGISTER sip:1@h SIP/2.0', ''],
  ])('%s has a body if that tells of calls: %j', (start, body) => {
    expect(parseSipMessage(`${start}\r\nCall-ID: a\r\n\r\nbody`)).toMatchObject({ callId: 'a', body });
  });

  test('without its body is kept without it', () => {
    const heap = (): number => process.memoryUsage().heapUsed;
    const before = heap();
    const kept = Array.from({ length: 400 }, (_, index) =>
      parseSipMessage(
        `MESSAGE sip:1@h SIP/2.0\r\nCall-ID: number-${index}-of-many\r\n\r\n${String(index).padEnd(1e6, 'ab')}`,
      ),
    );
    expect(heap() - before).toBeLessThan(200e6);
    expect(kept.at(-1)?.callId).toBe('number-399-of-many');
  });

  test('takes no longer to read than it is long', () => {
    const start = performance.now();
    parsed('SIP/2.0 200 OK', `CSeq: ${'1'.repeat(100_000)}`);
    expect(performance.now() - start).toBeLessThan(500);
  });

  test.each(['', 'GET / HTTP/1.1', 'SIP/2.0 OK', '\0\0', 'INVITE'])('is not %j', (raw) => {
    expect(parseSipMessage(raw)).toBeUndefined();
  });
});

describe('an address', () => {
  test.each([
    ['"Zoë \\"Z\\" 📞" <sip:1@h>;tag=x', { name: 'Zoë "Z" 📞', uri: 'sip:1@h' }],
    ['Alice <sip:1@h;lr>;q=1', { name: 'Alice', uri: 'sip:1@h;lr' }],
    ['sip:1@h;tag=x', { name: undefined, uri: 'sip:1@h' }],
    ['"" <sip:1@h>', { name: undefined, uri: 'sip:1@h' }],
    ['"Sales <EU>" <sip:1@h>;tag=x', { name: 'Sales <EU>', uri: 'sip:1@h' }],
    ['"a \\"<b>\\" c" <sip:1@h>', { name: 'a "<b>" c', uri: 'sip:1@h' }],
    ['"half a name <sip:1@h>', { name: '"half a name', uri: 'sip:1@h' }],
    ['<sip:1@h', { name: undefined, uri: '<sip:1@h' }],
  ])('%s', (text, expected) => {
    expect(parseNameAddress(text)).toMatchObject(expected);
  });

  test.each(['<', '"<', '"\\'])('takes no longer than it is long: %j, over and over', (part) => {
    const text = part.repeat(100_000);
    const start = performance.now();
    parseNameAddress(text);
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('keeps what its parameters say', () => {
    const { params } = parseNameAddress('<sip:1@h>;Expires=5;+sip.instance="<urn:uuid:1>";expires=9');
    expect([params.get('expires'), params.get('+sip.instance')]).toEqual(['5', '<urn:uuid:1>']);
  });
});

describe('a URI', () => {
  test.each([
    ['sip:1001@PBX.example:5070;transport=tcp', { user: '1001', host: 'pbx.example', port: 5070 }],
    ['sips:al%40ice;x=1:pw@[2001:db8::1]:5061', { user: 'al@ice', host: '2001:db8::1', port: 5061 }],
    ['sip:10.0.0.1', { user: undefined, host: '10.0.0.1', port: undefined }],
    ['tel:+49-151-12345;phone-context=x', { user: '+4915112345', host: '' }],
    ['sip:%zz@h', { user: '%zz', host: 'h' }],
  ])('%s', (uri, expected) => {
    expect(parseSipUri(uri)).toMatchObject(expected);
  });

  test('names the dialog that a transfer is to replace', () => {
    const uri = parseSipUri('sip:1@h?Replaces=a%40b%3Bto-tag%3Dx%3Bfrom-tag%3Dy&Require=replaces');
    expect(uri?.headers.get('replaces')).toBe('a@b;to-tag=x;from-tag=y');
  });

  test.each(['', 'mailto:a@b', 'sip:', 'sip:a@', '*'])('is not %j', (uri) => {
    expect(parseSipUri(uri)).toBeUndefined();
  });

  test('of a contact is the same with its parameters in another order, case or number', () => {
    const key = contactKey('sip:1@H:5060;transport=UDP;ob');
    expect(contactKey('sip:1@h:5060')).toBe(key);
    expect(contactKey('sip:1@h:5060;transport=tcp')).not.toBe(key);
    expect(contactKey('sip:1@h:5061')).not.toBe(key);
  });
});

describe('an offer', () => {
  test.each([
    ['sendrecv', false],
    ['recvonly', false],
    ['sendonly', true],
    ['inactive', true],
  ])('of %s holds: %s', (direction, holds) => {
    expect(offersHold(audio(direction))).toBe(holds);
  });

  test('counts its audio alone, whatever its video does', () => {
    expect(offersHold(`${audio()}m=video 6002 RTP/AVP 96\r\na=inactive\r\n`)).toBe(false);
    expect(offersHold(audio().replace('a=sendrecv\r\n', '').replace('t=0 0', 't=0 0\r\na=sendonly'))).toBe(
      true,
    );
  });

  test.each(['', 'v=0\r\n', audio().replace('6000', '0')])('without audio says nothing', (body) => {
    expect(offersHold(body)).toBeUndefined();
  });
});
