import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ResolveName } from '../../../../../src/delivery/name-resolver.ts';
import type { Target } from '../../../../../src/delivery/sender/protocol.ts';
import { Sender } from '../../../../../src/delivery/sender/send.ts';
import type { AttemptOutcome } from '../../../../../src/model/delivery.ts';
import { type EnvelopeParts, envelopeOf } from '../../../../../src/model/event.ts';
import { type Clock, micro, systemClock } from '../../../../../src/util/clock.ts';
import { FakeClock } from '../../../../support/clock.ts';

const pem = (name: string): string =>
  readFileSync(new URL(`../../../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');
/** Of localhost and 127.0.0.1. */
const CERT = pem('cert');
const IDENTITY = { cert: CERT, key: pem('key') };
const TIMEOUT_MS = 5_000;
const ENDING = { code: 'network', message: 'Connection closed before the response was complete' };

interface Receiver {
  readonly port: number;
  /** In the order in which they were opened. */
  readonly sockets: readonly Socket[];
}

async function listen(server: Server, event = 'connection'): Promise<Receiver> {
  const sockets: Socket[] = [];
  server.on(event, (socket: Socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** Does as it is told with each piece that comes, of connections in plain TCP. */
function receiver(take: (socket: Socket, piece: string) => void): Promise<Receiver> {
  return listen(
    createServer((socket) => socket.on('data', (piece) => take(socket, piece.toString('latin1')))),
  );
}

function httpReceiver(scheme: string, answer: RequestListener): Promise<Receiver> {
  return scheme === 'https'
    ? listen(createHttpsServer(IDENTITY, answer), 'secureConnection')
    : listen(createHttpServer(answer));
}

interface Options extends Partial<Target> {
  readonly clock?: Clock;
  readonly resolve?: ResolveName;
}

/** Sends to one target; what comes of each event. */
function senderTo(url: string, { clock = systemClock, resolve, ...target }: Options = {}) {
  const told = new Map<number, (outcome: AttemptOutcome) => void>();
  const sender = new Sender(clock, ({ job, attempt }) => told.get(job)?.(attempt.outcome), resolve);
  const tls = { ca: CERT };
  sender.setTarget({
    id: 1,
    url,
    headers: {},
    secrets: [],
    timeoutMs: TIMEOUT_MS,
    allow: 'any',
    tls,
    ...target,
  });
  onTestFinished(() => sender.stop());
  return async (event: Partial<EnvelopeParts> = {}): Promise<AttemptOutcome> => {
    const outcome = await new Promise<AttemptOutcome>((resolve) => {
      const id = told.size;
      told.set(id, resolve);
      sender.send({ id, target: 1, events: [eventOf(event)], attempt: 1 });
    });
    // A connection can be used again a turn later.
    await nextTurn();
    return outcome;
  };
}

function eventOf(event: Partial<EnvelopeParts>): EnvelopeParts {
  return { id: 'a.b-1', type: 'a.b', occurredAt: micro(0), data: '{}', ...event };
}

const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';

describe.each(['http', 'https'])('over %s', (scheme) => {
  test('a long body arrives as it is', async () => {
    const got: { readonly length: string | undefined; readonly body: Buffer }[] = [];
    const { port, sockets } = await httpReceiver(scheme, async (request, response) => {
      got.push({ length: request.headers['content-length'], body: await buffer(request) });
      response.writeHead(204).end();
    });
    const send = senderTo(`${scheme}://127.0.0.1:${port}/`);
    const around = envelopeOf(eventOf({ data: '""' })).length;
    const sizes = [16_384 - around, 16_385 - around, 100_000, 700_000];
    const events = sizes.map((size) => ({ data: JSON.stringify('€ 9'.repeat(size).slice(0, size)) }));
    for (const event of events) expect(await send(event)).toMatchObject({ response: { status: 204 } });
    for (const [at, event] of events.entries()) {
      const sent = Buffer.from(envelopeOf(eventOf(event)));
      expect(got[at]?.length).toBe(String(sent.length));
      expect(got[at]?.body.equals(sent)).toBe(true);
    }
    expect(sockets).toHaveLength(1);
  });

  test('what comes on many connections at once is each one’s own', async () => {
    const textOf = (id: string) => `${id} `.repeat(Number(id) * 1_000);
    const { port, sockets } = await httpReceiver(scheme, (request, response) => {
      const id = String(request.headers['x-webhook-id']);
      const text = textOf(id);
      request.resume().on('end', () => {
        response.writeHead(200, Number(id) % 2 === 0 ? { 'content-length': text.length } : {});
        response.write(text.slice(0, 5_000));
        setImmediate(() => response.end(text.slice(5_000)));
      });
    });
    const send = senderTo(`${scheme}://127.0.0.1:${port}/`);
    const ids = Array.from({ length: 50 }, (_, at) => String(at + 50));
    for (let round = 0; round < 2; round += 1) {
      const outcomes = await Promise.all(ids.map((id) => send({ id })));
      expect(outcomes.map((outcome) => outcome.response?.body)).toEqual(
        ids.map((id) => textOf(id).slice(0, 16_384)),
      );
    }
    expect(sockets).toHaveLength(50);
  });

  test('where the first address of a name refuses, the next one gets it', async () => {
    const { port } = await httpReceiver(scheme, (_request, response) => response.end('taken'));
    const send = senderTo(`${scheme}://localhost:${port}/`, {
      resolve: async () => ['127.0.0.9', '127.0.0.1'],
    });
    expect(await send()).toMatchObject({ response: { status: 200, body: 'taken' } });
  });
});

