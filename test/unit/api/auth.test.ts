import { describe, expect, it } from 'vitest';
import { makeApi } from '../../support/api.ts';

const LIST = '/api/webhooks';
const TOKEN = 'a+b/c=.tökén';
/** As it arrives: the UTF-8 bytes of a header, read as Latin-1. */
const bearing = (token: string) => ({
  authorization: `Bearer ${Buffer.from(token, 'utf8').toString('latin1')}`,
});

describe('with a token', () => {
  it.each([
    ['the token', bearing(TOKEN), 200],
    ['the scheme in another case', { authorization: `bearer ${bearing(TOKEN).authorization.slice(7)}` }, 200],
    ['no token', {}, 401],
    ['an empty token', { authorization: 'Bearer ' }, 401],
    ['another token', bearing('other'), 401],
    ['a longer token', bearing(`${TOKEN}x`), 401],
    ['a shorter token', bearing(TOKEN.slice(0, -1)), 401],
    ['the token without its scheme', { authorization: bearing(TOKEN).authorization.slice(7) }, 401],
    ['another scheme', { authorization: `Basic ${bearing(TOKEN).authorization.slice(7)}` }, 401],
  ])('%s gives %s', async (_what, headers: Record<string, string>, status) => {
    const { send } = await makeApi({ token: TOKEN });
    for (const [method, path] of [
      ['GET', LIST],
      ['HEAD', LIST],
      ['DELETE', `${LIST}?url=https://x.example/`],
    ] as const) {
      const response = await send(method, path, undefined, headers);
      expect(response.status).toBe(method === 'DELETE' && status === 200 ? 404 : status);
      expect(response.headers.get('www-authenticate')).toBe(
        status === 401 ? 'Bearer realm="pbx-webhooks"' : null,
      );
    }
  });

  it.each(['/', '/nope', LIST, `${LIST}/sub_x`])('tells a stranger nothing of %s', async (path) => {
    const { send } = await makeApi({ token: TOKEN });
    for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS']) {
      expect((await send(method, path)).status).toBe(401);
    }
  });

  it('answers under any name, so that a proxy may stand in front', async () => {
    const { send } = await makeApi({ token: TOKEN });
    const response = await send('GET', LIST, undefined, { ...bearing(TOKEN), host: 'pbx.example.com' });
    expect(response.status).toBe(200);
  });

  it.each([
    ['a page of another site', { origin: 'https://evil.example', host: 'pbx.example.com' }, 403],
    ['a page without an origin', { origin: 'null', host: 'pbx.example.com' }, 403],
    ['its own page', { origin: 'https://pbx.example.com', host: 'pbx.example.com' }, 404],
    [
      'its own page through a proxy that changes Host',
      { origin: 'https://pbx.example.com', host: '127.0.0.1:8080', 'sec-fetch-site': 'same-origin' },
      404,
    ],
    ['a browser on another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['no browser', {}, 404],
  ])('a change by %s gives %s', async (_who, headers: Record<string, string>, status) => {
    const { send } = await makeApi({ token: TOKEN });
    const response = await send('DELETE', `${LIST}?url=x`, undefined, { ...bearing(TOKEN), ...headers });
    expect(response.status).toBe(status);
  });
});

describe('without a token', () => {
  it.each(['', undefined])('%j is no token', async (token) => {
    const { send, hasToken } = await makeApi(token === undefined ? {} : { token });
    expect(hasToken).toBe(false);
    expect((await send('GET', LIST)).status).toBe(200);
    expect((await send('GET', LIST, undefined, { authorization: 'Bearer x' })).status).toBe(200);
  });

  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST:1',
    '127.0.0.1',
    '127.0.0.1:8080',
    '[::1]',
    '[::1]:8080',
  ])('answers to the name %s', async (host) => {
    const { send } = await makeApi();
    expect((await send('GET', LIST, undefined, { host })).status).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    '10.0.0.1:8080',
    '[::2]:8080',
    '1270.0.1',
    '127.0.0.1, evil.example',
    '',
  ])('refuses the name "%s" (DNS rebinding)', async (host) => {
    const { send } = await makeApi();
    for (const path of [LIST, '/healthz', '/nope']) {
      const response = await send('GET', path, undefined, { host });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'host_refused' });
    }
  });

  it.each([
    ['Forwarded', 'for=192.0.2.7'],
    ['X-Forwarded-For', '192.0.2.7'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Real-IP', ''],
    ['Via', '1.1 edge'],
  ])('refuses what came through a proxy (%s: %s), and names the setting', async (name, value) => {
    const proxied = { [name]: value };
    const { send } = await makeApi();
    for (const path of [LIST, '/healthz']) {
      const response = await send('GET', path, undefined, proxied);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        code: 'proxy_refused',
        error: expect.stringContaining('api.token'),
      });
    }
    const withToken = await makeApi({ token: TOKEN });
    expect((await withToken.send('GET', LIST, undefined, { ...proxied, ...bearing(TOKEN) })).status).toBe(
      200,
    );
  });

  it.each<[string, Record<string, string>, number]>([
    ['a page of another site', { origin: 'https://evil.example' }, 403],
    ['a page of another port', { origin: 'http://localhost:3000' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['an image on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['a page of the same site', { 'sec-fetch-site': 'same-site' }, 403],
    ['its own page', { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }, 200],
    ['a person at the address bar', { 'sec-fetch-site': 'none' }, 200],
  ])('%s gets %s', async (_who, headers, status) => {
    const { send } = await makeApi();
    const all = { host: 'localhost:8080', ...headers };
    const response = await send('GET', LIST, undefined, all);
    expect(response.status).toBe(status);
    if (status === 403) {
      expect(await response.json()).toMatchObject({ code: 'origin_refused' });
      expect((await send('POST', LIST, { url: 'https://x.example/' }, all)).status).toBe(403);
    }
  });
});

describe('every answer', () => {
  it.each([LIST, '/nope', '/healthz', `${LIST}?url=x`])(
    'of %s may be kept by no cache and read by no page',
    async (path) => {
      const { send } = await makeApi();
      for (const method of ['GET', 'POST', 'PUT', 'OPTIONS', 'DELETE']) {
        const { headers } = await send(method, path);
        expect(headers.get('cache-control')).toBe('no-store');
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
        expect(headers.get('content-security-policy')).toContain("default-src 'none'");
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    },
  );
});
