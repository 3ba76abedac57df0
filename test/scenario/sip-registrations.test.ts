import { once } from 'node:events';
import type Srf from 'drachtio-srf';
import { describe, expect, test } from 'vitest';
import type { PbxEvent } from '../../src/model/event.ts';
import { watchedHost } from '../support/sip-host.ts';
import { register } from '../support/sip-phone.ts';

const SECOND = 1_000;
const EXPIRES = 300;
const DESK_URI = 'sip:1001@192.0.2.10:5062';
const MOBILE_URI = 'sip:1001@198.51.100.7:40000;transport=tcp';
const MOBILE = { address: '198.51.100.7', port: 40_000, transport: 'tcp' };

/** A registrar that grants what is asked for, and lists nothing else. */
function grantAll(srf: Srf): void {
  srf.use('register', (req, res) => {
    const headers = {
      ...(req.has('Contact') && { Contact: req.get('Contact') }),
      Expires: req.get('Expires'),
    };
    res.send(200, { headers });
  });
}

/** A registrar that answers in turn with these contacts, whatever was asked for. */
function grants(...answers: readonly string[]): (srf: Srf) => void {
  const left = [...answers];
  return (srf) =>
    srf.use('register', (_, res) => res.send(200, { headers: { Contact: left.shift() ?? '' } }));
}

/** What was told of contacts, in short. */
function told(events: readonly PbxEvent[]): string[] {
  return events
    .filter(({ type }) => type.startsWith('extension.'))
    .map(({ type, data }) =>
      [type.slice('extension.'.length), data['contact_uri'], data['reason'], data['contacts']]
        .filter((part) => part !== undefined)
        .join(' '),
    );
}

