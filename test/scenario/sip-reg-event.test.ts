import { expect, onTestFinished, test } from 'vitest';
import type { PbxName } from '../../src/model/ids.ts';
import { createSipSource } from '../../src/source/sip/source.ts';
import { type Logger, silentLogger } from '../../src/util/log.ts';
import { FakeClock } from '../support/clock.ts';
import { DrachtioServer, type SentRequest } from '../support/drachtio-server.ts';
import { CALLS, eventsOf } from '../support/sip-host.ts';
import { sip } from '../support/sip-text.ts';

const SECOND = 1_000;
const NAME = 'edge' as PbxName;
const ACCOUNT = 'sip:1001@registrar.example';

async function following(username?: string, logger?: Logger) {
  const server = await DrachtioServer.start();
  onTestFinished(() => server.stop());
  const clock = new FakeClock();
  const account = { uri: ACCOUNT, ...(username !== undefined && { username, password: 'p' }) };
  const source = createSipSource({
    name: NAME,
    host: '127.0.0.1',
    port: server.port,
    secret: server.secret,
    calls: CALLS,
    follow: [account],
    random: () => 0,
    clock,
    ...(logger !== undefined && { logger }),
  });
  const events = eventsOf(source, clock);
  const told = (): string[] =>
    events
      .filter(({ type }) => type.startsWith('extension.'))
      .map(({ type, data }) =>
        [type.slice(10), data['contact_uri'], data['reason'], data['inferred']].filter(Boolean).join(' '),
      );
  return { server, clock, source, told };
}

const CONTACT = 'Contact: <sip:registrar.example>';

async function accepted(server: DrachtioServer, index = 0, expires = 3600): Promise<SentRequest> {
  const request = await server.until(() => server.requests[index]);
  server.respond(request, '200 OK', [CONTACT, `Expires: ${expires}`]);
  await server.settled();
  return request;
}

interface Told {
  readonly id: string;
  readonly uri: string;
  readonly state?: string;
  readonly event?: string;
}

function report(
  version: number,
  state: 'full' | 'partial',
  contacts: readonly Told[],
  of = 'active',
): string {
  return [
    '<?xml version="1.0"?>',
    `<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="${version}" state="${state}">`,
    `<!-- <registration aor="sip:1009@x"/> --><registration aor="${ACCOUNT}" id="a7" state="${of}">`,
    ...contacts.map(
      (one) =>
        `<contact id="${one.id}" state="${one.state ?? 'active'}" event="${one.event ?? 'registered'}" ` +
        `expires="60" callid="c-${one.id}"><uri>${one.uri.replaceAll('&', '&amp;')}</uri></contact>`,
    ),
    '</registration></reginfo>',
  ].join('\r\n');
}

/** The registrar's NOTIFY within the subscription; gives the status that it is answered with. */
async function notify(server: DrachtioServer, subscription: SentRequest, body: string, state = 'active') {
  const { callId, headers } = subscription.message;
  const tag = /;tag=([^;]+)/.exec(headers.get('from')?.[0] ?? '')?.[1];
  const answer = await server.receive(
    sip(
      'NOTIFY sip:127.0.0.1:5060 SIP/2.0',
      [
        `From: <${ACCOUNT}>;tag=callee`,
        `To: <${ACCOUNT}>;tag=${tag}`,
        `Call-ID: ${callId}`,
        'CSeq: 1 NOTIFY',
        'Event: reg',
        `Subscription-State: ${state}`,
        'Content-Type: application/reginfo+xml',
      ],
      body,
    ),
    undefined,
    `${callId};from-tag=${tag}`,
  );
  await server.settled();
  return answer?.kind === 'response' ? answer.status : undefined;
}

const DESK = { id: '1', uri: 'sip:1001@192.0.2.10:5060' };
const MOBILE = { id: '2', uri: 'sip:1001@192.0.2.20:5060;a=1&2' };

