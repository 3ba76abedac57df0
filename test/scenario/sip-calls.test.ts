import type Srf from 'drachtio-srf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PbxEvent } from '../../src/model/event.ts';
import { type DrachtioServer, type Place, sip } from '../support/drachtio-server.ts';
import { eventsOf, type Frame, recordFrames, wrongOf } from '../support/sip-frames.ts';
import { watchedHost } from '../support/sip-host.ts';
import { audio, register, SipPhone } from '../support/sip-phone.ts';

const CONTACT = 'Contact: <sip:1002@192.0.2.20:5060>';
const TRUNK: Place = { address: '203.0.113.9', port: 5060, transport: 'udp' };
const SECOND = 1_000;

/** A B2BUA that sends each call on to the same number elsewhere, and does what a REFER asks for. */
function b2bua(host = '192.0.2.20:5060', transferAnswer?: string): (srf: Srf) => void {
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

function brief(events: readonly PbxEvent[], ...keys: readonly string[]): unknown[] {
  return events
    .filter(({ type }) => type.startsWith('call.'))
    .map(({ type, data }) => [type.slice('call.'.length), ...keys.map((key) => data[key])]);
}

/** A call that is answered; gives the phone that was called, as it speaks within the call. */
async function answered(
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

async function hangUp(server: DrachtioServer, phone: SipPhone, dialogId = phone.dialogId): Promise<void> {
  await server.receive(phone.within('BYE'), undefined, dialogId);
  await server.settled();
}

/** Of a phone that was called: the application began the dialog. */
function calledDialog(phone: SipPhone): string {
  return `${phone.callId};from-tag=${/tag=(.*)>?/.exec(phone.within('X').split('To: ')[1] ?? '')?.[1] ?? ''}`;
}

/** Any part of a session, each frame as much as eight places late, told twice now and then. */
function expectRulesToHold(frames: readonly Frame[]): void {
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

describe('a call through a B2BUA', () => {
  test('is started, rings, is answered and ends', async () => {
    const { server, clock, events } = await watchedHost(b2bua());
    const caller = new SipPhone('1001', 'call-1');
    const answer = server.receive(caller.invite('1002'));
    const sent = await server.until(() => server.requests[0]);
    server.respond(sent, '180 Ringing');
    await server.until(() => server.responses[0]);
    clock.advance(5 * SECOND);
    server.respond(sent, '200 OK', [CONTACT], audio());
    await answer;
    await server.settled();
    clock.advance(10 * SECOND);
    await hangUp(server, caller);
    expect(events.slice(1).map(({ type, callId }) => [type, callId])).toEqual([
      ['call.started', 'call-1'],
      ['call.ringing', 'call-1'],
      ['call.answered', 'call-1'],
      ['call.ended', 'call-1'],
    ]);
    expect(events[3]?.data).toMatchObject({ answered_by: '1002', ring_seconds: 5 });
    expect(events[4]?.data).toMatchObject({
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
  });

  test('is ended by the callee', async () => {
    const { server, events } = await watchedHost(b2bua());
    const callee = await answered(server, new SipPhone('1001', 'call-1'), '1002');
    await hangUp(server, callee, calledDialog(callee));
    expect(brief(events.slice(-1), 'disposition', 'hangup_by')).toEqual([['ended', 'answered', 'callee']]);
  });

  test('from a trunk is inbound, whatever number it shows', async () => {
    const { server, events } = await watchedHost(b2bua());
    const caller = new SipPhone('1003', 'call-1', { host: '203.0.113.9' });
    await answered(server, caller, '1002', TRUNK);
    await hangUp(server, caller);
    expect(events.at(-1)?.data).toMatchObject({
      direction: 'inbound',
      from_extension: '1003',
      to_extension: '1002',
      trunk: '203.0.113.9',
      did: '1002',
      answered_by: '1002',
    });
  });

  test('to a trunk is outbound, and answered by the number that was sent there', async () => {
    const { server, events } = await watchedHost(b2bua('carrier.example'));
    const caller = new SipPhone('1001', 'call-1');
    await answered(server, caller, '4915112345678');
    await hangUp(server, caller);
    expect(brief(events, 'direction', 'answered_by')).toEqual([
      ['started', 'outbound', undefined],
      ['answered', 'outbound', '4915112345678'],
      ['ended', 'outbound', '4915112345678'],
    ]);
    expect(events.at(-1)?.data['trunk']).toBe('carrier.example');
  });

  test.each([
    ['486 Busy Here', true, 'busy', 'callee'],
    ['603 Decline', true, 'declined', 'callee'],
    ['480 Temporarily Unavailable', true, 'no_answer', 'system'],
    ['404 Not Found', false, 'failed', 'system'],
    ['503 Service Unavailable', false, 'failed', 'system'],
  ])('that gets %s is told as such', async (status, rings, disposition, hangupBy) => {
    const { server, events } = await watchedHost(b2bua());
    const answer = server.receive(new SipPhone('1001', 'call-1').invite('1002'));
    const sent = await server.until(() => server.requests[0]);
    if (rings) server.respond(sent, '180 Ringing');
    server.respond(sent, status);
    await answer;
    expect(events.at(-1)?.type).toBe('call.ended');
    expect(events.at(-1)?.data).toMatchObject({ disposition, hangup_by: hangupBy });
  });

  test('is cancelled by its caller', async () => {
    const { server, events } = await watchedHost(b2bua());
    const caller = new SipPhone('1001', 'call-1');
    server.send(caller.invite('1002'));
    const sent = await server.until(() => server.requests[0]);
    server.respond(sent, '180 Ringing');
    server.send(caller.cancel('1002'));
    await server.until(() => server.frames.some((frame) => frame.includes('\r\nCANCEL ')));
    server.respond(sent, '487 Request Terminated');
    await server.settled();
    expect(brief(events, 'disposition', 'hangup_by')).toEqual([
      ['started', undefined, undefined],
      ['ringing', undefined, undefined],
      ['missed', undefined, undefined],
      ['ended', 'cancelled', 'caller'],
    ]);
  });

  test('begins once, after the question for a password', async () => {
    const { server, events } = await watchedHost((srf) => {
      srf.use('invite', (req, res, next) => {
        if (req.has('Proxy-Authorization')) next();
        else res.send(407, { headers: { 'Proxy-Authenticate': 'Digest realm="pbx", nonce="1"' } });
      });
      b2bua()(srf);
    });
    const caller = new SipPhone('1001', 'call-1');
    await server.receive(caller.invite('1002'));
    server.send(caller.within('ACK'));
    expect(brief(events)).toEqual([]);
    const answer = server.receive(caller.invite('1002', ['Proxy-Authorization: Digest username="1001"']));
    server.respond(await server.until(() => server.requests[0]), '200 OK', [CONTACT], audio());
    await answer;
    expect(brief(events)).toEqual([['started'], ['answered']]);
  });

  test('that the host itself takes is answered by nobody', async () => {
    const { server, events } = await watchedHost((srf) =>
      srf.use('invite', (req, res) => void srf.createUAS(req, res, { localSdp: audio() })),
    );
    const caller = new SipPhone('1001', 'call-1');
    await server.receive(caller.invite('*98'));
    await server.settled();
    await hangUp(server, caller);
    expect(brief(events, 'disposition')).toEqual([
      ['started', undefined],
      ['ended', 'application'],
    ]);
  });

  test('reaches a device by its contact, whatever that is called', async () => {
    const { server, events } = await watchedHost((srf) => {
      srf.use('register', (req, res) => res.send(200, { headers: { Contact: req.get('Contact') } }));
      srf.use('invite', (req, res) => {
        srf.createB2BUA(req, res, 'sip:x7f3@192.0.2.20:5070', {}).catch(() => {});
      });
    });
    await server.receive(register({ extension: '1002', contacts: ['<sip:x7f3@192.0.2.20:5070>'] }));
    await answered(server, new SipPhone('1001', 'call-1'), '1002');
    expect(events.at(-1)?.data).toMatchObject({ answered_by: '1002', direction: 'internal' });
  });
});

describe('what the host dials for a call', () => {
  test('at several devices at once is one call, answered once', async () => {
    const { server, events } = await watchedHost((srf) =>
      srf.use('invite', (req, res) => {
        const sent: Srf.SrfRequest[] = [];
        for (const user of ['1002', '1003']) {
          const uri = `sip:${user}@192.0.2.20`;
          // Its types leave out the error that comes first.
          const cbRequest = (...given: Srf.SrfRequest[]): void => void sent.push(...given.slice(1));
          srf
            .createUAC(uri, { localSdp: req.body }, { cbRequest })
            .then(async (dialog) => {
              for (const one of sent) if (!one.uri.includes(user)) one.cancel(() => {});
              await srf.createUAS(req, res, { localSdp: dialog.remote.sdp });
            })
            .catch(() => {});
        }
      }),
    );
    const answer = server.receive(new SipPhone('1001', 'call-1').invite('1009'));
    const [first, second] = await server.until(() => server.requests.length === 2 && server.requests);
    if (first === undefined || second === undefined) throw new Error('nothing was dialled');
    server.respond(first, '180 Ringing');
    server.respond(second, '180 Ringing');
    await server.settled();
    server.respond(second, '200 OK', [CONTACT], audio());
    await answer;
    server.respond(first, '487 Request Terminated');
    await server.settled();
    expect(brief(events, 'to_extension', 'answered_by')).toEqual([
      ['started', '1009', undefined],
      ['ringing', '1002', undefined],
      ['ringing', '1003', undefined],
      ['answered', '1009', '1003'],
    ]);
  });

  test('after the first device refused is still the same call', async () => {
    const { server, events } = await watchedHost((srf) =>
      srf.use('invite', (req, res) => {
        srf
          .createB2BUA(req, res, 'sip:1002@192.0.2.20', { passFailure: false })
          .catch(() => srf.createB2BUA(req, res, 'sip:1003@192.0.2.20', {}))
          .catch(() => {});
      }),
    );
    const answer = server.receive(new SipPhone('1001', 'call-1').invite('1002'));
    server.respond(await server.until(() => server.requests[0]), '486 Busy Here');
    server.respond(await server.until(() => server.requests[1]), '200 OK', [CONTACT], audio());
    await answer;
    expect(events.slice(1).map(({ type, callId, data }) => [type, callId, data['answered_by']])).toEqual([
      ['call.started', 'call-1', undefined],
      ['call.answered', 'call-1', '1003'],
    ]);
  });

  test('from a queue of its own is known by the caller’s number', async () => {
    const waiting: (() => void)[] = [];
    const { server, events } = await watchedHost((srf) => {
      srf.use('invite', (req, res) => {
        waiting.push(() => void srf.createB2BUA(req, res, 'sip:1002@192.0.2.20', {}).catch(() => {}));
      });
      srf.use('options', (_, res) => {
        for (const dial of waiting.splice(0).reverse()) dial();
        res.send(200);
      });
    });
    const answers = ['1001', '1004'].map((number) =>
      server.receive(new SipPhone(number, `call-${number}`, { own: number }).invite('1002')),
    );
    await server.settled();
    for (const index of [0, 1]) {
      server.respond(await server.until(() => server.requests[index]), '200 OK', [CONTACT], audio());
    }
    await Promise.all(answers);
    expect(events.filter(({ type }) => type === 'call.answered').map(({ callId }) => callId)).toEqual([
      'call-1004',
      'call-1001',
    ]);
    expect(events.filter(({ type }) => type === 'call.started')).toHaveLength(2);
  });

  test('of its own accord is a call from the device that it rings', async () => {
    const { server, srf, events } = await watchedHost(() => {});
    void srf.createUAC('sip:1002@192.0.2.20', { localSdp: audio() });
    const sent = await server.until(() => server.requests[0]);
    server.respond(sent, '180 Ringing');
    server.respond(sent, '200 OK', [CONTACT], audio());
    await server.settled();
    expect(brief(events, 'from_extension')).toEqual([['started', '1002']]);
  });
});

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