describe('a device that registers with the host', () => {
  test('is told once: a refresh is nothing', async () => {
    const { server, events, clock } = await watchedHost(grantAll);
    await server.receive(register());
    clock.advance(150 * SECOND);
    await server.receive(register());
    expect(events.filter(({ type }) => type !== 'pbx.connected')).toEqual([
      {
        type: 'extension.registered',
        occurredAt: Date.UTC(2025, 11, 7, 12) * 1000,
        data: {
          timestamp: '2025-12-07T12:00:00Z',
          pbx: 'edge',
          extension: '1001',
          ip_address: '192.0.2.10',
          port: 5062,
          user_agent: 'Yealink SIP-T46U 108.86.0.45',
          contact_uri: DESK_URI,
          expires_at: '2025-12-07T12:05:00Z',
          transport: 'udp',
          contacts: 1,
        },
      },
    ]);
  });

  test('is told with what the registrar granted, not with what it asked for', async () => {
    const { server, events } = await watchedHost(grants(`<${DESK_URI}>;expires=60`));
    await server.receive(register({ expires: 3600 }));
    expect(events.at(-1)?.data).toMatchObject({ expires_at: '2025-12-07T12:01:00Z' });
  });

  test('is told for each contact, when it asks for several', async () => {
    const { server, events } = await watchedHost(grantAll);
    const contacts = [
      `"A, b" <${DESK_URI};transport=udp>;expires=300`,
      '<sip:1001@192.0.2.10:5070>;expires=60',
    ];
    await server.receive(register({ contacts: [contacts.join(', ')] }));
    expect(told(events)).toEqual([
      `registered ${DESK_URI};transport=udp 1`,
      'registered sip:1001@192.0.2.10:5070 2',
    ]);
  });

  test('is another one beside the first', async () => {
    const { server, events } = await watchedHost(grantAll);
    await server.receive(register());
    await server.receive(register({ contacts: [`<${MOBILE_URI}>`], callId: 'mobile' }), MOBILE);
    expect(told(events)).toEqual([`registered ${DESK_URI} 1`, `registered ${MOBILE_URI} 2`]);
    expect(events.at(-1)?.data).toMatchObject({ ip_address: '198.51.100.7', port: 40_000, transport: 'tcp' });
  });

  test('has moved when its new contact takes the place of its old one', async () => {
    const { server, events } = await watchedHost(grantAll);
    const instance = '+sip.instance="<urn:uuid:7>"';
    await server.receive(register({ contacts: [`<${DESK_URI}>;${instance}`], callId: 'before' }));
    const contacts = [`<sip:1001@192.0.2.99:5062>;${instance}`];
    await server.receive(register({ contacts, callId: 'after' }), { ...MOBILE, address: '192.0.2.99' });
    expect(told(events)).toEqual([
      `registered ${DESK_URI} 1`,
      'registered sip:1001@192.0.2.99:5062 2',
      `unregistered ${DESK_URI} replaced 1`,
    ]);
  });

  test('has moved when the same contact comes from another address; a new port behind NAT is a refresh', async () => {
    const { server, events } = await watchedHost(grantAll);
    await server.receive(register(), { address: '203.0.113.1', port: 1024, transport: 'tcp' });
    await server.receive(register(), { address: '203.0.113.1', port: 2048, transport: 'tcp' });
    await server.receive(register(), { address: '203.0.113.2', port: 1024, transport: 'tcp' });
    expect(events.map(({ type, data }) => [type, data['ip_address'], data['reason']]).slice(1)).toEqual([
      ['extension.registered', '203.0.113.1', undefined],
      ['extension.registered', '203.0.113.2', undefined],
      ['extension.unregistered', '203.0.113.1', 'replaced'],
    ]);
  });

  test('behind another proxy is where that proxy saw it', async () => {
    const { server, events } = await watchedHost(grantAll);
    const edge =
      'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0\r\nVia: SIP/2.0/UDP 10.9.9.9;rport=40001;received=198.51.100.7';
    const request = register().replace(/^Via: .*$/m, edge);
    await server.receive(request, { address: '10.0.0.1', port: 5060, transport: 'udp' });
    expect(events.at(-1)?.data).toMatchObject({ ip_address: '198.51.100.7', port: 40_001 });
  });

  test('is gone when it takes its contact back', async () => {
    const { server, events } = await watchedHost(grantAll);
    await server.receive(register());
    await server.receive(register({ expires: 0 }));
    expect(told(events)).toEqual([`registered ${DESK_URI} 1`, `unregistered ${DESK_URI} removed 0`]);
  });

  test('is gone with all others of its account after a star', async () => {
    const { server, events } = await watchedHost(grantAll);
    await server.receive(register());
    await server.receive(register({ contacts: [`<${MOBILE_URI}>`], callId: 'mobile' }), MOBILE);
    await server.receive(register({ contacts: ['*'], expires: 0 }));
    expect(told(events).slice(2)).toEqual([
      `unregistered ${DESK_URI} removed 1`,
      `unregistered ${MOBILE_URI} removed 0`,
    ]);
  });

  test('is gone when it was not refreshed in time', async () => {
    const { server, events, clock } = await watchedHost(grantAll);
    await server.receive(register());
    clock.advance(200 * SECOND);
    await server.receive(register());
    clock.advance(299 * SECOND);
    expect(told(events)).toEqual([`registered ${DESK_URI} 1`]);
    clock.advance(SECOND);
    expect(told(events).slice(1)).toEqual([`unregistered ${DESK_URI} expired 0`]);
    expect(events.at(-1)?.data['timestamp']).toBe('2025-12-07T12:08:20Z');
  });

  test('is gone when a registrar that lists all devices lists it no more', async () => {
    const both = `<${DESK_URI}>;expires=300, <${MOBILE_URI}>;expires=300`;
    const other = '<sip:1001@192.0.2.77:5060>;expires=300';
    const { server, events } = await watchedHost(
      grants(`<${DESK_URI}>;expires=300`, both, `<${DESK_URI}>, ${other}`),
    );
    await server.receive(register());
    await server.receive(register({ contacts: [`<${MOBILE_URI}>`], callId: 'mobile' }), MOBILE);
    await server.receive(register());
    expect(told(events)).toEqual([
      `registered ${DESK_URI} 1`,
      `registered ${MOBILE_URI} 2`,
      `unregistered ${MOBILE_URI} removed 2`,
    ]);
  });

  test('is the same one however its contact is written back', async () => {
    const written = '<sip:1001@192.0.2.10:5062;transport=UDP>;expires=300';
    const { server, events } = await watchedHost(grants(written, written));
    await server.receive(register());
    await server.receive(register());
    expect(told(events)).toEqual([`registered ${DESK_URI} 1`]);
  });

  describe('behind NAT, which the registrar lists where it sees it,', () => {
    const [desk, soft] = ['sip:1001@10.0.0.5:5060', 'sip:1001@10.0.0.6:5060'];
    const seen = (port: number) => ({ address: '203.0.113.7', port, transport: 'udp' });
    const listed = (...ports: readonly number[]) =>
      ports.map((port) => `<sip:1001@203.0.113.7:${port}>;expires=60`).join(', ');
    const asks = (uri: string) => register({ contacts: [`<${uri}>`], callId: uri });

    test('is one contact, also beside others and from another port', async () => {
      const { server, events, clock } = await watchedHost(
        grants(listed(34567), listed(34567, 34568), listed(34567, 34568), listed(34567, 34568, 40000)),
      );
      await server.receive(asks(desk), seen(34567));
      await server.receive(asks(soft), seen(34568));
      await server.receive(asks(desk), seen(34567));
      clock.advance(30 * SECOND);
      await server.receive(asks(desk), seen(40000));
      expect(told(events)).toEqual([`registered ${desk} 1`, `registered ${soft} 2`]);
      clock.advance(59 * SECOND);
      expect(told(events)).toHaveLength(2);
      clock.advance(SECOND);
      expect(told(events).slice(2)).toEqual([
        `unregistered ${desk} expired 1`,
        `unregistered ${soft} expired 0`,
      ]);
    });

    test('is one contact also when another proxy hides where it is', async () => {
      const { server, events } = await watchedHost(grants(listed(34567), listed(34567), listed(34567, 1)));
      for (let times = 0; times < 3; times += 1) await server.receive(asks(desk));
      expect(told(events)).toEqual([`registered ${desk} 1`]);
      expect(events.at(-1)?.data).toMatchObject({ expires_at: '2025-12-07T12:01:00Z' });
      await server.receive(register({ contacts: [`<${desk}>`], callId: desk, expires: 0 }));
      expect(told(events).slice(1)).toEqual([`unregistered ${desk} removed 1`]);
    });
  });

  test('is told as well when the host has its REGISTER proxied to a registrar', async () => {
    const { server, events } = await watchedHost((srf) =>
      srf.use('register', (req) => srf.proxyRequest(req, 'sip:registrar.example', {}, () => {})),
    );
    const request = register();
    server.send(request);
    const proxied = await server.until(() => server.proxied[0]);
    server.proxyRespond(proxied, request, '200 OK', 'r', '192.0.2.1', `<${DESK_URI}>;expires=90`);
    server.proxyDone(proxied);
    await server.settled();
    expect(told(events)).toEqual([`registered ${DESK_URI} 1`]);
    expect(events.at(-1)?.data['expires_at']).toBe('2025-12-07T12:01:30Z');
  });

  test('is nothing when all that it does is ask', async () => {
    const { server, events } = await watchedHost(grants(`<${DESK_URI}>;expires=300`));
    await server.receive(register({ contacts: [] }));
    expect(told(events)).toEqual([]);
  });
});

