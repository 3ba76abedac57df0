import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readStaticFiles } from '../../../src/api/dashboard.ts';
import { makeApi } from '../../support/api.ts';
import { temporaryFolder } from '../../support/engine.ts';

const PAGE =
  '<!doctype html><title>Webhooks</title><script type="module" src="./assets/main-abc123.js"></script>';
const SCRIPT = `console.log(${JSON.stringify('a'.repeat(2_000))});`;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  const built = join(folder.path, 'dashboard');
  mkdirSync(join(built, 'assets'), { recursive: true });
  writeFileSync(join(built, 'index.html'), PAGE);
  writeFileSync(join(built, 'assets', 'main-abc123.js'), SCRIPT);
  writeFileSync(join(folder.path, 'secret.txt'), 'secret');
});
afterEach(() => folder.remove());

const dashboard = () => readStaticFiles(join(folder.path, 'dashboard'));

describe('the dashboard', () => {
  it('is a page and its assets, the page asked for anew each time, what is named by its content never', async () => {
    const { send } = await makeApi({ dashboard: dashboard() });
    const page = await send('GET', '/webhooks/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(await page.text()).toBe(PAGE);
    const script = await send('GET', '/webhooks/assets/main-abc123.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await script.text()).toBe(SCRIPT);
  });

  it('is sent compressed to whoever takes that', async () => {
    const { send } = await makeApi({ dashboard: dashboard() });
    const path = '/webhooks/assets/main-abc123.js';
    const response = await send('GET', path, undefined, { 'accept-encoding': 'br, gzip' });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    const bytes = await response.arrayBuffer();
    expect(bytes.byteLength).toBeLessThan(200);
    const text = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
    expect(await text).toBe(SCRIPT);
    const plain = await send('GET', path, undefined, { 'accept-encoding': 'gzip;q=0' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(SCRIPT);
  });

  it('may load from nowhere else, run nothing inline, and be framed by nobody', async () => {
    const { send } = await makeApi({ dashboard: dashboard() });
    const { headers } = await send('GET', '/webhooks/');
    expect(headers.get('content-security-policy')?.split('; ').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
    ]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect((await send('GET', '/api/webhooks')).headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
  });

  it.each([
    '/webhooks/nothing.js',
    '/webhooks/assets',
    '/webhooks/../secret.txt',
    '/webhooks/..%2fsecret.txt',
    '/webhooks/%2e%2e/secret.txt',
    '/webhooks/assets/..%2f..%2fsecret.txt',
    '/webhooks/assets/..%5c..%5csecret.txt',
    '/webhooks//etc/passwd',
    '/webhooks/index.html%00',
    '/webhooks/__proto__',
  ])('gives nothing else: %s', async (path) => {
    const { handler } = await makeApi({ dashboard: dashboard() });
    const url = new URL(await served(handler));
    // As it is: fetch would resolve the dots.
    const asked = request({ port: url.port, host: '127.0.0.1', path }).end();
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(404);
    const text = Buffer.concat(await response.toArray()).toString();
    expect(JSON.parse(text)).toMatchObject({ code: 'not_found' });
  });

  it('that was not built says how to build it', async () => {
    const { send } = await makeApi({ dashboard: readStaticFiles(join(folder.path, 'nowhere')) });
    for (const path of ['/webhooks', '/webhooks/']) {
      const response = await send('GET', path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(await response.text()).toMatch(/npm run build/);
    }
  });

  it('takes no other method', async () => {
    const { send } = await makeApi({ dashboard: dashboard() });
    const response = await send('POST', '/webhooks/', {});
    expect(response.status).toBe(405);
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' });
  });
});

describe('below a prefix', () => {
  it.each<[string, string, (handler: RequestListener) => RequestListener]>([
    ['no prefix', '', (handler) => handler],
    ['one that stays', '/pbx', (handler) => handler],
    ['one that Express cuts off', '/pbx', (handler) => express().use('/pbx', handler)],
    ['its own path in Express', '', (handler) => express().use('/webhooks', handler)],
    ['a prefix and its own path in Express', '/pbx', (handler) => express().use('/pbx/webhooks', handler)],
  ])('%s, the page is found, and what lacks the slash is led there', async (_, prefix, mount) => {
    const { handler } = await makeApi({ dashboard: dashboard() });
    const url = (await served(mount(handler))) + prefix;
    const page = await fetch(`${url}/webhooks`);
    expect(page.url).toBe(`${url}/webhooks/`);
    expect(await page.text()).toBe(PAGE);
    expect((await fetch(`${url}/webhooks?x=1`)).url).toBe(`${url}/webhooks/?x=1`);
    expect(await (await fetch(`${url}/webhooks/assets/main-abc123.js`)).text()).toBe(SCRIPT);
    expect((await fetch(`${url}/webhooks/nothing`)).status).toBe(404);
  });
});

describe('who sees it', () => {
  it('is anyone where there is a token: it holds nothing, and asks for it', async () => {
    const { send } = await makeApi({ dashboard: dashboard(), token: 'secret' });
    const elsewhere = { host: 'pbx.example.com', 'sec-fetch-site': 'cross-site' };
    expect((await send('GET', '/webhooks/', undefined, elsewhere)).status).toBe(200);
    expect((await send('GET', '/api/webhooks', undefined, elsewhere)).status).toBe(401);
  });

  it('is this machine alone without one, and no page of another origin; a link to it is followed', async () => {
    const { send } = await makeApi({ dashboard: dashboard() });
    const answer = async (headers: Record<string, string>) => {
      const response = await send('GET', '/webhooks/', undefined, headers);
      return response.ok ? response.status : ((await response.json()) as { code: string }).code;
    };
    expect(await answer({ host: 'localhost' })).toBe(200);
    expect(await answer({ host: 'rebound.example' })).toBe('host_refused');
    expect(await answer({ 'x-forwarded-for': '198.51.100.7' })).toBe('proxy_refused');
    const script = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'no-cors',
      'sec-fetch-dest': 'script',
    };
    const frame = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'iframe',
    };
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect(await answer(script)).toBe('origin_refused');
    expect(await answer(frame)).toBe('origin_refused');
    expect(await answer(link)).toBe(200);
    expect((await send('GET', '/api/webhooks', undefined, link)).status).toBe(403);
  });
});

async function served(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
