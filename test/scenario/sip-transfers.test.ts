import { describe, expect, test } from 'vitest';
import {
  answered,
  b2bua,
  brief,
  CONTACT,
  calledDialog,
  expectRulesToHold,
  hangUp,
  SECOND,
} from '../support/sip-b2bua.ts';
import { eventsOf, recordFrames } from '../support/sip-frames.ts';
import { watchedHost } from '../support/sip-host.ts';
import { audio, SipPhone } from '../support/sip-phone.ts';

describe('a call that is held', () => {
  test.each([
    ['sendonly', audio('sendonly')],
    ['inactive', audio('inactive')],
    ['an address of zeros', audio('sendrecv', '0.0.0.0')],
  ])('with %s is told once, and its resume too', async (_, body) => {
    const { server, clock, events } = await watchedHost(b2bua());
    const caller = new SipPhone('1001', 'call-1');
    await answered(server, caller, '1002');
    await server.receive(caller.within('INVITE', [], body), undefined, caller.dialogId);
    await server.receive(caller.within('INVITE', [], body), undefined, caller.dialogId);
    clock.advance(7 * SECOND);
    await server.receive(caller.within('INVITE', [], audio()), undefined, caller.dialogId);
    await server.receive(caller.within('UPDATE', [], audio()), undefined, caller.dialogId);
    expect(brief(events.slice(4), 'held_by', 'resumed_by', 'hold_seconds')).toEqual([
      ['hold', '1001', undefined, undefined],
      ['resume', undefined, '1001', 7],
    ]);
  });

  test('by the callee is held by the callee', async () => {
    const { server, events } = await watchedHost(b2bua());
    const callee = await answered(server, new SipPhone('1001', 'call-1'), '1002');
    await server.receive(callee.within('INVITE', [], audio('sendonly')), undefined, calledDialog(callee));
    expect(brief(events.slice(-1), 'held_by')).toEqual([['hold', '1002']]);
  });
});

describe('a call that is transferred', () => {
  const REFER = ['Refer-To: <sip:1003@pbx.example>'];

  test('blind is told when the transferer leaves, its hold over before that', async () => {
    const { server, clock, events } = await watchedHost(b2bua('192.0.2.20', 'SIP/2.0 100 Trying'));
    const caller = new SipPhone('1001', 'call-1');
    const callee = await answered(server, caller, '1002');
    const dialog = calledDialog(callee);
    await server.receive(callee.within('INVITE', [], audio('sendonly')), undefined, dialog);
    await server.receive(callee.within('REFER', REFER), undefined, dialog);
    expect(events.at(-1)?.type).toBe('call.hold');
    await hangUp(server, callee, dialog);
    clock.advance(SECOND);
    expect(
      brief(events.slice(5), 'transfer_type', 'transferred_by', 'transferred_party', 'transfer_destination'),
    ).toEqual([
      ['resume', undefined, undefined, undefined, undefined],
      ['transfer', 'blind', '1002', '1001', '1003'],
    ]);
  });

  test('blind is told when the host says that it succeeded', async () => {
    const { server, clock, events } = await watchedHost(b2bua('192.0.2.20', 'SIP/2.0 200 OK'));
    const callee = await answered(server, new SipPhone('1001', 'call-1'), '1002');
    await server.receive(callee.within('REFER', REFER), undefined, calledDialog(callee));
    await server.settled();
    clock.advance(SECOND);
    expect(brief(events.slice(-1), 'transferred_by')).toEqual([['transfer', '1002']]);
  });

  test('and fails is not told', async () => {
    const { server, clock, events, types } = await watchedHost(b2bua('192.0.2.20', 'SIP/2.0 486 Busy Here'));
    const callee = await answered(server, new SipPhone('1001', 'call-1'), '1002');
    await server.receive(callee.within('REFER', REFER), undefined, calledDialog(callee));
    await server.settled();
    await hangUp(server, callee, calledDialog(callee));
    clock.advance(SECOND);
    expect(types()).not.toContain('call.transfer');
    expect(events).toHaveLength(4);
  });

  test('by a REFER that nobody handles is none', async () => {
    const { server, clock, types } = await watchedHost((srf) =>
      srf.use('invite', (req, res) => {
        srf.createB2BUA(req, res, 'sip:1002@192.0.2.20', {}).catch(() => {});
      }),
    );
    const callee = await answered(server, new SipPhone('1001', 'call-1'), '1002');
    await server.receive(callee.within('REFER', REFER), undefined, calledDialog(callee));
    await hangUp(server, callee, calledDialog(callee));
    clock.advance(SECOND);
    expect(types()).not.toContain('call.transfer');
  });

  test('to a device that the host rings goes on with that device', async () => {
    const { server, clock, events } = await watchedHost(b2bua());
    const caller = new SipPhone('1001', 'call-1');
    const callee = await answered(server, caller, '1002');
    await server.receive(callee.within('REFER', REFER), undefined, calledDialog(callee));
    const sent = await server.until(() => server.requests[1]);
    server.respond(sent, '180 Ringing');
    server.respond(sent, '200 OK', [CONTACT], audio(), 'third');
    await server.settled();
    clock.advance(SECOND);
    expect(brief(events.slice(4), 'to_extension', 'transferred_party', 'transfer_destination')).toEqual([
      ['ringing', '1003', undefined, undefined],
      ['transfer', '1002', '1001', '1003'],
    ]);
    expect(new Set(events.slice(1).map(({ callId }) => callId))).toEqual(new Set(['call-1']));
  });

  test('attended joins the consultation to the call, and whatever is lost or late of it breaks no rule', async () => {
    const { server, srf, clock, events } = await watchedHost(b2bua('192.0.2.20', 'SIP/2.0 200 OK'));
    const frames = recordFrames(srf);
    const first = new SipPhone('1001', 'call-1');
    const callee = await answered(server, first, '1002');
    await server.receive(callee.within('INVITE', [], audio('sendonly')), undefined, calledDialog(callee));
    const consultation = new SipPhone('1002', 'call-2', { own: 'consult' });
    await answered(server, consultation, '1003');
    const replaces = 'Replaces=call-2%3Bto-tag%3Dserver%3Bfrom-tag%3Dconsult';
    const refer = [`Refer-To: <sip:1003@pbx.example?${replaces}>`];
    await server.receive(callee.within('REFER', refer), undefined, calledDialog(callee));
    await server.settled();
    await hangUp(server, callee, calledDialog(callee));
    await hangUp(server, consultation);
    clock.advance(SECOND);
    expect(
      brief(events.slice(8), 'transferred_by', 'transferred_party', 'transfer_destination', 'merged_into'),
    ).toEqual([
      ['resume', undefined, undefined, undefined, undefined],
      ['transfer', '1002', '1001', '1003', undefined],
      ['ended', undefined, undefined, undefined, 'call-1'],
    ]);
    expect(events.at(-2)?.data).toMatchObject({ transfer_type: 'attended', consultation_call_id: 'call-2' });
    expect(eventsOf(frames).map(({ type }) => type)).toContain('call.transfer');
    expectRulesToHold(frames);
  });
});
