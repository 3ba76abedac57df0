import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeClock } from '../../support/clock.ts';
import { callEvent, LOOPBACK, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';

/** One certificate, of localhost, stands for authority, server and client. */
const CERT = fileURLToPath(new URL('../../fixtures/tls/cert.pem', import.meta.url));
const KEY = fileURLToPath(new URL('../../fixtures/tls/key.pem', import.meta.url));

let server: Server;
let seen: { readonly path: string | undefined; readonly client: string; readonly name: unknown }[];
let rig: Rig;
let folder: ReturnType<typeof temporaryFolder>;

beforeEach(async () => {
  seen = [];
  const pem = { ca: readFileSync(CERT), cert: readFileSync(CERT), key: readFileSync(KEY) };
  server = createServer({ ...pem, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const socket = request.socket;
    if (!(socket instanceof TLSSocket)) return;
    const client = socket.authorized ? 'known' : 'unknown';
    seen.push({ path: request.url, client, name: socket.servername });
    response.writeHead(socket.authorized ? 204 : 401).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  folder = temporaryFolder();
});
afterEach(async () => {
  await rig.stop();
  server.close();
  server.closeAllConnections();
  folder.remove();
});

async function start(workerThreads = 0): Promise<void> {
  const settings = { allow: LOOPBACK, maxRetries: 1, workerThreads };
  const resolve = () => Promise.resolve(['127.0.0.1']);
  rig = await startRig({ folder: folder.path, clock: new FakeClock(), settings, resolve });
}

function url(host: string, path = '/hook'): string {
  return `https://${host}:${(server.address() as AddressInfo).port}${path}`;
}

async function outcomes(): Promise<Record<string, unknown>> {
  await rig.engine.publish(callEvent(rig.clock));
  return vi.waitFor(
    async () => {
      const all = await rig.deliveries();
      expect(all.every(({ history }) => history.length > 0)).toBe(true);
      return Object.fromEntries(
        all.map(({ subscriptionId, history }) => [subscriptionId, history.at(-1)?.outcome]),
      );
    },
    { interval: 5, timeout: 8_000 },
  );
}

test.each([0, 1])(
  'our certificate is shown to the receiver that asks for it, with %i threads',
  async (threads) => {
    await start(threads);
    const events = ['*'];
    const tls = { ca: CERT, cert: CERT, key: KEY };
    const mutual = await rig.registry.add({ url: url('localhost', '/mutual'), events, tls });
    const plain = await rig.registry.add({ url: url('localhost', '/plain'), events, tls: { ca: CERT } });
    const strange = await rig.registry.add({ url: url('localhost', '/strange'), events });
    const found = await outcomes();
    expect(found[mutual.id]).toMatchObject({ response: { status: 204 } });
    expect(found[plain.id]).toMatchObject({ response: { status: 401 } });
    expect(found[strange.id]).toMatchObject({ code: 'tls' });
    expect(seen.toSorted((a, b) => (a.path ?? '').localeCompare(b.path ?? ''))).toEqual([
      { path: '/mutual', client: 'known', name: 'localhost' },
      { path: '/plain', client: 'unknown', name: 'localhost' },
    ]);
  },
);

test('server_name is the name that the certificate must bear; without it that of the URL', async () => {
  await start();
  const tls = { ca: CERT, cert: CERT, key: KEY };
  const renamed = await rig.registry.add({
    url: url('crm.lan', '/renamed'),
    events: ['*'],
    tls: { ...tls, server_name: 'localhost' },
  });
  const other = await rig.registry.add({ url: url('crm.lan'), events: ['*'], tls });
  const wrong = await rig.registry.add({
    url: url('localhost', '/wrong'),
    events: ['*'],
    tls: { ...tls, server_name: 'crm.lan' },
  });
  const found = await outcomes();
  expect(found[wrong.id]).toMatchObject({ code: 'tls', message: expect.stringContaining('crm.lan') });
  expect(found[renamed.id]).toMatchObject({ response: { status: 204 } });
  expect(found[other.id]).toMatchObject({ code: 'tls', message: expect.stringContaining('crm.lan') });
  expect(seen.map(({ path }) => path)).toEqual(['/renamed']);
});

test('files that are gone fail the attempts and are told, and hold up nothing else', async () => {
  const own = join(folder.path, 'cert.pem');
  copyFileSync(CERT, own);
  await start();
  await rig.registry.add({ url: url('localhost'), events: ['*'], tls: { ca: own } });
  await rig.stop();
  rmSync(own);
  await start();
  const [subscription] = rig.registry.list();
  expect(rig.logger.lines).toContainEqual(
    expect.stringMatching(/^error Nothing can be sent to https:\/\/localhost.*ca: ENOENT/),
  );
  const found = await outcomes();
  expect(found[subscription?.id ?? '']).toMatchObject({ code: 'tls', message: expect.stringContaining(own) });
});