test('asks the registrar, takes over what there is, and tells each change', async () => {
  const { server, told } = await following();
  const subscription = await accepted(server);
  expect(subscription.raw).toMatch(/^SUBSCRIBE sip:1001@registrar\.example SIP\/2\.0\r\n/);
  expect(subscription.raw).toContain('\r\nEvent: reg\r\n');
  expect(await notify(server, subscription, report(0, 'full', [DESK]))).toBe(200);
  expect(told()).toEqual([]);
  await notify(server, subscription, report(1, 'partial', [{ ...MOBILE, event: 'created' }]));
  await notify(server, subscription, report(2, 'partial', [{ ...DESK, event: 'refreshed' }]));
  await notify(
    server,
    subscription,
    report(3, 'partial', [{ ...DESK, state: 'terminated', event: 'expired' }]),
  );
  await notify(server, subscription, report(4, 'full', [DESK]));
  await notify(server, subscription, report(5, 'partial', [], 'terminated'));
  expect(told()).toEqual([
    `registered ${MOBILE.uri}`,
    `unregistered ${DESK.uri} expired`,
    `registered ${DESK.uri}`,
    `unregistered ${MOBILE.uri} removed`,
    `unregistered ${DESK.uri} removed`,
  ]);
});

test('a report that is missing is made good by asking again', async () => {
  const { server, clock, told } = await following();
  const subscription = await accepted(server);
  await notify(server, subscription, report(0, 'full', []));
  await notify(server, subscription, report(2, 'partial', [DESK]));
  expect(told()).toEqual([]);
  clock.advance(0);
  await server.until(() => server.frames.some((frame) => /^sip\|\|uac.*\r\nSUBSCRIBE/.test(frame)));
  await notify(server, subscription, report(3, 'full', [DESK]));
  expect(told()).toEqual([`registered ${DESK.uri}`]);
});

test('is refreshed in time, and ended in order', async () => {
  const { server, clock, source } = await following();
  await accepted(server, 0, 600);
  for (let passed = 0; passed < 480; passed += 10) {
    expect(server.frames.some((frame) => /^sip\|\|uac.*\r\nSUBSCRIBE/.test(frame))).toBe(false);
    clock.advance(10 * SECOND);
    await server.settled();
  }
  const refresh = await server.until(() =>
    server.frames.find((frame) => /^sip\|\|uac.*\r\nSUBSCRIBE/.test(frame)),
  );
  expect(refresh).toContain('\r\nExpires: 3600\r\n');
  await server.settled();
  await source.stop();
  await server.until(() => server.frames.some((frame) => frame.includes('\r\nExpires: 0\r\n')));
  await server.until(() => server.sockets.size === 0);
  expect(clock.waiting).toBe(0);
});

test('a subscription that the registrar ends is made anew; what changed meanwhile is found out', async () => {
  const { server, clock, told } = await following();
  const first = await accepted(server);
  await notify(server, first, report(0, 'full', [DESK]));
  await notify(server, first, '', 'terminated;reason=deactivated');
  await clock.armed(5 * SECOND);
  clock.advance(5 * SECOND);
  const second = await accepted(server, 1);
  await notify(server, second, report(0, 'full', [MOBILE]));
  expect(told()).toEqual([`registered ${MOBILE.uri} true`, `unregistered ${DESK.uri} true`]);
});

test('a registrar that refuses is asked again later and later', async () => {
  const { server, clock, told } = await following();
  for (const [index, seconds] of [5, 10, 20].entries()) {
    const request = await server.until(() => server.requests[index]);
    server.respond(request, '403 Forbidden');
    await server.settled();
    await clock.armed(seconds * SECOND);
    clock.advance(seconds * SECOND);
  }
  expect(told()).toEqual([]);
});

test('a registrar that asks for a password gets its proof', async () => {
  const { server } = await following('alice');
  const request = await server.until(() => server.requests[0]);
  server.respond(request, '401 Unauthorized', ['WWW-Authenticate: Digest realm="r", nonce="n"']);
  const second = await server.until(() => server.requests[1]);
  expect(second.raw).toMatch(/authorization: Digest username="alice"/i);
});

test('reports that can’t be read change nothing', async () => {
  const { server, told } = await following();
  const subscription = await accepted(server);
  for (const body of ['', '<', '<reginfo/>', '<a><b></a>', '{"version":0}', `<reginfo version="x">`]) {
    expect(await notify(server, subscription, body)).toBe(200);
  }
  expect(told()).toEqual([]);
});

test('a report that is too long is refused, and said so', async () => {
  const lines: string[] = [];
  const { server, told } = await following(undefined, { ...silentLogger, warn: (line) => lines.push(line) });
  const subscription = await accepted(server);
  await notify(server, subscription, report(0, 'full', []));
  const long = report(1, 'partial', [DESK]) + ' '.repeat(65_536);
  expect(await notify(server, subscription, long)).toBe(200);
  expect(told()).toEqual([]);
  expect(lines).toEqual([
    expect.stringMatching(`^A report on ${ACCOUNT} was refused: it has 6\\d{4} characters$`),
  ]);
});
