import { describe, expect, it } from 'vitest';
import { makeApi } from '../../support/api.ts';

const failing = {
  ready: false,
  checks: [
    { name: 'engine', ok: true, state: 'ready' },
    { name: 'source main', ok: false, state: 'connecting: refused by 10.0.0.5' },
  ],
};

describe('probes', () => {
  it.each(['/healthz', '/api/webhooks/healthz', '/healthz/'])(
    '%s answers while the process lives',
    async (path) => {
      const { send } = await makeApi({ health: () => failing });
      const response = await send('GET', path);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ status: 'ok' });
    },
  );

  it.each(['/readyz', '/api/webhooks/readyz'])('%s tells what works, and what does not', async (path) => {
    expect((await (await makeApi()).send('GET', path)).status).toBe(200);
    const { send } = await makeApi({ health: () => failing });
    const response = await send('GET', path);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      error: 'Not ready',
      code: 'not_ready',
      details: [{ path: 'source main', message: 'connecting: refused by 10.0.0.5' }],
    });
  });

  it('need no token, but tell the parts only to who bears it', async () => {
    const { send } = await makeApi({ token: 't', health: () => failing });
    expect(await (await send('GET', '/readyz')).json()).toMatchObject({ code: 'not_ready', details: [] });
    const trusted = await send('GET', '/readyz', undefined, { authorization: 'Bearer t' });
    expect(await trusted.json()).toMatchObject({ details: [{ path: 'source main' }] });
    expect((await send('HEAD', '/healthz')).status).toBe(200);
  });

  it('stand nowhere else', async () => {
    const { send } = await makeApi({ token: 't' });
    expect((await send('GET', '/api/webhooks/sub_x/healthz')).status).toBe(401);
  });
});