test('a host that loses its server and finds it again is out of sight meanwhile', async () => {
  const { server, srf, clock, events, types } = await watchedHost(grantAll);
  await server.receive(register());
  const back = once(srf, 'connect');
  server.drop();
  await once(srf, 'close');
  expect(types().slice(-1)).toEqual(['pbx.disconnected']);
  clock.advance(1_000 * SECOND);
  await back;
  await server.receive(register());
  expect(types().slice(1)).toEqual(['extension.registered', 'pbx.disconnected', 'pbx.connected']);
  clock.advance(EXPIRES * SECOND);
  expect(told(events).slice(1)).toEqual([`unregistered ${DESK_URI} expired 0`]);
});

describe('a device that the host does not let in', () => {
  function guarded(status: number, header: string): (srf: Srf) => void {
    return (srf) =>
      srf.use('register', (req, res) => {
        if (req.has('Authorization')) res.send(status, { headers: { 'WWW-Authenticate': header } });
        else res.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="pbx", nonce="1"' } });
      });
  }
  const answered = register({ more: ['Authorization: Digest username="1001", realm="pbx", response="0"'] });

  test('is not registered', async () => {
    const { server, types } = await watchedHost((srf) => srf.use('register', (_, res) => res.send(403)));
    await server.receive(register());
    expect(types()).toEqual(['pbx.connected']);
  });

  test.each([
    [403, ''],
    [401, 'Digest realm="pbx", nonce="2"'],
  ])('is told when its password was wrong (%i)', async (status, header) => {
    const { server, events } = await watchedHost(guarded(status, header));
    await server.receive(register());
    await server.receive(answered);
    expect(told(events)).toEqual(['auth_failed wrong_password']);
    expect(events.at(-1)?.data).toMatchObject({ extension: '1001', ip_address: '192.0.2.10', port: 5062 });
  });

  test('has done nothing wrong when the question was too old', async () => {
    const { server, events } = await watchedHost(guarded(401, 'Digest realm="pbx", nonce="2", stale=TRUE'));
    await server.receive(register());
    await server.receive(answered);
    expect(told(events)).toEqual([]);
  });
});
