import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../src/api/json.ts';
import { makeApi } from '../../support/api.ts';

const LIST = '/api/webhooks';
const JSON_TYPE = { 'content-type': 'application/json' };

describe('routes', () => {
  it.each(['/', '/api', '/api/webhook', `${LIST}/nope`, `${LIST}x`, '/%E0%A4%A', '/api/webhooks/..%2f'])(
    '%s is 404 in the shape of every error',
    async (path) => {
      const { send } = await makeApi();
      const response = await send('GET', path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        error: expect.stringContaining('There is nothing at'),
        code: 'not_found',
        details: [],
      });
    },
  );

  it.each([
    ['PUT', LIST, 'GET, HEAD, POST, DELETE, OPTIONS'],
    ['PATCH', LIST, 'GET, HEAD, POST, DELETE, OPTIONS'],
    ['POST', `${LIST}/sub_x`, 'GET, HEAD, PATCH, DELETE, OPTIONS'],
    ['DELETE', '/healthz', 'GET, HEAD, OPTIONS'],
    ['POST', `${LIST}/readyz`, 'GET, HEAD, OPTIONS'],
  ])('%s %s is 405 and tells what is allowed', async (method, path, allow) => {
    const { send } = await makeApi();
    const response = await send(method, path);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it.each([
    ['GET', LIST, 'nothing is asked for here'],
    ['GET', `${LIST}/stats`, 'nothing is asked for here'],
    ['POST', `${LIST}/sub_x/disable`, 'nothing is asked for here'],
    ['GET', `${LIST}/events`, 'known here: type, call_id'],
  ])('%s %s with a query that it does not take is 400 and tells so', async (method, path, hint) => {
    const { send } = await makeApi();
    const response = await send(method, `${path}?verbose=1`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      details: [{ path: 'verbose', message: expect.stringContaining(hint) }],
    });
  });

  it.each(['/healthz', '/readyz', `${LIST}/healthz`])(
    '%s takes whatever a probe adds to it',
    async (path) => {
      const { send } = await makeApi();
      expect((await send('GET', `${path}?_=1&_=2`)).status).toBe(200);
    },
  );

  it('OPTIONS tells the methods and nothing else', async () => {
    const { send } = await makeApi();
    const response = await send('OPTIONS', LIST);
    expect([response.status, response.headers.get('allow'), await response.text()]).toEqual([
      204,
      'GET, HEAD, POST, DELETE, OPTIONS',
      '',
    ]);
    expect((await send('OPTIONS', '/nope')).status).toBe(404);
  });

  it('HEAD is GET without the body; a slash at the end is none', async () => {
    const { send } = await makeApi();
    const head = await send('HEAD', LIST);
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(await (await send('GET', `${LIST}/`)).json()).toEqual([]);
  });
});

