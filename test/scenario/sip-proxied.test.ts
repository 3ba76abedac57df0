import type Srf from 'drachtio-srf';
import { describe, expect, test } from 'vitest';
import { brief, expectRulesToHold, SECOND } from '../support/sip-b2bua.ts';
import { recordFrames } from '../support/sip-frames.ts';
import { watchedHost } from '../support/sip-host.ts';
import { SipPhone } from '../support/sip-phone.ts';
import { sip } from '../support/sip-text.ts';

describe('a call that the host has proxied', () => {
  function proxy(destinations: string[], forking: 'simultaneous' | 'sequential'): (srf: Srf) => void {
    return (srf) =>
      srf.use('invite', (req) => {
        srf.proxyRequest(req, destinations, { forking, remainInDialog: true }, () => {});
      });
  }
  const TWO = ['sip:1002@192.0.2.20', 'sip:1003@192.0.2.30'];

  test('is started, rings, is answered, and ends where the host has call detail records', async () => {
    const { server, clock, events } = await watchedHost((srf) => {
      srf.on('cdr:stop', () => {});
      proxy(['sip:1002@192.0.2.20'], 'sequential')(srf);
    });
    const caller = new SipPhone('1001', 'call-1');
    const invite = caller.invite('1002');
    server.send(invite);
    const proxied = await server.until(() => server.proxied[0]);
    server.proxyRespond(proxied, invite, '180 Ringing', 'b');
    server.proxyRespond(proxied, invite, '200 OK', 'b');
    await server.settled();
    clock.advance(4 * SECOND);
    const bye = sip('BYE sip:1001@192.0.2.10 SIP/2.0', [
      'From: <sip:1002@pbx.example>;tag=b',
      'To: <sip:1001@pbx.example>;tag=caller',
      'Call-ID: call-1',
      'CSeq: 1 BYE',
    ]);
    server.record('stop', 'network', 'normal-release', bye);
    server.record('stop', 'application', 'normal-release', bye);
    await server.settled();
    expect(brief(events, 'answered_by', 'disposition', 'hangup_by', 'billsec')).toEqual([
      ['started', undefined, undefined, undefined, undefined],
      ['ringing', undefined, undefined, undefined, undefined],
      ['answered', '1002', undefined, undefined, undefined],
      ['ended', '1002', 'answered', 'callee', 4],
    ]);
  });

  test('to several at once is missed by none when one answers', async () => {
    const { server, srf, events } = await watchedHost(proxy([...TWO], 'simultaneous'));
    const frames = recordFrames(srf);
    const invite = new SipPhone('1001', 'call-1').invite('1009');
    server.send(invite);
    const proxied = await server.until(() => server.proxied[0]);
    server.proxyRespond(proxied, invite, '180 Ringing', 'b', '192.0.2.20');
    server.proxyRespond(proxied, invite, '180 Ringing', 'c', '192.0.2.30');
    server.proxyRespond(proxied, invite, '200 OK', 'c', '192.0.2.30');
    server.proxyRespond(proxied, invite, '487 Request Terminated', 'b', '192.0.2.20');
    await server.settled();
    expect(brief(events, 'to_extension', 'answered_by')).toEqual([
      ['started', '1009', undefined],
      ['ringing', '1002', undefined],
      ['ringing', '1003', undefined],
      ['answered', '1009', '1003'],
    ]);
    expectRulesToHold(frames);
  });

  test('to one after the other ends as the last of them did', async () => {
    const { server, events } = await watchedHost(proxy([...TWO], 'sequential'));
    const invite = new SipPhone('1001', 'call-1').invite('1009');
    server.send(invite);
    const proxied = await server.until(() => server.proxied[0]);
    server.proxyRespond(proxied, invite, '486 Busy Here', 'b', '192.0.2.20');
    server.proxyRespond(proxied, invite, '180 Ringing', 'c', '192.0.2.30');
    server.proxyRespond(proxied, invite, '480 Temporarily Unavailable', 'c', '192.0.2.30');
    server.proxyDone(proxied);
    await server.settled();
    expect(brief(events, 'to_extension', 'disposition')).toEqual([
      ['started', '1009', undefined],
      ['ringing', '1003', undefined],
      ['missed', '1003', undefined],
      ['ended', '1009', 'no_answer'],
    ]);
  });

  test('goes on when its caller gives the password that the destination asks for', async () => {
    const { server, srf, clock, events } = await watchedHost(proxy(['sip:1002@192.0.2.20'], 'sequential'));
    const frames = recordFrames(srf);
    const caller = new SipPhone('1001', 'call-1');
    const invite = caller.invite('1002');
    server.send(invite);
    const proxied = await server.until(() => server.proxied[0]);
    server.proxyRespond(proxied, invite, '407 Proxy Authentication Required', 'b');
    server.proxyDone(proxied);
    await server.settled();
    clock.advance(29 * SECOND);
    const again = caller.invite('1002', ['Proxy-Authorization: Digest username="1001"']);
    server.send(again);
    const second = await server.until(() => server.proxied[1]);
    clock.advance(31 * SECOND);
    server.proxyRespond(second, again, '200 OK', 'c');
    server.proxyDone(second);
    await server.settled();
    expect(brief(events, 'answered_by')).toEqual([
      ['started', undefined],
      ['answered', '1002'],
    ]);
    expectRulesToHold(frames);
  });

  test('ends as refused when its caller does not give the password', async () => {
    const { server, clock, events } = await watchedHost(proxy(['sip:1002@192.0.2.20'], 'sequential'));
    const invite = new SipPhone('1001', 'call-1').invite('1002');
    server.send(invite);
    const proxied = await server.until(() => server.proxied[0]);
    server.proxyRespond(proxied, invite, '401 Unauthorized', 'b');
    server.proxyDone(proxied);
    await server.settled();
    expect(brief(events)).toEqual([['started']]);
    clock.advance(30 * SECOND);
    expect(brief(events, 'disposition', 'duration').slice(1)).toEqual([['ended', 'declined', 0]]);
  });

  test('is cancelled by its caller', async () => {
    const { server, events } = await watchedHost(proxy(['sip:1002@192.0.2.20'], 'sequential'));
    const invite = new SipPhone('1001', 'call-1').invite('1002');
    server.send(invite);
    const proxied = await server.until(() => server.proxied[0]);
    server.proxyRespond(proxied, invite, '180 Ringing', 'b');
    server.proxyRespond(proxied, invite, '487 Request Terminated', 'b');
    await server.settled();
    expect(brief(events.slice(-1), 'disposition', 'hangup_by')).toEqual([['ended', 'cancelled', 'caller']]);
  });
});
