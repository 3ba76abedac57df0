import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeApi } from '../../support/api.ts';
import { INNER_HOSTS } from '../../support/inner-hosts.ts';

const LIST = '/api/webhooks';
const OUTSIDE = 'https://crm.example.com/hook';
const pem = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));

describe('a URL that leads inside the network', () => {
  it.each(INNER_HOSTS)(
    '%s is refused when a subscription is added and when its URL is changed',
    async (host) => {
      const { send, registry } = await makeApi();
      const { id } = await registry.add({ url: OUTSIDE, events: ['*'] });
      for (const [method, path] of [
        ['POST', LIST],
        ['PATCH', `${LIST}/${id}`],
      ] as const) {
        const response = await send(method, path, { url: `http://${host}:8080/x` });
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({
          code: 'refused_address',
          error: expect.stringMatching(/^url is refused: .*features\.webhooks\.network\.allow$/),
          details: [{ path: 'url' }],
        });
      }
      expect(registry.list().map(({ url }) => url)).toEqual([OUTSIDE]);
    },
  );

  it.each([
    'http://public.example@127.0.0.1/',
    'http://127.0.0.1@public.example/',
    'http://127.0.0.1%09/',
    'http:127.0.0.1/',
    'http:\\\\127.0.0.1\\',
    'http://public.example#@127.0.0.1/',
    'gopher://127.0.0.1/',
    'file:///etc/passwd',
    '//127.0.0.1/',
  ])('%s is refused as a URL', async (url) => {
    const { send } = await makeApi();
    const response = await send('POST', LIST, { url });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  });

  it.each([[['10.0.0.1']], [['1.1.1.1', '127.0.0.1']], [['2606:4700::1', 'fe80::1']]])(
    'is refused where a name has the addresses %j',
    async (addresses) => {
      const { send } = await makeApi({ resolve: () => Promise.resolve(addresses) });
      const response = await send('POST', LIST, { url: OUTSIDE });
      expect(await response.json()).toMatchObject({
        code: 'refused_address',
        error: expect.stringContaining(`crm.example.com (${addresses.at(-1)}) is a`),
      });
    },
  );

  it('is let through as far as network.allow goes', async () => {
    const allow = ['10.0.0.0/8', 'crm.lan:8443'];
    const { send } = await makeApi({ allow, resolve: () => Promise.resolve(['192.168.0.9']) });
    const status = async (url: string) => (await send('POST', LIST, { url })).status;
    expect(await status('http://10.9.9.9/')).toBe(201);
    expect(await status('https://crm.lan:8443/')).toBe(201);
    expect(await status('https://crm.lan/')).toBe(400);
    expect(await status('http://192.168.0.9/')).toBe(400);
  });
});

it('a name that has no address now is let through', async () => {
  const { send } = await makeApi();
  expect((await send('POST', LIST, { url: OUTSIDE })).status).toBe(201);
});

it('a change that leaves the URL as it is asks for no address', async () => {
  const { send, registry } = await makeApi();
  await registry.applyConfig([{ url: 'http://127.0.0.1/', events: ['*'] }]);
  const [subscription] = registry.list();
  const path = `${LIST}/${subscription?.id}`;
  expect((await send('PATCH', path, { url: 'http://127.0.0.1/', description: 'd' })).status).toBe(200);
  expect((await send('PATCH', path, { url: 'http://127.0.0.1/other' })).status).toBe(400);
});

describe('tls', () => {
  it('is taken with files that can be read', async () => {
    const { send } = await makeApi();
    const tls = { ca: pem('cert.pem'), cert: pem('cert.pem'), key: pem('key.pem'), server_name: 'crm' };
    const response = await send('POST', LIST, { url: OUTSIDE, tls });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ subscription: { tls } });
  });

  it.each([
    [{ ca: '/nowhere/ca.pem' }, 'tls.ca', /ENOENT/],
    [{ ca: 'ca.pem' }, 'tls.ca', /absolute path/],
    [{ ca: pem('../../support/api.ts') }, 'tls.ca', /PEM file/],
    [{ cert: pem('key.pem'), key: pem('key.pem') }, 'tls', /certificate/],
  ])('%o is refused, with where and why', async (tls, path, message) => {
    const { send, registry } = await makeApi();
    const { id } = await registry.add({ url: OUTSIDE, events: ['*'] });
    for (const response of [
      await send('POST', LIST, { url: 'https://b.example/', tls }),
      await send('PATCH', `${LIST}/${id}`, { tls }),
    ]) {
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        code: 'invalid_request',
        details: [{ path, message: expect.stringMatching(message) }],
      });
    }
  });
});
