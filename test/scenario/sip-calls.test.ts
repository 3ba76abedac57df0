import type Srf from 'drachtio-srf';
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
  TRUNK,
} from '../support/sip-b2bua.ts';
import { recordFrames } from '../support/sip-frames.ts';
import { watchedHost } from '../support/sip-host.ts';
import { audio, register, SipPhone } from '../support/sip-phone.ts';

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

  test.each([
    ['its caller took it back meanwhile', true, 'caller'],
    ['its caller is gone', false, 'system'],
  ])('ends when the host’s answer can’t be sent: %s', async (_, isTakenBack, hangupBy) => {
    const { server, srf, events } = await watchedHost(b2bua());
    const frames = recordFrames(srf);
    const caller = new SipPhone('1001', 'call-1');
    server.send(caller.invite('1002'));
    const sent = await server.until(() => server.requests[0]);
    server.onUnsendable = isTakenBack ? () => server.send(caller.cancel('1002')) : () => {};
    server.respond(sent, '200 OK', [CONTACT], audio());
    await server.until(() => server.frames.some((frame) => frame.includes('\r\nBYE ')));
    await server.settled();
    expect(brief(events, 'disposition', 'hangup_by')).toEqual([
      ['started', undefined, undefined],
      ['answered', undefined, undefined],
      ['ended', 'answered', hangupBy],
    ]);
    expectRulesToHold(frames);
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

  test('begins once where a device asks the caller for a password', async () => {
    const { server, srf, clock, events } = await watchedHost(b2bua());
    const frames = recordFrames(srf);
    const caller = new SipPhone('1001', 'call-1');
    const refusal = server.receive(caller.invite('1002'));
    server.respond(await server.until(() => server.requests[0]), '407 Proxy Authentication Required');
    await refusal;
    await server.settled();
    clock.advance(10 * SECOND);
    const callee = await answered(server, caller, '1002');
    clock.advance(60 * SECOND);
    await hangUp(server, callee, calledDialog(callee));
    expect(brief(events, 'disposition', 'hangup_by')).toEqual([
      ['started', undefined, undefined],
      ['ringing', undefined, undefined],
      ['answered', undefined, undefined],
      ['ended', 'answered', 'callee'],
    ]);
    expectRulesToHold(frames);
  });

  test('goes on where its caller is sent elsewhere and that is the host again', async () => {
    const { server, clock, events } = await watchedHost((srf) => {
      srf.use('invite', (req, res, next) => {
        if (req.calledNumber === '1002') next();
        else res.send(302, { headers: { Contact: '<sip:1002@pbx.example>' } });
      });
      b2bua()(srf);
    });
    const caller = new SipPhone('1001', 'call-1');
    await server.receive(caller.invite('1009'));
    await server.settled();
    await answered(server, caller, '1002');
    clock.advance(60 * SECOND);
    await hangUp(server, caller);
    expect(brief(events, 'disposition')).toEqual([
      ['started', undefined],
      ['ringing', undefined],
      ['answered', undefined],
      ['ended', 'answered'],
    ]);
  });

  test.each([
    ['401 Unauthorized', 'declined'],
    ['302 Moved Temporarily', 'failed'],
  ])(
    'that gets %s and is not tried again ends half a minute later, as of then',
    async (status, disposition) => {
      const { server, clock, events } = await watchedHost(b2bua());
      const refusal = server.receive(new SipPhone('1001', 'call-1').invite('1002'));
      server.respond(await server.until(() => server.requests[0]), status);
      await refusal;
      await server.settled();
      clock.advance(29 * SECOND);
      expect(brief(events)).toEqual([['started']]);
      clock.advance(SECOND);
      expect(brief(events, 'disposition', 'duration').slice(1)).toEqual([['ended', disposition, 0]]);
    },
  );

  test('with a wrong password is none, and is told as that', async () => {
    const { server, events } = await watchedHost((srf) =>
      srf.use('invite', (_, res) => {
        res.send(407, { headers: { 'Proxy-Authenticate': 'Digest realm="pbx", nonce="1"' } });
      }),
    );
    const caller = new SipPhone('1001', 'call-1');
    await server.receive(caller.invite('1002'));
    await server.receive(caller.invite('1002', ['Proxy-Authorization: Digest username="1001"']));
    expect(events.slice(1)).toMatchObject([{ type: 'extension.auth_failed', data: { extension: '1001' } }]);
  });

  test.each(['491 Request Pending', '488 Not Acceptable Here', '408 Request Timeout', '500 Server Error'])(
    'goes on when a device answers a re-INVITE of the host with %s',
    async (status) => {
      const dialogs: Srf.Dialog[] = [];
      const { server, srf, events } = await watchedHost((app) => {
        app.use('invite', (req, res) => {
          app
            .createB2BUA(req, res, 'sip:1002@192.0.2.20', {})
            .then(({ uas, uac }) => {
              dialogs.push(uac);
              uac.on('destroy', () => void uas.destroy());
            })
            .catch(() => {});
        });
      });
      const frames = recordFrames(srf);
      const callee = await answered(server, new SipPhone('1001', 'call-1'), '1002');
      server.answerInDialog = status;
      await dialogs[0]?.modify(audio('sendonly')).catch(() => {});
      await server.settled();
      expect(brief(events).at(-1)).toEqual(['answered']);
      server.answerInDialog = '200 OK';
      await hangUp(server, callee, calledDialog(callee));
      expect(brief(events, 'hangup_by').slice(3)).toEqual([['ended', 'callee']]);
      expectRulesToHold(frames);
    },
  );

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

  test('of its own accord ends where the device asks for a password that the host has not', async () => {
    const { server, srf, clock, events } = await watchedHost(() => {});
    srf.createUAC('sip:1002@192.0.2.20', { localSdp: audio() }).catch(() => {});
    server.respond(await server.until(() => server.requests[0]), '401 Unauthorized');
    await server.settled();
    clock.advance(30 * SECOND);
    expect(brief(events)).toEqual([['started'], ['ended']]);
  });
});
