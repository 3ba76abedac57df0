import { expect, onTestFinished, test } from 'vitest';
import type { PbxName } from '../../src/model/ids.ts';
import { createSipSource, type SipSourceOptions } from '../../src/source/sip/source.ts';
import { FakeClock } from '../support/clock.ts';
import { DrachtioServer } from '../support/drachtio-server.ts';
import { CALLS, eventsOf } from '../support/sip-host.ts';
import { SipPhone } from '../support/sip-phone.ts';
import { sip } from '../support/sip-text.ts';

const SECOND = 1_000;
const NAME = 'edge' as PbxName;

async function watched(options: Partial<SipSourceOptions> = {}) {
  const server = await DrachtioServer.start();
  onTestFinished(() => server.stop());
  const clock = new FakeClock();
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const logger = { debug: () => {}, info: keep, warn: keep, error: keep };
  const source = createSipSource({
    name: NAME,
    host: '127.0.0.1',
    port: server.port,
    secret: server.secret,
    calls: CALLS,
    random: () => 0,
    clock,
    logger,
    ...options,
  });
  const events = eventsOf(source, clock);
  return { server, clock, source, events, lines, types: () => events.map(({ type }) => type) };
}

/** The server has answered all that the source sends after its login. */
async function loggedIn({ server }: { readonly server: DrachtioServer }, login = 1): Promise<void> {
  await server.until(() => server.frames.filter((frame) => frame === 'route|cdr:stop').length === login);
  await server.settled();
}

test('an own connection asks for no requests: other applications go on getting theirs', async () => {
  const rig = await watched();
  await loggedIn(rig);
  expect(rig.source.health()).toEqual({ state: 'connected' });
  expect(rig.server.frames.filter((frame) => frame.startsWith('route'))).toEqual([
    'route|cdr:attempt',
    'route|cdr:start',
    'route|cdr:stop',
  ]);
});

test('calls are told by the server’s records', async () => {
  const rig = await watched();
  const { server, clock, events } = rig;
  await loggedIn(rig);
  const invite = new SipPhone('1001', 'call-1').invite('1002');
  const ok = (tag: string): string =>
    sip('SIP/2.0 200 OK', [
      'From: <sip:1001@pbx.example>;tag=caller',
      `To: <sip:1002@pbx.example>;tag=${tag}`,
      'Call-ID: call-1',
      'CSeq: 1 INVITE',
    ]);
  const bye = new SipPhone('1001', 'call-1', { other: 'b' }).within('BYE');
  server.record('attempt', 'network', '', invite);
  server.record('attempt', 'application', '', invite.replace('sip:1002@pbx.example', 'sip:1002@192.0.2.20'));
  server.record('start', 'network', 'proxy-uac', ok('b'));
  server.record('start', 'application', 'proxy-uas', ok('b'));
  await server.settled();
  clock.advance(3 * SECOND);
  server.record('stop', 'network', 'normal-release', bye);
  server.record('stop', 'application', 'normal-release', bye);
  await server.settled();
  expect(rig.types()).toEqual(['pbx.connected', 'call.started', 'call.answered', 'call.ended']);
  expect(events.at(-1)?.data).toMatchObject({
    from_extension: '1001',
    to_extension: '1002',
    answered_by: '1002',
    hangup_by: 'caller',
    billsec: 3,
  });
});

/** An answer to the INVITE of `call-1`, or of what was dialled for it. */
function answerOf(status: string, tag = 'b', { callId = 'call-1', own = 'caller' } = {}): string {
  return sip(`SIP/2.0 ${status}`, [
    `From: <sip:1001@pbx.example>;tag=${own}`,
    `To: <sip:1002@pbx.example>;tag=${tag}`,
    `Call-ID: ${callId}`,
    'CSeq: 1 INVITE',
  ]);
}

