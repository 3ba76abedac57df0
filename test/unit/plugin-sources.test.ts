import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import Manager from 'asterisk-manager';
import Srf from 'drachtio-srf';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import register, { type PbxHost, type WebhookPlugin } from '../../src/index.ts';
import { type AmiServer, startAmiServer } from '../support/ami-server.ts';
import { temporaryFolder } from '../support/cli.ts';
import { DrachtioServer } from '../support/drachtio-server.ts';
import { type ReceivedRequest, Receiver } from '../support/receiver.ts';
import { register as registerOf, SipPhone } from '../support/sip-phone.ts';

const call = readFileSync('test/fixtures/ami/22/02a_internal_caller_hangs.ami');

let receiver: Receiver;
let pbx: AmiServer;
beforeEach(async () => {
  receiver = await Receiver.start();
  pbx = await startAmiServer();
});
afterEach(async () => {
  await receiver.stop();
  await pbx.close();
});

interface Plugged {
  readonly plugin: WebhookPlugin;
  readonly lines: string[];
}

async function plug(
  host: PbxHost,
  sources?: object,
  events = ['call.started', 'call.answered', 'call.ended', 'user.event'],
): Promise<Plugged> {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const logger = { debug: keep, info: keep, warn: keep, error: keep };
  const plugin = await register(
    { logger, ...host },
    {
      // One at a time: what was told first comes first, whatever calls it is of.
      subscriptions: [{ url: receiver.url(), events, concurrency: 1 }],
      store: { url: `sqlite:${temporaryFolder()}/webhooks.db` },
      ...(sources && { sources }),
    },
  );
  onTestFinished(() => plugin.close());
  return { plugin, lines };
}

function manager(): Manager {
  const made = new Manager(pbx.port, '127.0.0.1', 'u', 's', true);
  onTestFinished(() => made.disconnect());
  return made;
}

/** Once the host's manager or our own connection was asked what there is, the call is played. */
async function play(): Promise<void> {
  await pbx.actions.first((action) => action.get('action') === 'ListCommands');
  pbx.send(call);
}

function typesOf(requests: readonly ReceivedRequest[]): unknown[] {
  return requests.map(({ body }) => JSON.parse(body).event_type);
}

/** All that arrived, up to the `user.event` that a test ends with. */
async function allUpToLast(): Promise<readonly ReceivedRequest[]> {
  for (let count = 1; ; count += 1) {
    const requests = await receiver.received(count);
    if (typesOf(requests).includes('user.event')) return requests;
  }
}

const CALL = ['call.started', 'call.answered', 'call.ended'];

test('host.ami is enough for a webhook', async () => {
  const { plugin } = await plug({ name: 'hq', ami: manager() });
  await play();
  const requests = await receiver.received(3);
  expect(typesOf(requests)).toEqual(CALL);
  expect(JSON.parse(requests[2]?.body ?? '').data).toMatchObject({ pbx: 'hq', disposition: 'answered' });
  expect(plugin.health().checks).toContainEqual({ name: 'source hq', ok: true, state: 'connected' });
});

test('host.events is enough for a webhook', async () => {
  const events = new EventEmitter();
  await plug({ events });
  events.emit('call.started', { call_id: 'c1', from_extension: '1001', to_extension: '1002' });
  const [request] = await receiver.received(1);
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    event_type: 'call.started',
    data: { call_id: 'c1', from_extension: '1001', to_extension: '1002', pbx: 'main' },
  });
});

test('both are told, and a call that both tell is told once', async () => {
  const events = new EventEmitter();
  const { plugin } = await plug({ ami: manager(), events });
  await play();
  const [started] = await receiver.received(3);
  const { call_id: callId } = JSON.parse(started?.body ?? '').data;
  for (const type of CALL) events.emit(type, { call_id: callId, disposition: 'answered' });
  events.emit('call.started', { call_id: 'another' });
  events.emit('fact', { kind: 'user.event', name: 'last', fields: {} });
  const requests = await allUpToLast();
  expect(requests.map(({ body }) => JSON.parse(body).data.pbx)).toEqual(requests.map(() => 'main'));
  expect(typesOf(requests).sort()).toEqual([...CALL, 'call.started', 'user.event'].sort());
  expect(plugin.health().checks.map(({ name }) => name)).toEqual([
    'engine',
    'source main',
    'source main.events',
  ]);
});

test.each([
  ['at the same address', (port: number) => ({ name: 'other', host: 'localhost', port })],
  ['of the same name', (port: number) => ({ name: 'main', host: '127.0.0.2', port })],
])('host.ami is left alone beside a source %s', async (_which, ami) => {
  const own = { ...ami(pbx.port), username: 'u', secret: 's' };
  const hosts = manager();
  const before = hosts.listeners('rawevent').length;
  const { lines } = await plug({ ami: hosts }, { ami: own });
  expect(hosts.listeners('rawevent')).toHaveLength(before);
  expect(lines.join('\n')).toContain('not through host.ami as well');
});

