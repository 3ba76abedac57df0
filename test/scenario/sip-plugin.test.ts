import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { expect, onTestFinished, test } from 'vitest';
import register, { type PbxHost, type WebhookPlugin } from '../../src/index.ts';
import { temporaryFolder } from '../support/cli.ts';
import { DrachtioServer } from '../support/drachtio-server.ts';
import { Receiver } from '../support/receiver.ts';
import { register as registerOf, SipPhone } from '../support/sip-phone.ts';

async function rig() {
  const server = await DrachtioServer.start();
  onTestFinished(() => server.stop());
  const receiver = await Receiver.start();
  onTestFinished(() => receiver.stop());
  const options = {
    subscriptions: [{ url: receiver.url(), events: ['call.*', 'extension.*'] }],
    store: { url: `sqlite:${temporaryFolder()}/webhooks.db` },
  };
  return { server, receiver, options };
}

async function registered(host: PbxHost, options: unknown): Promise<WebhookPlugin> {
  const plugin = await register(host, options);
  onTestFinished(() => plugin.close());
  return plugin;
}

test('a device that registers with a host’s drachtio is a webhook', async () => {
  const { server, receiver, options } = await rig();
  const srf = new Srf();
  srf.use('register', (req, res) => res.send(200, { headers: { Contact: req.get('Contact') } }));
  void srf.connect({ host: '127.0.0.1', port: server.port, secret: server.secret });
  onTestFinished(() => srf.disconnect());
  await once(srf, 'connect');
  const plugin = await registered({ srf }, options);
  expect(plugin.health()).toMatchObject({ ready: true });
  await server.receive(registerOf());
  const [request] = await receiver.received(1);
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    event_type: 'extension.registered',
    data: { extension: '1001', ip_address: '192.0.2.10', pbx: 'main' },
  });
});

test('a host may connect its drachtio after it has registered us', async () => {
  const { server, receiver, options } = await rig();
  const srf = new Srf();
  srf.use('register', (req, res) => res.send(200, { headers: { Contact: req.get('Contact') } }));
  const plugin = await registered({ srf }, options);
  expect(plugin.health()).toMatchObject({ ready: false });
  void srf.connect({ host: '127.0.0.1', port: server.port, secret: server.secret });
  onTestFinished(() => srf.disconnect());
  await once(srf, 'connect');
  expect(plugin.health()).toMatchObject({ ready: true });
  await server.receive(registerOf());
  expect(await receiver.received(1)).toHaveLength(1);
});

test('a call that a configured drachtio-server records is a webhook', async () => {
  const { server, receiver, options } = await rig();
  const sources = { sip: { name: 'edge', port: server.port, secret: server.secret } };
  const plugin = await registered({}, { ...options, sources });
  await server.until(() => server.frames.filter((frame) => frame === 'route|cdr:stop').length === 1);
  expect(plugin.health()).toMatchObject({ ready: true });
  const invite = new SipPhone('1001', 'call-1').invite('1002');
  server.record('attempt', 'network', '', invite);
  server.record('attempt', 'application', '', invite);
  const [request] = await receiver.received(1);
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    event_type: 'call.started',
    data: { call_id: 'call-1', from_extension: '1001', to_extension: '1002', pbx: 'edge' },
  });
});
