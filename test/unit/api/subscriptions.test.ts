import { describe, expect, it } from 'vitest';
import { micro } from '../../../src/util/clock.ts';
import { makeApi } from '../../support/api.ts';

const URL_A = 'https://your-server.com/webhooks';
const LIST = '/api/webhooks';

describe('POST /api/webhooks', () => {
  it("answers 201 with the guide's message and the subscription, without secret or header values", async () => {
    const { send, registry } = await makeApi();
    const response = await send('POST', LIST, {
      url: URL_A,
      events: ['call.started', 'call.ended'],
      secret: 'your-secret-key',
      headers: { Authorization: 'Bearer token123' },
    });
    expect(response.status).toBe(201);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      success: true,
      message: `Webhook subscription added: ${URL_A}`,
      subscription: { url: URL_A, events: ['call.started', 'call.ended'], enabled: true },
    });
    expect(text).not.toMatch(/your-secret-key|token123/);
    expect(registry.byUrl(URL_A)).toMatchObject({
      secret: 'your-secret-key',
      headers: { Authorization: 'Bearer token123' },
      origin: 'api',
    });
  });

  it('sends all events where none are named', async () => {
    const { send } = await makeApi();
    const response = await send('POST', LIST, { url: URL_A });
    expect(await response.json()).toMatchObject({ subscription: { events: ['*'] } });
  });

  it('answers 409 to a URL that is taken, in any spelling', async () => {
    const { send } = await makeApi();
    await send('POST', LIST, { url: URL_A });
    const response = await send('POST', LIST, { url: 'https://YOUR-server.com:443/webhooks' });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'subscription_exists', details: [] });
  });

  it('lists every rule that a body breaks, and where', async () => {
    const { send, registry } = await makeApi();
    const response = await send('POST', LIST, {
      url: 'ftp://x',
      evnts: ['*'],
      headers: { Host: 'h', 'X-N': 1 },
      enabled: 'yes',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: expect.stringMatching(
        /^url must be an absolute http or https URL.* \(and 3 more, see details\)$/,
      ),
      code: 'invalid_request',
      details: [
        { path: 'url', message: expect.any(String) },
        { path: 'enabled', message: 'must be a boolean, not a string' },
        { path: 'headers.X-N', message: 'must be a string, not a number' },
        { path: 'evnts', message: 'is not known; did you mean events?' },
      ],
    });
    expect(registry.list()).toEqual([]);
  });

  it('names the URL that is missing', async () => {
    const { send } = await makeApi();
    const response = await send('POST', LIST, {});
    expect(await response.json()).toMatchObject({ error: 'url is missing', code: 'invalid_request' });
  });

  it.each(['store_full', 'store_locked', 'store_unwritable', 'store_failed'] as const)(
    'answers 503 %s when the store takes nothing, and takes it later',
    async (code) => {
      const { send, store, errors } = await makeApi();
      store.failure = code;
      const refused = await send('POST', LIST, { url: URL_A });
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ code });
      store.failure = undefined;
      expect((await send('POST', LIST, { url: URL_A })).status).toBe(201);
      expect(errors).toEqual([]);
    },
  );
});

describe('GET /api/webhooks', () => {
  it("is a bare array with the guide's keys first, and more", async () => {
    const stats = {
      successCount: 150,
      failureCount: 2,
      expiredCount: 1,
      failedAttempts: 9,
      backlog: 3,
      lastSent: micro(Date.UTC(2025, 11, 7, 12, 30) * 1000 + 123_456),
    };
    const { send, registry } = await makeApi({ engine: { stats: () => stats } });
    const { id } = await registry.add({
      url: URL_A,
      events: ['*'],
      secret: 'hunter2',
      headers: { 'X-Key': 'hunter2' },
    });
    const text = await (await send('GET', LIST)).text();
    expect(text).not.toContain('hunter2');
    const [subscription] = JSON.parse(text);
    expect(Object.keys(subscription).slice(0, 7)).toEqual([
      'url',
      'events',
      'enabled',
      'created_at',
      'last_sent',
      'success_count',
      'failure_count',
    ]);
    expect(subscription).toEqual({
      url: URL_A,
      events: ['*'],
      enabled: true,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      last_sent: '2025-12-07T12:30:00Z',
      success_count: 150,
      failure_count: 2,
      id,
      state: 'active',
      disabled_reason: null,
      description: null,
      origin: 'api',
      signed: true,
      header_names: ['X-Key'],
      expired_count: 1,
      failed_attempts: 9,
      backlog: 3,
    });
  });

  it('says null, not never, where nothing was sent yet', async () => {
    const { send, registry } = await makeApi();
    await registry.add({ url: URL_A, events: ['*'] });
    expect(await (await send('GET', LIST)).json()).toMatchObject([{ last_sent: null, signed: false }]);
  });
});