test('host.ami and a source of another PBX are both watched', async () => {
  const branch = await startAmiServer({ stream: call });
  onTestFinished(() => branch.close());
  const own = { name: 'branch', port: branch.port, username: 'u', secret: 's' };
  await plug({ ami: manager() }, { ami: own });
  await play();
  const requests = await receiver.received(6);
  expect(requests.map(({ body }) => JSON.parse(body).data.pbx).sort()).toEqual([
    ...['branch', 'branch', 'branch'],
    ...['main', 'main', 'main'],
  ]);
});

test('an end takes each listener off, and leaves the host’s connection as it is', async () => {
  const hosts = manager();
  const events = new EventEmitter();
  const { plugin } = await plug({ ami: hosts, events });
  await pbx.actions.first((action) => action.get('action') === 'CoreShowChannels');
  await plugin.close();
  expect(events.eventNames()).toEqual([]);
  const ids = pbx.actions.all.map((action) => action.get('actionid') ?? '');
  const names = ['rawevent', 'connect', 'close', ...ids];
  expect(names.map((name) => hosts.listeners(name).length)).toEqual([1, 1, 0, ...ids.map(() => 0)]);
  expect(hosts.isConnected()).toBe(true);
});

test('calls that were open at the end go on to be told by who told them', async () => {
  const events = new EventEmitter();
  const store = { url: `sqlite:${temporaryFolder()}/webhooks.db` };
  const subscriptions = [{ url: receiver.url(), events: ['call.started', 'call.ended', 'user.event'] }];
  const first = await register({ ami: manager(), events }, { subscriptions, store });
  await pbx.actions.first((action) => action.get('action') === 'ListCommands');
  const text = call.toString('utf8');
  pbx.send(text.slice(0, text.indexOf('Event: Hangup\r\n')));
  const [started] = await receiver.received(1);
  const { call_id: callId } = JSON.parse(started?.body ?? '').data;
  await first.close();

  const second = await register({ ami: manager(), events }, { subscriptions, store });
  onTestFinished(() => second.close());
  events.emit('call.started', { call_id: callId });
  events.emit('user.event', { name: 'last', fields: {} });
  expect(typesOf(await allUpToLast()).filter((type) => type === 'call.started')).toHaveLength(1);
});

test('beside an asterisk-manager a drachtio tells registrations, and calls are told by one of them', async () => {
  const server = await DrachtioServer.start();
  onTestFinished(() => server.stop());
  const srf = new Srf();
  srf.use('register', (req, res) => res.send(200, { headers: { Contact: req.get('Contact') } }));
  srf.use('invite', (_req, res) => res.send(486));
  void srf.connect({ host: '127.0.0.1', port: server.port, secret: server.secret });
  onTestFinished(() => srf.disconnect());
  await once(srf, 'connect');
  await plug({ ami: manager(), srf }, undefined, ['call.*', 'extension.*']);
  await server.receive(new SipPhone('1001', 'call-1').invite('1002'));
  await server.receive(registerOf());
  await receiver.received(1);
  await play();
  expect(typesOf(await receiver.received(5))).toEqual([
    'extension.registered',
    'call.started',
    'call.ringing',
    'call.answered',
    'call.ended',
  ]);
});

test('a source of its own under the name of the host’s PBX is refused', async () => {
  const sources = { sip: [{ name: 'main', port: 9022, secret: 's' }] };
  await expect(plug({ ami: manager() }, sources)).rejects.toMatchObject({
    code: 'host_invalid',
    message: expect.stringContaining('Two sources would be called main'),
  });
});

test('a start that fails half-way leaves no listener behind', async () => {
  const ami = manager();
  const before = ['rawevent', 'connect', 'close'].map((name) => ami.listeners(name).length);
  class Frozen extends EventEmitter {
    override on(name: string, listener: (...args: unknown[]) => void): this {
      if (this.eventNames().length === 4) throw new Error('no more listeners here');
      return super.on(name, listener);
    }
  }
  const events = new Frozen();
  await expect(plug({ ami, events })).rejects.toThrow('no more listeners here');
  expect(events.eventNames()).toEqual([]);
  expect(['rawevent', 'connect', 'close'].map((name) => ami.listeners(name).length)).toEqual(before);
});

test('what plain JavaScript says of parts that are not there is understood, and its parts need no binding', async () => {
  const nothing: unknown = null;
  const host: unknown = { ami: nothing, srf: nothing, http: nothing, events: new EventEmitter() };
  if (!isHost(host)) throw new TypeError('no host');
  const { plugin } = await plug(host);
  const { publish, health, close } = plugin;
  await publish('user.event', { name: 'x', fields: {} });
  expect(health()).toMatchObject({ ready: true });
  expect(typesOf(await receiver.received(1))).toEqual(['user.event']);
  await close();
});

function isHost(host: unknown): host is PbxHost {
  return typeof host === 'object';
}
