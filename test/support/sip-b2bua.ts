import type Srf from 'drachtio-srf';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { PbxEvent } from '../../src/model/event.ts';
import type { DrachtioServer } from './drachtio-server.ts';
import { type Frame, wrongOf } from './sip-frames.ts';
import { audio, type Place, SipPhone } from './sip-phone.ts';

export const CONTACT = 'Contact: <sip:1002@192.0.2.20:5060>';
export const TRUNK: Place = { address: '203.0.113.9', port: 5060, transport: 'udp' };
export const SECOND = 1_000;

/** A B2BUA that sends each call on to the same number elsewhere, and does what a REFER asks for. */
export function b2bua(host = '192.0.2.20:5060', transferAnswer?: string): (srf: Srf) => void {
  return (srf) =>
    srf.use('invite', (req, res) => {
      srf
        .createB2BUA(req, res, `sip:${req.calledNumber}@${host}`, {})
        .then(({ uas, uac }) => {
          for (const [one, other] of [
            [uas, uac],
            [uac, uas],
          ] as const) {
            one.on('destroy', () => transferAnswer ?? other.destroy());
            one.on('refer', (refer, answer) => {
              answer.send(202);
              const [, target = ''] = /<([^>?]+)/.exec(refer.get('Refer-To')) ?? [];
              if (transferAnswer === undefined) void srf.createUAC(target, { localSdp: one.remote.sdp });
              else notify(one, transferAnswer);
            });
          }
        })
        .catch(() => {});
    });
}

/** The types of drachtio-srf want a whole request here. */
function notify(dialog: Srf.Dialog, status: string): void {
  const headers = { Event: 'refer', 'Content-Type': 'message/sipfrag' };
  Reflect.apply(dialog.request, dialog, [{ method: 'NOTIFY', headers, body: status }]);
}

export function brief(events: readonly PbxEvent[], ...keys: readonly string[]): unknown[] {
  return events
    .filter(({ type }) => type.startsWith('call.'))
    .map(({ type, data }) => [type.slice('call.'.length), ...keys.map((key) => data[key])]);
}

/** A call that is answered; gives the phone that was called, as it speaks within the call. */
export async function answered(
  server: DrachtioServer,
  caller: SipPhone,
  to: string,
  from?: Place,
): Promise<SipPhone> {
  const before = server.requests.length;
  const answer = server.receive(caller.invite(to), from);
  const sent = await server.until(() => server.requests[before]);
  server.respond(sent, '180 Ringing');
  server.respond(sent, '200 OK', [CONTACT], audio(), `callee-${to}`);
  await answer;
  server.send(caller.within('ACK'), from, caller.dialogId);
  await server.settled();
  const tag = /;tag=([^;\r]+)/.exec(sent.raw)?.[1] ?? '';
  return new SipPhone(to, sent.message.callId, { own: `callee-${to}`, other: tag });
}

export async function hangUp(
  server: DrachtioServer,
  phone: SipPhone,
  dialogId = phone.dialogId,
): Promise<void> {
  await server.receive(phone.within('BYE'), undefined, dialogId);
  await server.settled();
}

/** Of a phone that was called: the application began the dialog. */
export function calledDialog(phone: SipPhone): string {
  return `${phone.callId};from-tag=${/tag=(.*)>?/.exec(phone.within('X').split('To: ')[1] ?? '')?.[1] ?? ''}`;
}

/** Any part of a session, each frame as much as eight places late, told twice now and then. */
export function expectRulesToHold(frames: readonly Frame[]): void {
  const late = fc.array(fc.nat(8), { minLength: frames.length * 2, maxLength: frames.length * 2 });
  fc.assert(
    fc.property(fc.subarray([...frames, ...frames.slice(-4)]), late, (part, places) => {
      const moved = part.map((frame, index) => [index + (places[index] ?? 0), frame] as const);
      const scrambled = moved.toSorted(([a], [b]) => a - b).map(([, frame]) => frame);
      expect(wrongOf(scrambled)).toEqual([]);
    }),
    { numRuns: 300 },
  );
}
