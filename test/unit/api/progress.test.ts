import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { Progress } from '../../../src/delivery/recovery.ts';
import { StoreError } from '../../../src/store/store.ts';
import { deferred } from '../../../src/util/deferred.ts';
import { makeApi } from '../../support/api.ts';

const PATH = '/api/webhooks/dead-letters/retry';
const LINES = { accept: 'application/x-ndjson' };

let end: (() => void) | undefined;
afterEach(() => end?.());

/** A long retry of dead letters, which goes on and ends as the test says. */
async function longWork() {
  const begun = deferred<Progress>();
  const result = deferred<number>();
  const api = await makeApi({
    recovery: {
      retryDead: (_filter, onProgress = () => {}) => {
        begun.resolve(onProgress);
        return result.promise;
      },
    },
  });
  return { ...api, begun: begun.promise, result };
}

async function lastLineOf(response: Response): Promise<unknown> {
  return JSON.parse((await response.text()).trimEnd().split('\n').at(-1) ?? '');
}

test('an error in the middle is the last line, as a problem', async () => {
  const { send, begun, result, errors } = await longWork();
  const answer = send('POST', PATH, {}, LINES);
  (await begun)(500);
  const response = await answer;
  expect(response.status).toBe(202);
  result.reject(new StoreError('store_full', 'No room'));
  expect(await lastLineOf(response)).toEqual({ error: 'No room', code: 'store_full', details: [] });
  expect(errors).toEqual([]);
});

test('one that nobody expected is logged and tells nothing', async () => {
  const { send, begun, result, errors } = await longWork();
  const answer = send('POST', PATH, {}, LINES);
  (await begun)(500);
  const response = await answer;
  result.reject(new Error('secret inner life'));
  expect(await lastLineOf(response)).toMatchObject({ code: 'internal_error' });
  expect(errors).toEqual([expect.stringContaining('secret inner life')]);
});

test('one before anything was done is answered with its status', async () => {
  const { send, begun, result, errors } = await longWork();
  const answer = send('POST', PATH, {}, LINES);
  await begun;
  result.reject(new StoreError('store_full', 'No room'));
  const response = await answer;
  expect([response.status, await response.json()]).toMatchObject([503, { code: 'store_full' }]);
  expect(errors).toEqual([]);
});

test('a slow reader is told the newest count, not each of them', async () => {
  const { send, begun, result } = await longWork();
  const answer = send('POST', PATH, {}, LINES);
  const tell = await begun;
  tell(1);
  const reader = (await answer).body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let count = 2; count <= 1_000; count += 1) tell(count);
  expect(await reader?.read()).toMatchObject({ value: '{"count":1000}\n' });
  tell(1_001);
  expect(await reader?.read()).toMatchObject({ value: '{"count":1001}\n' });
  result.resolve(1_001);
  expect((await reader?.read())?.value).toContain('1001 dead letters are sent again');
  expect(await reader?.read()).toMatchObject({ done: true });
});

test('a client that goes away ends nothing but its own answer', async () => {
  const { handler, begun, result, errors } = await longWork();
  const server = createServer(handler).listen(0, '127.0.0.1');
  end = () => server.close();
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const gone = new AbortController();
  const answer = fetch(`http://127.0.0.1:${port}${PATH}`, {
    method: 'POST',
    headers: LINES,
    signal: gone.signal,
  });
  const tell = await begun;
  tell(1);
  const reader = (await answer).body?.getReader();
  await reader?.read();
  gone.abort();
  while ((await connections(server)) > 0) await new Promise((resolve) => setImmediate(resolve));
  tell(2);
  result.resolve(2);
  await result.promise;
  expect(errors).toEqual([]);
});

function connections(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}
