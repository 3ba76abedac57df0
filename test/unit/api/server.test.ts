import { once } from 'node:events';
import { createServer, IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../../src/api/server.ts';
import { makeApi } from '../../support/api.ts';

const cleanUp: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) {
    await undo();
  }
});

async function serve(options: Partial<ApiServerOptions> & { token?: string } = {}): Promise<ApiServer> {
  const { token, ...rest } = options;
  const api = await makeApi(token === undefined ? {} : { token });
  const server = await startApiServer({ api, port: 0, ...rest });
  cleanUp.push(() => server.close(0));
  return server;
}

/** Sends bytes as they are and resolves with all that comes back until the server ends the connection. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

describe('where it listens', () => {
  it.each([undefined, 'localhost', '127.0.0.1', '::1'])(
    'host %s answers on both loopback addresses',
    async (host) => {
      const { port, url } = await serve(host === undefined ? {} : { host });
      for (const name of ['127.0.0.1', '[::1]', 'localhost']) {
        expect((await fetch(`http://${name}:${port}/healthz`)).status).toBe(200);
      }
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    },
  );

  it.each(['0.0.0.0', '::', '10.1.2.3', 'pbx.example.com', '127.evil.example', ''])(
    'refuses to start on "%s" without a token',
    async (host) => {
      await expect(serve({ host })).rejects.toMatchObject({
        code: 'api_token_required',
        message: expect.stringContaining('features.webhooks.api.token'),
      });
    },
  );

  it('starts anywhere with a token', async () => {
    const { port } = await serve({ host: '0.0.0.0', token: 't' });
    const response = await fetch(`http://127.0.0.1:${port}/api/webhooks`, {
      headers: { authorization: 'Bearer t' },
    });
    expect(response.status).toBe(200);
  });

  it.each(['127.0.0.1', '::1'])('names host and port when %s is in use', async (host) => {
    const other = createTcpServer().listen(0, host);
    cleanUp.push(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(serve({ port })).rejects.toMatchObject({
      code: 'api_port_in_use',
      message: `The API can't listen on ${host} port ${port}: another program uses it; stop that one, or set features.webhooks.api.port`,
    });
    await expect(
      fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(200) }),
    ).rejects.toThrow();
  });

  it('says that this machine has no such address', async () => {
    await expect(serve({ host: '192.0.2.1', token: 't' })).rejects.toMatchObject({
      code: 'api_address_unavailable',
    });
  });
});

describe('what it can not read', () => {
  it.each([
    ['no HTTP at all', 'GARBAGE\r\n\r\n', 400, 'malformed_request'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'malformed_request'],
    ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed_request'],
    [
      'a tunnel',
      'CONNECT crm.example.com:443 HTTP/1.1\r\nHost: crm.example.com:443\r\n\r\n',
      405,
      'method_not_allowed',
    ],
    [
      'a malformed Host',
      'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n',
      400,
      'malformed_request',
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'malformed_request',
    ],
    [
      '20 KiB of URL',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      400,
      'headers_too_large',
    ],
    [
      '101 headers',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'a: b\r\n'.repeat(99)}\r\n`,
      400,
      'too_many_headers',
    ],
    [
      '100 headers',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'a: b\r\n'.repeat(98)}\r\n`,
      200,
      undefined,
    ],
    [
      'two Hosts',
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      403,
      'host_refused',
    ],
    [
      'the name of another in the request line',
      'GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      403,
      'host_refused',
    ],
  ])('%s is answered and does no harm', async (_what, bytes, status, code) => {
    const { port, url } = await serve();
    const answer = await raw(port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (code !== undefined) {
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ code });
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('a chunked body over the limit is 413, however long it would go on', async () => {
    const { port } = await serve();
    const head =
      'POST /api/webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await raw(port, `${head}${`10000\r\n${' '.repeat(65_536)}\r\n`.repeat(5)}`);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('body_too_large');
  });

  it('a body that breaks off changes nothing and stops nothing', async () => {
    const { port, url } = await serve();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST /api/webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"url":',
    );
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect(await (await fetch(`${url}/api/webhooks`)).json()).toEqual([]);
  });
});

describe('closing', () => {
  it('ends kept-alive connections at once', async () => {
    const server = await serve();
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await server.close(60_000);
    await closed;
  });

  it('lets a request finish, and ends its connection then', async () => {
    const server = await serve();
    const upload = request({
      port: server.port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/api/webhooks',
      headers: { 'content-type': 'application/json', connection: 'keep-alive' },
    });
    upload.write('{"url":');
    await once(upload, 'socket');
    // The server has taken the connection once a later one is answered.
    await (await fetch(`${server.url}/healthz`)).text();
    const closing = server.close(60_000);
    upload.end('"https://x.example/"}');
    const [response] = await once(upload, 'response');
    expect(response.statusCode).toBe(201);
    response.resume();
    await closing;
  });

  it('waits no longer than it may', async () => {
    const server = await serve();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /api/webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n');
    await once(socket, 'connect');
    await (await fetch(`${server.url}/healthz`)).text();
    await server.close(1);
    await server.close(1);
  });
});

describe('mounted by a host', () => {
  /** A host that hands on what is below `prefix`; `cut` as Express does it. */
  async function host(prefix: string, cut: boolean, readsBody = false): Promise<string> {
    const { handler } = await makeApi();
    const server = createServer(async (incoming, outgoing) => {
      const whole = incoming.url ?? '';
      if (cut) {
        const rest = whole.slice(prefix.length);
        Object.assign(incoming, { originalUrl: whole, url: rest.startsWith('/') ? rest : `/${rest}` });
      }
      if (readsBody && incoming.method === 'POST') {
        const chunks = await incoming.toArray();
        Object.assign(incoming, { body: JSON.parse(Buffer.concat(chunks).toString()) });
      }
      handler(incoming, outgoing);
    });
    server.listen(0, '127.0.0.1');
    cleanUp.push(() => server.close());
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    ['/api/webhooks', false],
    ['/api/webhooks', true],
    ['/pbx/api/webhooks', false],
    ['/pbx/api/webhooks', true],
    ['/hooks', true],
  ])('serves the same below %s (prefix cut off: %s)', async (prefix, cut) => {
    const url = (await host(prefix, cut)) + prefix;
    const body = JSON.stringify({ url: 'https://x.example/' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(201);
    const list = await (await fetch(url)).json();
    expect(list).toMatchObject([{ url: 'https://x.example/' }]);
    const id = (list as { id: string }[])[0]?.id;
    expect((await fetch(`${url}/${id}`)).status).toBe(200);
    expect((await fetch(`${url}/nope`)).status).toBe(404);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}?url=https://x.example/`, { method: 'DELETE' })).status).toBe(200);
  });

  it('takes a body that the host has read already', async () => {
    const url = `${await host('/hooks', true, true)}/hooks`;
    const body = JSON.stringify({ url: 'https://x.example/' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(201);
  });

  it("leaves the host's Request and Response alone", async () => {
    const before = [globalThis.Request, globalThis.Response];
    await host('/hooks', true);
    expect([globalThis.Request, globalThis.Response]).toEqual(before);
  });

  it('answers no other machine without a token', async () => {
    const { app } = await makeApi();
    const incoming = new IncomingMessage(new Socket());
    const from = async (remoteAddress: string | undefined) => {
      Object.defineProperty(incoming.socket, 'remoteAddress', { value: remoteAddress, configurable: true });
      return app.request('/api/webhooks', {}, { incoming });
    };
    for (const here of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect((await from(here)).status).toBe(200);
    }
    // A socket that is gone already has no address: who it was is not known.
    for (const elsewhere of ['10.0.0.7', '::ffff:10.0.0.7', 'fe80::1', undefined]) {
      const response = await from(elsewhere);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'loopback_only' });
    }
  });
});