test('a call by records begins once, after the question for a password', async () => {
  const rig = await watched();
  const { server } = rig;
  await loggedIn(rig);
  const caller = new SipPhone('1001', 'call-1', { other: 'b' });
  const device = { callId: 'out-1', own: 'host' };
  const dialled = new SipPhone('1001', device.callId, { own: device.own, other: 'c' });
  server.record('attempt', 'network', '', caller.invite('1002'));
  server.record('stop', 'application', 'call-rejected', answerOf('407 Proxy Authentication Required'));
  await server.settled();
  expect(rig.types()).toEqual(['pbx.connected']);
  server.record('attempt', 'network', '', caller.invite('1002'));
  server.record('attempt', 'application', '', dialled.invite('1002'));
  server.record('stop', 'network', 'call-rejected', answerOf('401 Unauthorized', 'x', device));
  server.record('attempt', 'application', '', dialled.invite('1002'));
  server.record('start', 'network', 'uac', answerOf('200 OK', 'c', device));
  server.record('start', 'application', 'uas', answerOf('200 OK'));
  server.record('attempt', 'network', '', caller.within('INVITE'));
  server.record('stop', 'application', 'call-rejected', answerOf('488 Not Acceptable Here'));
  server.record('attempt', 'network', '', calleeOf('call-1', 'b').within('INVITE'));
  await server.settled();
  expect(rig.types()).toEqual(['pbx.connected', 'call.started', 'call.answered']);
  server.record('stop', 'network', 'normal-release', caller.within('BYE'));
  server.record('stop', 'application', 'normal-release', dialled.within('BYE'));
  await server.settled();
  expect(rig.events.slice(3)).toMatchObject([
    { type: 'call.ended', callId: 'call-1', data: { disposition: 'answered', hangup_by: 'caller' } },
  ]);
});

test.each(['INVITE', 'CANCEL'])(
  'a call by records ends with its caller’s CANCEL, told by its %s',
  async (method) => {
    const rig = await watched();
    const { server, events } = rig;
    await loggedIn(rig);
    const caller = new SipPhone('1001', 'call-1');
    const invite = caller.invite('1002');
    server.record('attempt', 'network', '', invite);
    server.record(
      'attempt',
      'application',
      '',
      new SipPhone('1001', 'out-1', { own: 'host' }).invite('1002'),
    );
    server.record('stop', 'network', 'call-canceled', method === 'INVITE' ? invite : caller.cancel('1002'));
    const device = { callId: 'out-1', own: 'host' };
    server.record('stop', 'network', 'call-rejected', answerOf('487 Request Terminated', 'c', device));
    await server.settled();
    expect(rig.types()).toEqual(['pbx.connected', 'call.started', 'call.ended']);
    expect(events.at(-1)?.data).toMatchObject({ disposition: 'cancelled', hangup_by: 'caller' });
  },
);

test('a proxied call by records goes on after the destination asked for a password', async () => {
  const rig = await watched();
  const { server, clock, source } = rig;
  await loggedIn(rig);
  const caller = new SipPhone('1001', 'call-1', { other: 'b' });
  const question = answerOf('407 Proxy Authentication Required', 'x');
  const attempt = (phone: SipPhone): void => {
    server.record('attempt', 'network', '', phone.invite('1002'));
    server.record('attempt', 'application', '', phone.invite('1002'));
  };
  attempt(caller);
  server.record('stop', 'network', 'call-rejected', question);
  server.record('stop', 'application', 'call-rejected', question);
  attempt(caller);
  server.record('start', 'network', 'proxy-uac', answerOf('200 OK'));
  server.record('start', 'application', 'proxy-uas', answerOf('200 OK'));
  await server.settled();
  clock.advance(14 * SECOND);
  expect(rig.types()).toEqual(['pbx.connected', 'call.started', 'call.answered']);
  attempt(new SipPhone('1001', 'call-2'));
  server.record('stop', 'application', 'call-rejected', question.replaceAll('call-1', 'call-2'));
  await server.settled();
  await source.stop();
  expect(clock.waiting).toBe(0);
});

/** Who was called, as it speaks within the dialog. */
function calleeOf(callId: string, tag: string): SipPhone {
  return new SipPhone('1002', callId, { own: tag, other: 'caller' });
}