describe('body', () => {
  it.each<[string, Record<string, string>]>([
    ['a form, as curl -d sends by default', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text', { 'content-type': 'text/plain' }],
    ['no type', { 'content-type': '' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['a compressed body', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
  ])('%s is 415', async (_what, headers) => {
    const { send } = await makeApi();
    const response = await send('POST', LIST, '{"url":"https://x.example/"}', headers);
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ code: 'unsupported_media_type' });
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'takes %s',
    async (type) => {
      const { send } = await makeApi();
      const response = await send('POST', LIST, '{"url":"https://x.example/"}', { 'content-type': type });
      expect(response.status).toBe(201);
    },
  );

  it.each([
    ['{"url": x}', 'line 1, column 9'],
    ['{"url":1,}', 'line 1, column 10'],
    ['{\n  "url" 1}', 'line 2, column 9'],
    ['{"a": tru', 'line 1, column 10'],
    ['{"a": "hunter2', 'line 1, column 15'],
    [`{"hunter2": "${'h'.repeat(60)}",\n "b": hunter2}`, 'line 2, column 7'],
    ['', 'line 1, column 1'],
    ['{} {}', 'line 1, column 4'],
    ['{"a":"\u0001"}', 'line 1, column 7'],
    ['['.repeat(100_000), 'line 1, column 100001'],
  ])('%# is not JSON: tells where, and repeats nothing', async (body, where) => {
    const { send } = await makeApi();
    const response = await send('POST', LIST, body, JSON_TYPE);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({
      error: expect.stringMatching(new RegExp(`^The body is not JSON: .* at ${where}$`)),
      code: 'invalid_json',
      details: [],
    });
    expect(text).not.toContain('hunter2');
  });

  it('tells the place of a wrong token wherever it stands', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, seed) => {
        const text = JSON.stringify([value, 1], null, 1);
        const at = seed % (text.length - 1);
        // Outside of strings a § is wrong at once; inside of one it is fine.
        const broken = `${text.slice(0, at)}§${text.slice(at)}`;
        try {
          parseJson(broken);
        } catch (error) {
          const lines = broken.slice(0, at).split('\n');
          expect(String(error)).toContain(`line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`);
        }
      }),
    );
  });

  it.each([
    ['null', 'The body must be an object, not null'],
    ['[]', 'The body must be an object, not an array'],
    ['"x"', 'The body must be an object, not a string'],
    ['{"__proto__":{"url":"x"},"url":"https://x.example/"}', '__proto__ is not known'],
    ['{"constructor":1,"url":"https://x.example/"}', 'constructor is not known'],
  ])('%s is refused', async (body, error) => {
    const { send } = await makeApi();
    const response = await send('POST', LIST, body, JSON_TYPE);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: expect.stringContaining(error) });
  });

  it('that is not UTF-8 is refused', async () => {
    const { app } = await makeApi();
    const body = Buffer.from('{"url":"https://x.example/","description":"\xff"}', 'latin1');
    const response = await app.request(LIST, { method: 'POST', headers: JSON_TYPE, body });
    expect(await response.json()).toMatchObject({
      code: 'invalid_json',
      error: 'The body is not valid UTF-8',
    });
  });

  it('of 256 KiB is read, of one byte more refused', async () => {
    const { send } = await makeApi();
    const sized = (bytes: number) => '{"url":"https://x.example/"}'.padEnd(bytes);
    expect((await send('POST', LIST, sized(256 * 1024))).status).toBe(201);
    const response = await send('POST', LIST, sized(256 * 1024 + 1));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'body_too_large' });
  });

  it.each([
    ['deep lists', `{"url":${'['.repeat(120_000)}${']'.repeat(120_000)}}`],
    ['deep objects', `{"headers":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`],
    [
      'many unknown keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 1]))),
    ],
    ['many wrong events', JSON.stringify({ events: Array.from({ length: 60_000 }, () => 1) })],
    [
      'many headers',
      JSON.stringify({
        headers: Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`k${n}`, 'v'])),
      }),
    ],
    ['one long event', JSON.stringify({ events: ['x'.repeat(250_000)] })],
    ['one long key', JSON.stringify({ ['x'.repeat(250_000)]: 1 })],
    ['one long URL', JSON.stringify({ url: `https://x.example/${'x'.repeat(250_000)}` })],
  ])('with %s is answered in few words', async (_what, body) => {
    const { send, errors } = await makeApi();
    const response = await send('POST', LIST, body);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text.length).toBeLessThan(20_000);
    expect(JSON.parse(text).details.length).toBeLessThanOrEqual(50);
    expect(errors).toEqual([]);
  });
});

describe('URL', () => {
  it.each([`${LIST}/${'a'.repeat(2_048)}`, `${LIST}?x=${'a'.repeat(2_049)}`, `${LIST}?${'a'.repeat(2_049)}`])(
    'that is too long is 400 (%#)',
    async (path) => {
      const { send } = await makeApi();
      const response = await send('GET', path);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'url_too_long' });
    },
  );

  it('may name a subscription of the longest URL, percent-encoded', async () => {
    const { send, registry } = await makeApi();
    const url = `https://x.example/${'/'.repeat(2_030)}`;
    await registry.add({ url, events: ['*'] });
    expect((await send('DELETE', `${LIST}?url=${encodeURIComponent(url)}`)).status).toBe(200);
  });
});

describe('a fault of ours', () => {
  it('is a 500 that tells nothing, and a line in the log', async () => {
    const { send, registry, errors } = await makeApi({
      engine: {
        stats: () => {
          throw new Error('hunter2');
        },
      },
    });
    await registry.add({ url: 'https://x.example/', events: ['*'] });
    const response = await send('GET', LIST);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: 'The request failed; the log says why',
      code: 'internal_error',
      details: [],
    });
    expect(errors).toEqual(['API: GET /api/webhooks failed: hunter2']);
  });
});
