import { describe, expect, it, vi } from 'vitest';
import { type ApiClient, ApiProblem, createClient } from '../../../src/api/client.ts';
import { startApiServer } from '../../../src/api/server.ts';
import { makeApi } from '../../support/api.ts';

const URL_A = 'https://crm.example.com/hook';

/** No plain text: a token may be any. */
const TOKEN = 'gehëim – 秘密';

async function withClient(use: (client: ApiClient) => Promise<void>): Promise<void> {
  const api = await makeApi({ token: TOKEN });
  const server = await startApiServer({ api, port: 0 });
  try {
    await use(createClient({ baseUrl: `${server.url}/api/webhooks`, token: TOKEN }));
  } finally {
    await server.close(0);
  }
}

describe('the client', () => {
  it('calls with path, query and body, and gives the answer', () =>
    withClient(async (client) => {
      const { subscription } = await client.call('POST /', { body: { url: URL_A, events: ['call.*'] } });
      const { id } = subscription;
      expect(await client.call('GET /')).toEqual([subscription]);
      const changed = await client.call('PATCH /{id}', { path: { id }, body: { description: 'CRM' } });
      expect(changed.description).toBe('CRM');
      const page = await client.call('GET /{id}/deliveries', {
        path: { id },
        query: { limit: 2, status: 'dead' },
      });
      expect(page).toEqual({ items: [], next_cursor: null });
      expect(await client.call('POST /{id}/disable', { path: { id } })).toMatchObject({ success: true });
      const { message } = await client.call('DELETE /', { query: { url: `${URL_A}` } });
      expect(message).toBe(`Webhook subscription deleted: ${URL_A}`);
    }));

  it('is typed by the table', () =>
    withClient(async (client) => {
      // @ts-expect-error there is no such call
      await expect(client.call('GET /nothing')).rejects.toBeInstanceOf(ApiProblem);
      // @ts-expect-error the path needs an id
      await expect(client.call('GET /{id}')).rejects.toBeInstanceOf(ApiProblem);
      // @ts-expect-error no status is called so
      await expect(client.call('GET /deliveries', { query: { status: 'lost' } })).rejects.toBeInstanceOf(
        ApiProblem,
      );
    }));

  it('waits for no further try once whoever listens has ended the stream', async () => {
    vi.useFakeTimers();
    try {
      const ends = new AbortController();
      const fetch = () => Promise.reject(new TypeError('no network'));
      const client = createClient({ baseUrl: 'http://127.0.0.1/api/webhooks', fetch });
      const stream = client.stream({ signal: ends.signal });
      expect((await stream.next()).value).toMatchObject({ name: 'lost', retryInMs: 1_000 });
      ends.abort();
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