test('a lost connection is told, and made again later and later', async () => {
  const rig = await watched();
  const { server, clock, source, lines } = rig;
  await loggedIn(rig);
  server.drop();
  await clock.armed(SECOND);
  expect(source.health()).toMatchObject({ state: 'connecting', reason: expect.stringContaining('ended') });
  expect(rig.types()).toEqual(['pbx.connected', 'pbx.disconnected']);
  const { port } = server;
  await server.stop();
  clock.advance(SECOND);
  await clock.armed(2 * SECOND);
  clock.advance(2 * SECOND);
  await clock.armed(4 * SECOND);
  const again = await DrachtioServer.start(port);
  onTestFinished(() => again.stop());
  clock.advance(4 * SECOND);
  await loggedIn({ server: again });
  expect(source.health()).toEqual({ state: 'connected' });
  expect(rig.types()).toEqual(['pbx.connected', 'pbx.disconnected', 'pbx.connected']);
  expect(source.counts().unseenMs).toBe(7 * SECOND);
  expect(lines.filter((line) => line.includes('reached'))).toHaveLength(1);
});

test('a call that was open when sight was lost goes on; one that gives no sign for an hour has ended', async () => {
  const rig = await watched();
  const { server, clock, events } = rig;
  await loggedIn(rig);
  const phones = ['call-1', 'call-2'].map((callId) => new SipPhone('1001', callId));
  for (const phone of phones) {
    server.record('attempt', 'network', '', phone.invite('1002'));
    server.record('attempt', 'application', '', phone.invite('1002'));
  }
  await server.settled();
  server.drop();
  await clock.armed(SECOND);
  clock.advance(SECOND);
  await loggedIn(rig, 2);
  server.record('stop', 'network', 'normal-release', phones[0]?.within('BYE') ?? '');
  await server.settled();
  expect(events.at(-1)).toMatchObject({ type: 'call.ended', callId: 'call-1' });
  clock.advance(3_600 * SECOND);
  expect(events.at(-1)).toMatchObject({
    type: 'call.ended',
    callId: 'call-2',
    data: { disposition: 'unknown', inferred: true },
  });
});

test('a refused login is loud each time, slow, and tells no secret', async () => {
  const rig = await watched({ secret: 'not-this-one' });
  const { server, clock, source, lines } = rig;
  await clock.armed(60 * SECOND);
  clock.advance(60 * SECOND);
  await clock.armed(60 * SECOND);
  expect(source.health()).toMatchObject({ state: 'connecting', reason: expect.stringContaining('refuses') });
  expect(lines).toHaveLength(2);
  expect(lines.join()).not.toContain('not-this-one');
  expect(server.connections).toBe(2);
});

test('a server that says nothing any more is left', async () => {
  const rig = await watched();
  const { server, clock, source } = rig;
  await loggedIn(rig);
  clock.advance(15 * SECOND);
  await server.until(() => server.frames.filter((frame) => frame === 'ping').length === 2);
  await server.settled();
  server.isSilent = true;
  clock.advance(15 * SECOND);
  await server.until(() => server.frames.filter((frame) => frame === 'ping').length === 3);
  clock.advance(15 * SECOND);
  await clock.armed(SECOND);
  expect(source.health()).toMatchObject({ reason: expect.stringContaining('does not answer any more') });
});

test('a server that never answers the login is given up', async () => {
  const server = await DrachtioServer.start();
  server.isSilent = true;
  onTestFinished(() => server.stop());
  const rig = await watched({ port: server.port });
  await server.until(() => server.frames[0]);
  rig.clock.advance(10 * SECOND);
  await rig.clock.armed(SECOND);
  expect(rig.source.health()).toMatchObject({ reason: expect.stringContaining('does not answer') });
});

test.each([
  ['connected', false],
  ['logging in', true],
] as const)('a stop while %s leaves no socket and no timer', async (_, isSilent) => {
  const rig = await watched({ secret: isSilent ? 'x' : 'cymru' });
  const { server, clock, source } = rig;
  server.isSilent = isSilent;
  if (isSilent) await server.until(() => server.sockets.size === 1);
  else await loggedIn(rig);
  await source.stop();
  await server.until(() => server.sockets.size === 0);
  expect(clock.waiting).toBe(0);
  expect(source.health()).toEqual({ state: 'stopped' });
  clock.advance(120 * SECOND);
  expect(server.connections).toBe(1);
});
