import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAdmission } from '../../../src/delivery/admission.ts';
import type { DeliverySettings } from '../../../src/delivery/settings.ts';
import type { SubscriptionInput } from '../../../src/subscription/registry.ts';
import { FakeClock } from '../../support/clock.ts';
import { callEvent, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { Receiver, reply } from '../../support/receiver.ts';

const POLL = { interval: 5, timeout: 8_000 };

/** What names resolve to; changed by tests in the middle of things. */
let addresses: Record<string, readonly string[]>;
let asked: string[];
let receiver: Receiver;
let rig: Rig;
const folder = temporaryFolder();

const resolve = (host: string) => {
  asked.push(host);
  const found = addresses[host];
  return found === undefined
    ? Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND', hostname: host }))
    : Promise.resolve(found);
};

beforeEach(async () => {
  addresses = {};
  asked = [];
  receiver = await Receiver.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

async function start(allow: readonly string[] = [], settings: Partial<DeliverySettings> = {}): Promise<void> {
  const own = temporaryFolder();
  folder.remove = own.remove;
  rig = await startRig({
    folder: own.path,
    clock: new FakeClock(),
    settings: { allow, maxRetries: 1, ...settings },
    resolve,
  });
}

function named(name: string, path = '/hook'): string {
  return `http://${name}:${new URL(receiver.origin).port}${path}`;
}

/** What came of one event to one subscription of the API. */
async function outcomeFor(url: string, more: Partial<SubscriptionInput> = {}): Promise<unknown> {
  const { id } = await rig.registry.add({ url, events: ['*'], ...more });
  return outcomeOfNext(id);
}

async function outcomeOfNext(subscriptionId: string): Promise<unknown> {
  const eventId = await rig.engine.publish(callEvent(rig.clock));
  return vi.waitFor(async () => {
    const found = (await rig.deliveries()).find(
      (one) => one.eventId === eventId && one.subscriptionId === subscriptionId,
    );
    const outcome = found?.history.at(-1)?.outcome;
    expect(outcome).toBeDefined();
    return outcome;
  }, POLL);
}

const refused = (pattern = /features\.webhooks\.network\.allow$/) => ({
  kind: 'error',
  code: 'refused_address',
  message: expect.stringMatching(pattern),
});
const delivered = { kind: 'response', response: { status: 204 } };

describe('an address inside the network', () => {
  test('is refused by a thread as well', async () => {
    await start([], { workerThreads: 1 });
    expect(await outcomeFor(receiver.url())).toMatchObject(refused(/^127\.0\.0\.1 is a loopback address/));
    expect(await outcomeFor(named('localhost'))).toMatchObject(refused());
  });

  test('one among public ones refuses the name, whichever comes first', async () => {
    await start();
    addresses['mixed.example'] = ['1.1.1.1', '127.0.0.1'];
    expect(await outcomeFor(named('mixed.example'))).toMatchObject(
      refused(/^mixed\.example \(127\.0\.0\.1\)/),
    );
    addresses['mixed.example'] = ['127.0.0.1', '1.1.1.1'];
    expect(await outcomeFor(named('mixed.example', '/2'))).toMatchObject(refused());
    addresses['mixed.example'] = ['::ffff:127.0.0.1', '2606:4700::1'];
    expect(await outcomeFor(named('mixed.example', '/3'))).toMatchObject(refused());
    expect(receiver.requests).toEqual([]);
  });
});

test('a name that passed at the save and moved since is refused at the next connection', async () => {
  await start(['10.0.0.0/8', '127.0.0.1']);
  const admission = createAdmission({ allow: ['127.0.0.1'], clock: rig.clock, resolve });
  addresses['rebind.example'] = ['127.0.0.1'];
  const url = named('rebind.example');
  expect(await admission.refusal(url)).toBeUndefined();
  receiver.behaviour = reply(204, '', { connection: 'close' });
  const { id } = await rig.registry.add({ url, events: ['*'] });
  expect(await outcomeOfNext(id)).toMatchObject(delivered);
  addresses['rebind.example'] = ['127.0.0.2'];
  expect(await outcomeOfNext(id)).toMatchObject(refused(/^rebind\.example \(127\.0\.0\.2\)/));
  expect(receiver.requests).toHaveLength(1);
});

test('what was checked is what is connected to: a name is looked up once for a connection', async () => {
  await start(['127.0.0.1']);
  addresses['crm.example'] = ['127.0.0.1'];
  expect(await outcomeFor(named('crm.example'))).toMatchObject(delivered);
  expect(asked).toEqual(['crm.example']);
});

test('the receiver is asked by the name of the URL, whatever headers the subscription has', async () => {
  await start(['crm.lan']);
  addresses['crm.lan'] = ['127.0.0.1'];
  const headers = {
    Host: '169.254.169.254',
    'X-Forwarded-Host': 'a',
    Connection: 'keep-alive, x-webhook-id',
  };
  expect(await outcomeFor(named('crm.lan'), { headers })).toMatchObject(delivered);
  const [request] = receiver.requests;
  expect(request?.headers).toMatchObject({
    host: new URL(named('crm.lan')).host,
    'x-forwarded-host': 'a',
    connection: 'keep-alive',
    'x-webhook-id': expect.any(String),
  });
});

describe('network.allow', () => {
  test.each([
    ['127.0.0.0/8', 'http://127.0.0.1:'],
    ['127.0.0.1:PORT', 'http://127.0.0.1:'],
    ['127.0.0.1', 'http://crm.lan:'],
    ['crm.lan', 'http://crm.lan:'],
    ['crm.lan:PORT', 'http://crm.lan:'],
    ['*.lan', 'http://crm.lan:'],
    ['localhost', 'http://localhost:'],
    ['127.0.0.0/8', 'http://localhost:'],
    ['127.0.0.0/8', 'http://[::ffff:127.0.0.1]:'],
  ])('%s lets a delivery to %s… through', async (allow, url) => {
    const { port } = new URL(receiver.origin);
    await start([allow.replace('PORT', port)]);
    addresses = { 'crm.lan': ['127.0.0.1'], localhost: ['127.0.0.1', '::1'] };
    expect(await outcomeFor(`${url}${port}/`)).toMatchObject(delivered);
  });

  test('with a port lets no other port of the host through', async () => {
    await start(['crm.lan:1', '127.0.0.1:1']);
    addresses['crm.lan'] = ['127.0.0.1'];
    expect(await outcomeFor(named('crm.lan'))).toMatchObject(refused());
    expect(await outcomeFor(receiver.url())).toMatchObject(refused());
  });
});

describe('a subscription of the config file', () => {
  test('may lead anywhere, and one of the API to the same host may not, also while a connection is kept', async () => {
    await start();
    addresses['crm.lan'] = ['127.0.0.1'];
    await rig.registry.applyConfig([
      { url: receiver.url('/a'), events: ['*'] },
      { url: named('crm.lan', '/b'), events: ['*'] },
    ]);
    const [a, b] = rig.registry.list();
    expect(await outcomeOfNext(a?.id ?? '')).toMatchObject(delivered);
    expect(await outcomeOfNext(b?.id ?? '')).toMatchObject(delivered);
    expect(await outcomeFor(receiver.url('/api'))).toMatchObject(refused());
    expect(await outcomeFor(named('crm.lan', '/api'))).toMatchObject(refused());
    await receiver.received(2, '/a');
    expect(receiver.requests.filter(({ path }) => path === '/api')).toEqual([]);
  });

  test('is no longer trusted with a URL that the API gave it, until the file names that', async () => {
    await start();
    await rig.registry.applyConfig([{ url: receiver.url('/a'), events: ['*'] }]);
    const id = rig.registry.list()[0]?.id;
    if (id === undefined) throw new Error('no subscription');
    await rig.registry.update(id, { url: receiver.url('/admin') });
    expect(await outcomeOfNext(id)).toMatchObject(refused());
    await rig.registry.applyConfig([{ url: receiver.url('/admin'), events: ['*'] }]);
    expect(await outcomeOfNext(id)).toMatchObject(delivered);
  });
});

test('a redirect into the network is not followed', async () => {
  await start(['crm.lan']);
  addresses['crm.lan'] = ['127.0.0.1'];
  for (const status of [301, 302, 303, 307, 308]) {
    receiver.behaviour = reply(status, '', { location: receiver.url('/inside') });
    expect(await outcomeFor(named('crm.lan', `/${status}`))).toMatchObject({ response: { status } });
    for (const { id } of rig.registry.list()) await rig.registry.remove(id);
  }
  expect(receiver.requests.filter(({ path }) => path === '/inside')).toEqual([]);
});

test('a name that is not found fails the attempt and says so', async () => {
  await start();
  expect(await outcomeFor('http://nowhere.example/')).toMatchObject({
    code: 'connect',
    message: 'Host name not found (nowhere.example)',
  });
});

test.each([0, 1])('proxies of the environment are not followed, with %i threads', async (workerThreads) => {
  const proxy = createServer((_request, response) => response.writeHead(502).end());
  const seen = vi.fn();
  proxy.on('connection', seen).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  vi.stubEnv('NO_PROXY', '');
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
    vi.stubEnv(name, address);
  }
  await start(['127.0.0.1'], { workerThreads });
  expect(await outcomeFor(receiver.url())).toMatchObject(delivered);
  expect(seen).not.toHaveBeenCalled();
  proxy.close();
});
