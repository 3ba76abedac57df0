import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../../src/api/schemas/common.ts';
import { startApiServer } from '../../../src/api/server.ts';
import { makeApi } from '../../support/api.ts';

const LIST = '/api/webhooks';

/** Values that are nearly right, or right in another place. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.webUrl(),
  fc.constantFrom(
    '*',
    'call.*',
    'call.started',
    '',
    ' ',
    '\0',
    '\r\n',
    '../',
    '%',
    'whsec_',
    'sub_',
    null,
    -1,
    1e308,
  ),
);

const body = fc.record(
  {
    url: fc.oneof({ weight: 3, arbitrary: fc.webUrl() }, { weight: 1, arbitrary: odd }),
    events: fc.oneof(fc.constant(['*']), fc.array(odd, { maxLength: 4 }), odd),
    enabled: fc.oneof(fc.boolean(), odd),
    secret: fc.oneof(fc.string(), odd),
    headers: fc.oneof(
      fc.dictionary(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'binary' })),
      odd,
    ),
    description: odd,
    filter: odd,
    timeout: odd,
  },
  { requiredKeys: [] },
);

/** JSON text with some characters cut out, put in or doubled. */
const mutated = fc
  .tuple(
    fc.oneof(body, odd),
    fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 3 }),
  )
  .map(([value, edits]) =>
    edits.reduce((text, [at, put]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + 1);
    }, JSON.stringify(value)),
  );

const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(LIST, `${LIST}/sub_x`, `${LIST}/`, '/healthz', '/readyz', '/') },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'sub_x/deliveries',
          'sub_x/replay',
          'sub_x/enable',
          'deliveries/1',
          'dead-letters',
          'events',
        ),
        fc.constantFrom('limit', 'cursor', 'since', 'until', 'type', 'status', 'subscription', 'call_id'),
        fc.oneof(
          odd,
          fc.constantFrom('2025-12-07T12:00:00+01:00', '9999-12-31T23:59:59.9999999Z', 'ZDU', '1'),
        ),
      )
      .map(([name, key, value]) => `${LIST}/${name}?${key}=${encodeURIComponent(String(value))}`),
  },
  {
    weight: 2,
    arbitrary: odd.map((value) => `${LIST}?url=${typeof value === 'string' ? value : JSON.stringify(value)}`),
  },
  { weight: 2, arbitrary: odd.map((value) => `${LIST}/sub_${encodeURIComponent(JSON.stringify(value))}`) },
  { weight: 1, arbitrary: fc.webPath().map((text) => `/${text}`) },
);

const method = fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'QUERY');

const type = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  { weight: 1, arbitrary: fc.stringMatching(/^[\x20-\x7e]{0,30}$/) },
);

/** Every answer is a success, or a refusal in the one shape of refusals. */
async function check(response: Response): Promise<void> {
  const text = await response.text();
  expect([2, 4]).toContain(Math.floor(response.status / 100));
  if (response.status >= 400 && text !== '') {
    const problem = z.strictObject(problemSchema.shape).parse(JSON.parse(text));
    expect(problem).toMatchObject({
      error: expect.stringMatching(/./),
      code: expect.stringMatching(/^[a-z_]+$/),
    });
  }
}

/** None for a request that never became whole, several where an edit made several of it. */
function responsesIn(bytes: Buffer): Response[] {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) {
    expect(bytes.toString()).toBe('');
    return [];
  }
  const head = bytes.subarray(0, end).toString();
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
  const next = end + 4 + length;
  const response = new Response(bytes.subarray(end + 4, next), { status: Number(head.split(' ')[1]) });
  return [response, ...responsesIn(bytes.subarray(next))];
}

describe('whatever is asked', () => {
  it('gets a success or a refusal with a code, and nothing breaks', { timeout: 60_000 }, async () => {
    const { app, registry, errors } = await makeApi();
    const known = await registry.add({ url: 'https://known.example/', events: ['*'] });
    await fc.assert(
      fc.asyncProperty(method, path, type, mutated, async (verb, target, contentType, text) => {
        const url = URL.parse(`http://localhost${target.replace('sub_x', known.id)}`);
        fc.pre(url !== null);
        const hasBody = verb !== 'GET' && verb !== 'HEAD';
        const init = { method: verb, headers: { 'content-type': contentType } };
        await check(await app.fetch(new Request(url, hasBody ? { ...init, body: text } : init)));
      }),
      { numRuns: 4_000 },
    );
    expect(errors).toEqual([]);
    // What was let in can be shown, kept and sent.
    for (const { url, headers } of registry.list()) {
      expect(URL.parse(url)?.href).toBe(url);
      expect(() => new Headers({ ...headers })).not.toThrow();
    }
  });

  it('as bytes on a connection, leaves the server alive', { timeout: 60_000 }, async () => {
    const api = await makeApi();
    const server = await startApiServer({ api, port: 0 });
    const request = `POST ${LIST} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 28\r\nConnection: close\r\n\r\n{"url":"https://x.example/"}`;
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(request.length), fc.uint8Array({ maxLength: 8 })), {
            minLength: 1,
            maxLength: 6,
          }),
          async (edits) => {
            const bytes = edits.reduce<Buffer>(
              (all, [at, put]) => Buffer.concat([all.subarray(0, at), put, all.subarray(at + put.length)]),
              Buffer.from(request),
            );
            const socket = connect(server.port, '127.0.0.1');
            const chunks: Buffer[] = [];
            socket.on('data', (chunk: Buffer) => chunks.push(chunk));
            socket.on('error', () => {});
            socket.end(bytes);
            await once(socket, 'close');
            for (const response of responsesIn(Buffer.concat(chunks))) {
              await check(response);
            }
          },
        ),
        { numRuns: 1_000 },
      );
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      expect(api.errors).toEqual([]);
    } finally {
      await server.close(0);
    }
  });
});
