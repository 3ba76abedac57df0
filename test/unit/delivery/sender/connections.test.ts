import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { openThread } from '../../../../src/delivery/sender/channel.ts';
import {
  packJobs,
  type Result,
  type Target,
  unpackResults,
} from '../../../../src/delivery/sender/protocol.ts';
import { Sender } from '../../../../src/delivery/sender/send.ts';
import { micro, systemClock } from '../../../../src/util/clock.ts';

const TIMEOUT_MS = 200;

let server: Server;
let sender: Sender;
/** In the order in which they were opened. */
let sockets: Socket[];
/** Of each request the connection that it came on. */
let cameOn: number[];
let answer: RequestListener;
let onResult: (result: Result) => void;

beforeEach(async () => {
  sockets = [];
  cameOn = [];
  answer = (_request, response) => response.writeHead(204).end();
  server = createServer((request, response) => {
    cameOn.push(sockets.indexOf(request.socket));
    request.resume().on('end', () => answer(request, response));
  });
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sender = new Sender(systemClock, (result) => onResult(result));
  const { port } = server.address() as AddressInfo;
  sender.setTarget(targetAt(port));
});
afterEach(async () => {
  await sender.stop();
  server.closeAllConnections();
  server.close();
});

function targetAt(port: number, over: Partial<Target> = {}): Target {
  const url = `http://127.0.0.1:${port}/hook`;
  return { id: 1, url, headers: {}, secrets: [], timeoutMs: TIMEOUT_MS, allow: ['127.0.0.1'], ...over };
}

/** Makes so many requests at once; what came of them. */
function send(count: number): Promise<readonly string[]> {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const outcomes: string[] = [];
  onResult = ({ attempt: { outcome } }) => {
    outcomes.push(outcome.kind === 'response' ? String(outcome.response.status) : outcome.code);
    // Results are told of a turn later, see endpoint.ts.
    if (outcomes.length === count) setImmediate(resolve, outcomes);
  };
  for (let id = 1; id <= count; id += 1) {
    const event = { id: `a.b-${id}`, type: 'a.b', occurredAt: micro(0), data: '{}' };
    sender.send({ id, target: 1, events: [event], attempt: 1 });
  }
  return promise;
}

test('requests one after the other go on one connection', async () => {
  for (let n = 0; n < 5; n += 1) expect(await send(1)).toEqual(['204']);
  expect(cameOn).toEqual([0, 0, 0, 0, 0]);
});

test('each of those under way at once has a connection of its own, which the next ones use', async () => {
  await send(8);
  await send(8);
  expect(new Set(cameOn.slice(0, 8)).size).toBe(8);
  expect(sockets).toHaveLength(8);
});

test('one that got no answer in time leaves its connection to nobody', async () => {
  answer = () => {};
  expect(await send(1)).toEqual(['timeout']);
  answer = (_request, response) => response.writeHead(204).end();
  expect(await send(1)).toEqual(['204']);
  expect(cameOn).toEqual([0, 1]);
});

test('a connection that the receiver closes after its answer is followed by another', async () => {
  answer = (_request, response) => response.writeHead(200, { connection: 'close' }).end('taken');
  for (let n = 0; n < 3; n += 1) expect(await send(1)).toEqual(['200']);
  expect(cameOn).toEqual([0, 1, 2]);
});

test('one that the receiver closed while it was idle is not used any more', async () => {
  await send(4);
  const closed = sockets.map((socket) => once(socket, 'close'));
  server.closeIdleConnections();
  await Promise.all(closed);
  // Both ends are in this process: what the receiver did has to be read first.
  await nextTurn();
  expect(await send(4)).toEqual(['204', '204', '204', '204']);
  expect(sockets).toHaveLength(8);
});

test('what a receiver sends unasked is nobody’s answer', async () => {
  await send(1);
  const [first] = sockets;
  const closed = first && once(first, 'close');
  first?.write('HTTP/1.1 418 Unasked\r\ncontent-length: 0\r\n\r\n');
  await closed;
  expect(await send(1)).toEqual(['204']);
});

test('requests to the same server in another way go on other connections', async () => {
  await send(1);
  const { port } = server.address() as AddressInfo;
  sender.setTarget(targetAt(port, { allow: ['127.0.0.0/8'] }));
  await send(1);
  expect(cameOn).toEqual([0, 1]);
});

test('whoever stops leaves no connection open, and what was under way fails', async () => {
  answer = () => {};
  const sent = send(2);
  await expect.poll(() => cameOn.length).toBe(2);
  const closed = sockets.map((socket) => once(socket, 'close'));
  await sender.stop();
  await Promise.all(closed);
  expect(await sent).toEqual([expect.any(String), expect.any(String)]);
});

test('a receiver that closes right behind its answer, without having said so, costs no attempt', async () => {
  const closing = createTcpServer((socket) => {
    let request = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      request += String(chunk);
      if (request.endsWith('"data":{}}')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
  });
  closing.listen(0, '127.0.0.1');
  await once(closing, 'listening');
  const requests = 2_000;
  const atOnce = 16;
  const results: Result[] = [];
  const all = Promise.withResolvers<void>();
  let sent = 0;
  const sendMore = (count: number): void => {
    const upTo = Math.min(requests, sent + count);
    const jobs = [];
    for (; sent < upTo; sent += 1) {
      const event = { id: `a.b-${sent}`, type: 'a.b', occurredAt: micro(0), data: '{}' };
      jobs.push({ id: sent, job: { target: 1, events: [event], attempt: 1 } });
    }
    if (jobs.length > 0) thread.post(packJobs(jobs));
  };
  const thread = openThread({
    onMessage: (message) => {
      const more = unpackResults(message);
      results.push(...more);
      if (results.length === requests) all.resolve();
      sendMore(more.length);
    },
    onDeath: all.reject,
  });
  onTestFinished(async () => {
    await thread.stop();
    closing.close();
  });
  thread.post({
    op: 'target',
    target: targetAt((closing.address() as AddressInfo).port, { timeoutMs: 5_000 }),
  });
  sendMore(atOnce);
  await all.promise;
  const failed = results.filter(({ attempt }) => attempt.outcome.kind !== 'response');
  // No client can see an end that is still on its way.
  expect(failed.length).toBeLessThan(requests / 30);
});
