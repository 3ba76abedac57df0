import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApiClient, ApiProblem, createClient } from '../../../src/api/client.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const LINES = { 'content-type': 'application/x-ndjson' };
const STREAM = { 'content-type': 'text/event-stream' };

/** A client of an API that gives these answers, one after the other; what it was asked. */
function clientOf(...answers: readonly (Response | Error)[]) {
  const asked: { url: string; init: RequestInit }[] = [];
  const left = [...answers];
  const client: ApiClient = createClient({
    baseUrl: 'http://pbx.example:8080/api/webhooks/',
    async fetch(url, init = {}) {
      asked.push({ url: String(url), init });
      const answer = left.shift() ?? new Error('nobody there');
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { client, asked };
}

/** A body that comes in these parts; one that is an error breaks it off, one that has no end stays open. */
function body(...parts: readonly (string | Error)[]): ReadableStream<Uint8Array> {
  const left = [...parts];
  return new ReadableStream(
    {
      pull(controller) {
        const part = left.shift();
        if (part === undefined) controller.close();
        else if (part instanceof Error) controller.error(part);
        else controller.enqueue(new TextEncoder().encode(part));
      },
    },
    { highWaterMark: 0 },
  );
}

async function problemOf(call: Promise<unknown>): Promise<ApiProblem> {
  const problem = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(problem instanceof ApiProblem)) throw new Error('no ApiProblem', { cause: problem });
  return problem;
}

describe('a call', () => {
  it('is written as the API reads it', async () => {
    const { client, asked } = clientOf(Response.json({}), Response.json({}));
    await client.call('DELETE /dead-letters', { query: { ids: [1, 2], type: undefined } });
    await client.call('POST /events', {
      body: { event_type: 'call.started', data: {} },
      headers: { 'idempotency-key': 'k' },
    });
    expect(asked.map(({ url }) => url)).toEqual([
      'http://pbx.example:8080/api/webhooks/dead-letters?ids=1%2C2',
      'http://pbx.example:8080/api/webhooks/events',
    ]);
    expect(asked[1]?.init).toMatchObject({ method: 'POST', body: '{"event_type":"call.started","data":{}}' });
    expect(Object.fromEntries(new Headers(asked[1]?.init.headers))).toEqual({
      accept: 'application/json',
      'content-type': 'application/json',
      'idempotency-key': 'k',
    });
  });

  it.each([
    ['GET /{id}', { path: { id: 'sub_a/b?c' } }, '/sub_a%2Fb%3Fc'],
    ['GET /deliveries/{id}', { path: { id: 7 } }, '/deliveries/7'],
  ] as const)('%s keeps an id in its place', async (key, request, path) => {
    const { client, asked } = clientOf(Response.json({}));
    await client.call<typeof key>(key, request);
    expect(asked[0]?.url).toBe(`http://pbx.example:8080/api/webhooks${path}`);
  });

  it('that is refused tells code, status and details', async () => {
    const details = [{ path: 'url', message: 'is missing' }];
    const refusal = { error: 'url is missing', code: 'invalid_request', details };
    const { client } = clientOf(Response.json(refusal, { status: 400 }));
    const problem = await problemOf(client.call('POST /', { body: { url: '' } }));
    expect(problem).toMatchObject({
      status: 400,
      code: 'invalid_request',
      message: 'url is missing',
      details,
    });
  });

  it.each([
    [
      'nobody answers',
      new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
      0,
      'unreachable',
    ],
    ['a proxy refuses', new Response('<h1>Bad gateway</h1>', { status: 502 }), 502, 'unexpected_answer'],
    ['something else answers', new Response('<h1>Hello</h1>'), 200, 'unexpected_answer'],
    ['JSON is none', new Response('{"a":', { headers: JSON_TYPE }), 200, 'unexpected_answer'],
    [
      'the answer breaks off',
      new Response(body('[{', new Error('reset')), { headers: JSON_TYPE }),
      200,
      'unexpected_answer',
    ],
    [
      'a refusal breaks off',
      new Response(body('{', new Error('reset')), { status: 409 }),
      409,
      'unexpected_answer',
    ],
  ])('where %s tells so', async (_what, answer, status, code) => {
    const { client } = clientOf(answer);
    expect(await problemOf(client.call('GET /'))).toMatchObject({ status, code });
  });

  it('that nobody answers names where it asked, and why', async () => {
    const { client } = clientOf(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
    const { message } = await problemOf(client.call('GET /'));
    expect(message).toBe(
      'The webhooks API does not answer at http://pbx.example:8080/api/webhooks: connect ECONNREFUSED',
    );
  });

  it('that is ended rejects with the reason', async () => {
    const signal = AbortSignal.abort(new Error('the tab was closed'));
    const { client } = clientOf(new Error('aborted'));
    await expect(client.call('GET /', { signal })).rejects.toThrow('aborted');
  });
});

describe('long work', () => {
  const request = { path: { id: 'sub_a' }, body: { since: '2025-12-07T12:00:00Z' } };

  it('tells how far it is, and gives the last line', async () => {
    const done = { success: true, message: '3 events are sent again', count: 3 };
    const lines = body('{"count":1}\n{"co', 'unt":2}\n', `${JSON.stringify(done)}\n`);
    const { client, asked } = clientOf(new Response(lines, { status: 202, headers: LINES }));
    const counts: number[] = [];
    const answer = await client.callWithProgress('POST /{id}/replay', request, (count) => counts.push(count));
    expect(answer).toEqual(done);
    expect(counts).toEqual([1, 2]);
    expect(new Headers(asked[0]?.init.headers).get('accept')).toBe('application/x-ndjson');
  });

  it('gives the answer of an API that tells nothing on the way', async () => {
    const done = { success: true, message: '', count: 0 };
    const { client } = clientOf(Response.json(done));
    expect(await client.callWithProgress('POST /{id}/replay', request, () => {})).toEqual(done);
  });

  it.each([
    [
      'fails',
      body('{"count":1}\n{"error":"The disk is full","code":"store_full","details":[]}\n'),
      'store_full',
    ],
    ['breaks off', body('{"count":1}\n'), 'unexpected_answer'],
    ['breaks off in a line', body('{"count":1}\n{"coun'), 'unexpected_answer'],
    ['loses its connection', body('{"count":1}\n', new Error('reset')), 'unexpected_answer'],
    ['is no JSON', body('{"count":1}\nx\n'), 'unexpected_answer'],
  ])('that %s rejects', async (_how, lines, code) => {
    const { client } = clientOf(new Response(lines, { status: 202, headers: LINES }));
    const counts: number[] = [];
    const call = client.callWithProgress('POST /{id}/replay', request, (count) => counts.push(count));
    expect((await problemOf(call)).code).toBe(code);
    expect(counts).toEqual([1]);
  });
});

describe('a stream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const told = (id: string, name: string, data: object) =>
    `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

  it('tells what comes, passes over what it does not know, and goes on where it left off', async () => {
    const first = new Response(
      body(
        ': hello\n\n',
        told('A', 'event', { n: 1 }),
        'event: later\ndata: {}\n\n',
        told('B', 'dropped', { count: 2 }),
      ),
      { headers: STREAM },
    );
    const second = new Response(body(told('C', 'event', { n: 2 })), { headers: STREAM });
    const { client, asked } = clientOf(first, second);
    const stream = client.stream({ events: ['call.*', 'voicemail.new'], subscription: 'sub_a' });
    const messages: unknown[] = [];
    for (let count = 0; count < 4; count += 1) messages.push((await stream.next()).value);
    const next = stream.next();
    await vi.advanceTimersByTimeAsync(1_000);
    messages.push((await next).value, (await stream.next()).value);
    await stream.return();
    expect(messages).toEqual([
      { name: 'open' },
      { name: 'event', id: 'A', data: { n: 1 } },
      { name: 'dropped', id: 'B', data: { count: 2 } },
      { name: 'lost', reason: expect.any(String), retryInMs: 1_000 },
      { name: 'open' },
      { name: 'event', id: 'C', data: { n: 2 } },
    ]);
    expect(asked.map(({ init }) => new Headers(init.headers).get('last-event-id'))).toEqual([null, 'B']);
    expect(asked[0]?.url).toMatch(/\/stream\?events=call\.\*%2Cvoicemail\.new&subscription=sub_a$/);
  });

  it('waits longer each time that nobody answers, up to half a minute', async () => {
    const { client } = clientOf();
    const stream = client.stream();
    const waits: number[] = [];
    for (let tries = 0; tries < 7; tries += 1) {
      const next = stream.next();
      await vi.advanceTimersByTimeAsync(30_000);
      const { value } = await next;
      if (value?.name === 'lost') waits.push(value.retryInMs);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    await stream.return();
  });

  it('that is refused throws why', async () => {
    const refusal = { error: 'Send the configured token', code: 'unauthorized', details: [] };
    const { client } = clientOf(Response.json(refusal, { status: 401 }));
    expect((await problemOf(client.stream().next())).code).toBe('unauthorized');
  });

  it('on which nothing comes is left, however alive its connection looks', async () => {
    const { client, asked } = clientOf(new Response(new ReadableStream(), { headers: STREAM }));
    const stream = client.stream();
    await stream.next();
    void stream.next();
    await vi.advanceTimersByTimeAsync(44_000);
    expect(asked[0]?.init.signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked[0]?.init.signal?.aborted).toBe(true);
  });

  it('ends its connection when whoever listens stops, and leaves no timer', async () => {
    const { client, asked } = clientOf(new Response(body(told('A', 'event', {})), { headers: STREAM }));
    for await (const { name } of client.stream()) {
      if (name === 'event') break;
    }
    expect(asked[0]?.init.signal?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with its signal', async () => {
    const ends = new AbortController();
    const { client } = clientOf(new Response(body(told('A', 'event', {})), { headers: STREAM }));
    const names: string[] = [];
    for await (const { name } of client.stream({ signal: ends.signal })) {
      names.push(name);
      if (name === 'event') ends.abort();
    }
    expect(names).toEqual(['open', 'event']);
  });
});