test('a receiver that answers before it has read all is heard, and what it did not read is no request', async () => {
  const { port, sockets } = await receiver((socket) => {
    socket.pause();
    socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 8\r\n\r\ntoo much');
  });
  const send = senderTo(`http://127.0.0.1:${port}/`);
  for (const connections of [1, 2]) {
    const outcome = await send({ data: JSON.stringify('x'.repeat(24 * 1024 * 1024)) });
    expect(outcome).toMatchObject({ response: { status: 413, body: 'too much' } });
    expect(sockets).toHaveLength(connections);
  }
});

test.each([
  ['chunks', 'transfer-encoding: chunked\r\n\r\n6\r\nhalf', 'half'],
  ['a length', 'content-length: 6\r\n\r\nhalf', 'half'],
  ['trailers', 'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\na: b\r\n', 'half'],
])(
  'a connection that ends in the middle of %s fails the attempt, with what has come',
  async (_what, rest, body) => {
    const { port } = await receiver((socket) => socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
    expect(await senderTo(`http://127.0.0.1:${port}/`)()).toEqual({
      kind: 'error',
      ...ENDING,
      response: { status: 200, headers: expect.any(String), body },
    });
  },
);

test('one that ends in the middle of the headers, or before them, fails it without a response', async () => {
  for (const head of ['HTTP/1.1 200 OK\r\na: b\r\n', '']) {
    const { port } = await receiver((socket) => socket.end(head));
    expect(await senderTo(`http://127.0.0.1:${port}/`)()).toEqual({ kind: 'error', ...ENDING });
  }
});

test('what is no HTTP/1.1 fails it at once', async () => {
  const { port, sockets } = await receiver((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'));
  const send = senderTo(`http://127.0.0.1:${port}/`, { clock: new FakeClock() });
  expect(await send()).toEqual({
    kind: 'error',
    code: 'invalid',
    message: 'Response is not HTTP/1.1: it does not begin with HTTP/1.',
  });
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
});

test('a response without a length is whole when its connection ends', async () => {
  const { port } = await receiver((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
  const outcome = await senderTo(`http://127.0.0.1:${port}/`)();
  expect(outcome).toMatchObject({ kind: 'response', response: { status: 200, body: 'all of it' } });
});

test.each([
  ['2 s before the receiver would close it', 'Keep-Alive: timeout=10\r\n', 8_000],
  ['after 4 s where that says nothing', '', 4_000],
])('an idle connection is closed %s', async (_when, header, keptMs) => {
  const { port, sockets } = await receiver((socket) =>
    socket.write(`HTTP/1.1 200 OK\r\n${header}content-length: 0\r\n\r\n`),
  );
  const clock = new FakeClock();
  const send = senderTo(`http://127.0.0.1:${port}/`, { clock });
  await send();
  clock.advance(keptMs - 1);
  await send();
  expect(sockets).toHaveLength(1);
  // Nobody has looked for idle ones at this very moment.
  clock.advance(keptMs);
  await send();
  expect(sockets).toHaveLength(2);
  clock.advance(keptMs + 1_000);
  await expect.poll(() => sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  expect(clock.waiting).toBe(0);
});

test('a connection that is kept does not keep a process alive, and one that is used again does', async () => {
  let requests = 0;
  const { port } = await receiver((socket) => {
    requests += 1;
    const answer = () =>
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=600\r\ncontent-length: 0\r\n\r\n');
    setTimeout(answer, requests === 1 ? 0 : 300);
  });
  const source = (path: string): string => new URL(`../../../../../src/${path}`, import.meta.url).href;
  const child = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '--eval',
      `
    import { Sender } from '${source('delivery/sender/send.ts')}';
    import { systemClock } from '${source('util/clock.ts')}';
    const sender = new Sender(systemClock, ({ attempt }) => console.log(attempt.outcome.response?.status));
    sender.setTarget({ id: 1, url: 'http://127.0.0.1:${port}/', headers: {}, secrets: [], timeoutMs: 5_000, allow: 'any' });
    const send = () => sender.send({ id: 1, target: 1, events: [{ id: 'a.b-1', type: 'a.b', occurredAt: 0, data: '{}' }], attempt: 1 });
    send();
    setTimeout(send, 1_500);
  `,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill());
  expect(await text(child.stdout)).toBe('200\n200\n');
});

test('one that the receiver closes in a moment is not used again', async () => {
  const { port, sockets } = await receiver((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\ncontent-length: 0\r\n\r\n'),
  );
  const send = senderTo(`http://127.0.0.1:${port}/`);
  await send();
  await send();
  expect(sockets).toHaveLength(2);
});

test.each<[string, Options, Partial<EnvelopeParts>]>([
  ['a line break in a header', { headers: { 'X-Key': 'a\r\nX-Admin: 1' } }, {}],
  ['LF in a header', { headers: { 'X-Key': 'a\nX-Admin: 1' } }, {}],
  ['NUL in a header', { headers: { 'X-Key': 'a\0' } }, {}],
  ['a character beyond Latin-1 in a header', { headers: { 'X-Key': 'Łódź' } }, {}],
  // Its low byte is LF.
  ['a character that would be a line break in one byte', { headers: { 'X-Key': 'aĊX-Admin: 1' } }, {}],
  ['a space in the name of a header', { headers: { 'X Key': 'a' } }, {}],
  ['a line break in the name of a header', { headers: { 'X-Key: a\r\nX-Admin': '1' } }, {}],
  ['a line break in the type of an event', {}, { type: 'a.b\r\nX-Admin: 1' }],
])('%s fails the attempt, and nothing is sent', async (_what, options, event) => {
  const { port, sockets } = await receiver((socket) => socket.write(NO_CONTENT));
  expect(await senderTo(`http://127.0.0.1:${port}/`, options)(event)).toMatchObject({
    kind: 'error',
    code: 'invalid',
    message: expect.stringMatching(/^Request could not be made: /),
  });
  expect(await senderTo(`http://127.0.0.1:${port}/`)()).toMatchObject({ response: { status: 204 } });
  expect(sockets).toHaveLength(1);
});

describe('an attempt whose deadline passes before there is a connection', () => {
  const timeout = { kind: 'error', code: 'timeout', message: 'Connection timeout' };
  const openSockets = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP'));

  test('ends that of a receiver that takes no more', async () => {
    // It has a thread that hangs, so that connections wait in its queue until that is full.
    const full = new Worker(
      `const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
        require('node:worker_threads').parentPort.postMessage(server.address().port);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });`,
      { eval: true },
    );
    const [port] = await once(full, 'message');
    const waiting = Array.from({ length: 2 }, () => connect(port, '127.0.0.1'));
    onTestFinished(async () => {
      for (const socket of waiting) socket.destroy();
      await full.terminate();
    });
    await Promise.all(waiting.map((socket) => once(socket, 'connect')));
    const before = openSockets();
    const clock = new FakeClock();
    const sent = senderTo(`http://127.0.0.1:${port}/`, { clock })();
    expect(openSockets().length).toBeGreaterThan(before.length);
    clock.advance(TIMEOUT_MS);
    expect(await sent).toEqual(timeout);
    await expect.poll(openSockets).toEqual(before);
  });

  test('ends that of one that never shakes hands', async () => {
    const { port, sockets } = await receiver(() => {});
    const clock = new FakeClock();
    const sent = senderTo(`https://127.0.0.1:${port}/`, { clock })();
    await expect.poll(() => sockets.length).toBe(1);
    clock.advance(TIMEOUT_MS);
    expect(await sent).toEqual(timeout);
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  });

  test('makes none any more when its name is found at last', async () => {
    const { port, sockets } = await receiver((socket) => socket.write(NO_CONTENT));
    const clock = new FakeClock();
    const found = Promise.withResolvers<readonly string[]>();
    const send = senderTo(`http://crm.example:${port}/`, { clock, resolve: () => found.promise });
    const late = send();
    clock.advance(TIMEOUT_MS);
    expect(await late).toEqual(timeout);
    const next = send();
    found.resolve(['127.0.0.1']);
    expect(await next).toMatchObject({ response: { status: 204 } });
    expect(sockets).toHaveLength(1);
  });
});

describe('TLS', () => {
  test('is taken up again where it was with the next connection', async () => {
    const reused: boolean[] = [];
    const { port } = await httpReceiver('https', (request, response) => {
      reused.push(request.socket instanceof TLSSocket && request.socket.isSessionReused());
      response.writeHead(204, { connection: 'close' }).end();
    });
    const send = senderTo(`https://127.0.0.1:${port}/`);
    for (let n = 0; n < 3; n += 1) await send();
    expect(reused).toEqual([false, true, true]);
  });

  test.each([
    ['127.0.0.1', false],
    ['localhost', 'localhost'],
    ['localhost.', 'localhost'],
  ])('for %s names %s', async (host, name) => {
    const names: unknown[] = [];
    const { port } = await httpReceiver('https', (request, response) => {
      names.push(request.socket instanceof TLSSocket && request.socket.servername);
      response.writeHead(204).end();
    });
    const send = senderTo(`https://${host}:${port}/`, { resolve: async () => ['127.0.0.1'] });
    expect(await send()).toMatchObject({ response: { status: 204 } });
    expect(names).toEqual([name]);
  });

  test('keeps its connections also where an answer comes within the turn', async () => {
    const other = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
      let connections = 0;
      const server = require('node:https').createServer(workerData, (request, response) => {
        request.resume().on('end', () => response.end(String(connections)));
      });
      server.on('secureConnection', () => (connections += 1));
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
      { eval: true, workerData: IDENTITY },
    );
    onTestFinished(async () => {
      await other.terminate();
    });
    const [port] = await once(other, 'message');
    const send = senderTo(`https://127.0.0.1:${port}/`);
    const counts = new Set<string | undefined>();
    for (let round = 0; round < 10; round += 1) {
      const outcomes = await Promise.all(Array.from({ length: 32 }, () => send()));
      if (round > 0) for (const { response } of outcomes) counts.add(response?.body);
    }
    expect([...counts]).toEqual(['32']);
  });
});