describe('DELETE', () => {
  it.each([
    ['as the guide writes it', (url: string) => `?url=${url}`],
    ['percent-encoded', (url: string) => `?url=${encodeURIComponent(url)}`],
  ])('by URL, %s', async (_how, query) => {
    const { send, registry } = await makeApi();
    for (const url of [URL_A, 'https://x.example/a+b?c=d', 'https://x.example/%C3%A4']) {
      await registry.add({ url, events: ['*'] });
      const response = await send('DELETE', LIST + query(url));
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        success: true,
        message: `Webhook subscription deleted: ${url}`,
      });
    }
    expect(registry.list()).toEqual([]);
  });

  it('by id', async () => {
    const { send, registry } = await makeApi();
    const { id } = await registry.add({ url: URL_A, events: ['*'] });
    expect((await send('DELETE', `${LIST}/${id}`)).status).toBe(200);
    const again = await send('DELETE', `${LIST}/${id}`);
    expect(again.status).toBe(404);
    expect(await again.json()).toMatchObject({ code: 'subscription_unknown' });
  });

  it('answers 404 to a URL that nobody subscribed, whatever it is', async () => {
    const { send } = await makeApi();
    for (const url of [URL_A, 'nonsense', '%FF', '%00', '']) {
      const response = await send('DELETE', `${LIST}?url=${url}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'subscription_unknown' });
    }
  });

  it.each([
    ['', 'url'],
    ['?id=1', 'id'],
    [`?url=${URL_A}&url=${URL_A}`, 'url'],
    ['?url=https://x.example/?a=1&b=2', 'b'],
  ])('answers 400 to the query "%s", naming %s', async (query, path) => {
    const { send } = await makeApi();
    const response = await send('DELETE', LIST + query);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      details: expect.arrayContaining([expect.objectContaining({ path })]),
    });
  });

  it('warns that a subscription of the config file comes back', async () => {
    const { send, registry } = await makeApi();
    await registry.applyConfig([{ url: URL_A, events: ['*'] }]);
    const response = await send('DELETE', `${LIST}?url=${URL_A}`);
    expect(await response.json()).toMatchObject({ success: true, warning: expect.any(String) });
    expect(registry.list()).toEqual([]);
  });
});

describe('/api/webhooks/:id', () => {
  it('GET shows one subscription', async () => {
    const { send, registry } = await makeApi();
    const { id } = await registry.add({ url: URL_A, events: ['call.*'], description: 'CRM' });
    expect(await (await send('GET', `${LIST}/${id}`)).json()).toMatchObject({ id, description: 'CRM' });
  });

  it('PATCH changes what is named, and null takes the secret away', async () => {
    const { send, registry } = await makeApi();
    const { id } = await registry.add({ url: URL_A, events: ['*'], secret: 's', headers: { 'X-A': '1' } });
    const response = await send('PATCH', `${LIST}/${id}`, {
      events: ['call.*'],
      enabled: false,
      secret: null,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      url: URL_A,
      events: ['call.*'],
      enabled: false,
      state: 'disabled',
      disabled_reason: 'requested',
      signed: false,
      header_names: ['X-A'],
    });
  });

  it('PATCH leaves events alone where it does not name them', async () => {
    const { send, registry } = await makeApi();
    const { id } = await registry.add({ url: URL_A, events: ['call.*'] });
    await send('PATCH', `${LIST}/${id}`, { description: 'x' });
    expect(registry.get(id)).toMatchObject({ events: ['call.*'], headers: {}, enabled: true });
  });

  it.each([
    [{ url: null }, 'invalid_request'],
    [{ url: 'mailto:a@b.c' }, 'invalid_request'],
    [{ id: 'sub_x' }, 'invalid_request'],
    [{ events: [] }, 'invalid_request'],
    [{ batch: { max_events: 0 } }, 'invalid_request'],
    [{ filter: { where: 'data.(' } }, 'invalid_request'],
    [{ transform: 'data.(' }, 'invalid_request'],
    [{ template: 'pagerduty' }, 'invalid_request'],
  ])('PATCH %j is refused', async (patch, code) => {
    const { send, registry } = await makeApi();
    const before = await registry.add({ url: URL_A, events: ['*'] });
    const response = await send('PATCH', `${LIST}/${before.id}`, patch);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code });
    expect(registry.list()).toEqual([before]);
  });

  it('PATCH is refused where it contradicts what stays', async () => {
    const { send, registry } = await makeApi();
    const before = await registry.add({ url: URL_A, events: ['*'], transform: 'data' });
    const response = await send('PATCH', `${LIST}/${before.id}`, { template: 'slack' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ details: [{ path: 'transform' }] });
    const both = { template: 'slack', transform: null };
    expect((await send('PATCH', `${LIST}/${before.id}`, both)).status).toBe(200);
  });

  it('PATCH to the URL of another is refused', async () => {
    const { send, registry } = await makeApi();
    await registry.add({ url: URL_A, events: ['*'] });
    const { id } = await registry.add({ url: 'https://b.example/', events: ['*'] });
    expect((await send('PATCH', `${LIST}/${id}`, { url: URL_A })).status).toBe(409);
  });

  it.each(['GET', 'PATCH', 'DELETE'])('%s of an unknown id is 404', async (method) => {
    const { send } = await makeApi();
    const response = await send(method, `${LIST}/sub_nobody`, method === 'PATCH' ? {} : undefined);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'subscription_unknown' });
  });
});

describe('POST /api/webhooks/:id/rotate-secret', () => {
  it('shows a new secret this once, and keeps the one before it for the overlap', async () => {
    const { send, registry } = await makeApi();
    const { id } = await registry.add({ url: URL_A, events: ['*'], secret: 'the first one' });
    const response = await send('POST', `${LIST}/${id}/rotate-secret`, { overlap_seconds: 60 });
    expect(response.status).toBe(200);
    const text = await response.text();
    const { secret, subscription } = JSON.parse(text);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(subscription).toMatchObject({ id, signed: true });
    expect(text).not.toContain('the first one');
    expect(registry.get(id)).toMatchObject({ secret, oldSecrets: [{ secret: 'the first one' }] });
    expect(await (await send('GET', `${LIST}/${id}`)).text()).not.toContain(secret);
  });

  it('refuses an overlap that makes no sense', async () => {
    const { send, registry } = await makeApi();
    const { id } = await registry.add({ url: URL_A, events: ['*'] });
    const response = await send('POST', `${LIST}/${id}/rotate-secret`, { overlap_seconds: -1 });
    expect(response.status).toBe(400);
  });
});
