import { describe, expect, it } from 'vitest';
import { makeApi } from '../../support/api.ts';

const metrics = { contentType: 'text/plain; version=0.0.4', text: async () => 'a 1\n' };

describe('GET /metrics', () => {
  it.each(['/metrics', '/api/webhooks/metrics', '/metrics/', '/pbx/metrics'])(
    'answers at %s',
    async (path) => {
      const response = await (await makeApi({ metrics })).send('GET', path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(metrics.contentType);
      expect(await response.text()).toBe('a 1\n');
    },
  );

  it('wants the token where there is one: it names receivers', async () => {
    const { send } = await makeApi({ metrics, token: 't' });
    expect((await send('GET', '/metrics')).status).toBe(401);
    expect((await send('GET', '/metrics', undefined, { authorization: 'Bearer t' })).status).toBe(200);
  });

  it('is not for a web page', async () => {
    const { send } = await makeApi({ metrics });
    const response = await send('GET', '/metrics', undefined, { origin: 'https://evil.example' });
    expect(response.status).toBe(403);
  });

  it('can only be read', async () => {
    const { send } = await makeApi({ metrics });
    expect((await send('POST', '/metrics', {})).status).toBe(405);
  });
});
