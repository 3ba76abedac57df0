import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpBindings, serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createClient } from '../../src/api/client.ts';
import register, { type WebhookPlugin } from '../../src/index.ts';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';

const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-test-'));
let plugin: WebhookPlugin;
beforeAll(async () => {
  const store = { url: `sqlite:${folder}/webhooks.db` };
  plugin = await register({ events: new EventEmitter() }, { store, worker_threads: 0 });
});
afterAll(async () => {
  await plugin.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Mounts the handler, and gives the origin that serves it. */
type Mount = (handler: RequestListener) => Promise<string>;

async function served(server: Server): Promise<string> {
  const port = await listenOnLoopback(server, 0);
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${port}`;
}

const plain: Mount = (handler) => served(createServer(handler));

/** @param path where the host mounts it; what parses bodies stands before it, as in most applications. */
function inExpress(path: string, ...before: express.RequestHandler[]): Mount {
  return (handler) => {
    const app = express();
    for (const middleware of before) app.use(middleware);
    app.use(path, handler);
    return served(createServer(app));
  };
}

function inRouter(handler: RequestListener): Promise<string> {
  const router = express.Router();
  router.use('/api/webhooks', handler);
  const app = express();
  app.use('/pbx', router);
  return served(createServer(app));
}

function inFastify(prefix: string): Mount {
  return async (handler) => {
    const app = fastify();
    await app.register(
      (scope, _options, done) => {
        // The handler reads the body itself.
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
        scope.all('/*', (request, reply) => {
          reply.hijack();
          handler(request.raw, reply.raw);
        });
        done();
      },
      { prefix },
    );
    onTestFinished(() => app.close());
    return app.listen({ host: '127.0.0.1', port: 0 });
  };
}

function inHono(path: string): Mount {
  return async (handler) => {
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.all(path, (context) => {
      handler(context.env.incoming, context.env.outgoing);
      return RESPONSE_ALREADY_SENT;
    });
    const { promise, resolve } = Promise.withResolvers<number>();
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${await promise}`;
  };
}

describe.each<[string, string, Mount]>([
  ['plain http', '', plain],
  ['Express, at the root', '', inExpress('/')],
  ['Express, at its own path', '', inExpress('/api/webhooks')],
  ['Express behind express.json()', '', inExpress('/api/webhooks', express.json())],
  ['Express, at a prefix', '/pbx', inExpress('/pbx')],
  ['Express, at a prefix and its own path', '/pbx', inExpress('/pbx/api/webhooks', express.json())],
  ['a Router of Express', '/pbx', inRouter],
  ['Fastify, at the root', '', inFastify('/')],
  ['Fastify, at a prefix', '/pbx', inFastify('/pbx')],
  ['Hono, at the root', '', inHono('*')],
  ['Hono, at a prefix', '/pbx', inHono('/pbx/*')],
])('the handler in %s', (_where, prefix, mount) => {
  test('serves the whole API', async () => {
    const api = `${await mount(plugin.handler)}${prefix}/api/webhooks`;
    const call = caller(api);
    const url = new URL('https://198.41.0.4/hook?a=é').href;
    const added = await call('POST', '', { url, events: ['*'] });
    expect(added).toMatchObject({ status: 201, body: { success: true, subscription: { url } } });

    const listed = await call('GET', '');
    expect(listed).toMatchObject({ status: 200, body: [{ url }] });
    const { id } = z
      .array(z.object({ id: z.string() }))
      .length(1)
      .parse(listed.body)[0] ?? { id: '' };
    const changed = await call('PATCH', `/${id}`, { enabled: false });
    expect(changed).toMatchObject({ status: 200, body: { id, enabled: false } });
    expect(await call('POST', '', { url: 1 })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
    expect(await call('GET', '/readyz')).toMatchObject({ status: 200 });
    expect(await call('GET', '/nothing/here')).toMatchObject({ status: 404 });
    const deleted = await call('DELETE', `?url=${encodeURIComponent(url)}`);
    expect(deleted).toMatchObject({ status: 200, body: { success: true } });
  });

  test('serves the stream, message by message, until who reads leaves', async () => {
    const api = `${await mount(plugin.handler)}${prefix}/api/webhooks`;
    const stream = createClient({ baseUrl: api }).stream({ events: ['call.started'] });
    expect((await stream.next()).value).toEqual({ name: 'open' });
    expect((await stream.next()).value).toMatchObject({ name: 'stats' });
    const id = await plugin.publish('call.started', {});
    for (;;) {
      const { value } = await stream.next();
      if (value?.name !== 'event') continue;
      expect(value.data.event_id).toBe(id);
      break;
    }
    await stream.return(undefined);
  });
});

test('an Express app may be host.http as it is', async () => {
  const app = express();
  const store = { url: `sqlite:${folder}/another.db` };
  const another = await register({ events: new EventEmitter(), http: app }, { store, worker_threads: 0 });
  onTestFinished(() => another.close());
  const call = caller(`${await served(createServer(app))}/api/webhooks`);
  expect(await call('GET', '')).toEqual({ status: 200, body: [] });
});

function caller(api: string) {
  return async (method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { connection: 'close', ...(body && { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
}
