import type Srf from 'drachtio-srf';
import { describe, expect, test } from 'vitest';
import type { PbxEvent } from '../../src/model/event.ts';
import { watchedHost } from '../support/sip-host.ts';
import { audio, register, SipPhone } from '../support/sip-phone.ts';

const CONTACT = 'Contact: <sip:1002@192.0.2.20:5060>';
const TRUNK = { address: '203.0.113.9', port: 5060, transport: 'udp' };

/** A B2BUA that sends each call on to the same number elsewhere. */
function b2bua(host = '192.0.2.20:5060'): (srf: Srf) => void {
  return (srf) =>
    srf.use('invite', (req, res) => {
      const to = req.calledNumber;
      srf
        .createB2BUA(req, res, `sip:${to}@${host}`, {})
        .then(({ uas, uac }) => {
          for (const [one, other] of [
            [uas, uac],
            [uac, uas],
          ] as const) {
            one.on('destroy', () => other.destroy());
          }
        })
        .catch(() => {});
    });
}

function brief(events: readonly PbxEvent[], ...keys: readonly string[]): unknown[] {
  return events
    .filter(({ type }) => type.startsWith('call.'))
    .map(({ type, data }) => [type.slice('call.'.length), ...keys.map((key) => data[key])]);
}

describe('a call through a B2BUA', () => {
  test('is started, rings, is answered and ends', async () => {
    const { server, clock, events } = await watchedHost(b2bua());
    const caller = new SipPhone('1001', 'call-1');
    const answer = server.receive(caller.invite('1002'));
    const sent = await server.until(() => server.requests[0]);
    server.respond(sent, '180 Ringing');
    await server.until(() => server.responses[0]);
    clock.advance(5_000);
    server.respond(sent, '200 OK', [CONTACT], audio());
    await answer;
    await server.receive(caller.within('ACK'), undefined, caller.dialogId);
    clock.advance(10_000);
    await server.receive(caller.within('BYE'), undefined, caller.dialogId);
    await server.until(() => server.frames.some((frame) => frame.includes('\r\nBYE ')));
    expect(events.slice(1).map(({ type, callId }) => [type, callId])).toEqual([
      ['call.started', 'call-1'],
      ['call.ringing', 'call-1'],
      ['call.answered', 'call-1'],
      ['call.ended', 'call-1'],
    ]);
    expect(events.at(-1)?.data).toMatchObject({
      from_extension: '1001',
      to_extension: '1002',
      direction: 'internal',
      caller_name: 'Phone 1001',
      disposition: 'answered',
      answered_by: '1002',
      duration: 15,
      billsec: 10,
      hangup_by: 'caller',
      hangup_cause: 16,
    });
    expect(events[3]?.data).toMatchObject({ answered_by: '1002', ring_seconds: 5 });
  });
});
