import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SenderEndpoint } from '../../../../src/delivery/sender/endpoint.ts';
import { packJobs, type Target, unpackResults } from '../../../../src/delivery/sender/protocol.ts';
import { micro, systemClock } from '../../../../src/util/clock.ts';

let server: Server;
let connections: number;
let received: IncomingHttpHeaders[];
let endpoint: SenderEndpoint;
/** The numbers of jobs, as they were answered. */
let answered: number[];
let onAnswer: () => void;

beforeEach(async () => {
  connections = 0;
  received = [];
  answered = [];
  onAnswer = () => {};
  server = createServer((request, response) => {
    received.push(request.headers);
    request.resume().on('end', () => response.writeHead(204).end());
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = new SenderEndpoint(systemClock, 1, (message) => {
    answered.push(...unpackResults(message).map(({ job }) => job));
    onAnswer();
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function target(headers: Target['headers']): Target {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hook`;
  return { id: 1, url, headers, secrets: [], timeoutMs: 10_000, allow: ['127.0.0.1'] };
}

function send(first: number, count: number): void {
  const event = { id: 'a.b-1', type: 'a.b', occurredAt: micro(0), data: '{}' };
  const job = { target: 1, events: [event], attempt: 1 };
  endpoint.receive(packJobs(Array.from({ length: count }, (_, n) => ({ id: first + n, job }))));
}

function answers(count: number): Promise<void> {
  return new Promise((resolve) => {
    onAnswer = () => {
      if (answered.length >= count) resolve();
    };
    onAnswer();
  });
}

test('many jobs at once are each answered once, over connections that were there', async () => {
  endpoint.receive({ op: 'target', target: target({}) });
  send(0, 200);
  await answers(200);
  const before = connections;
  send(200, 1_000);
  for (let first = 1_200; first < 2_200; first += 50) send(first, 50);
  await answers(2_200);
  expect(new Set(answered).size).toBe(2_200);
  expect(answered.length).toBe(2_200);
  expect(connections - before).toBeLessThan(500);
});

test('many messages of one turn are no more than one', async () => {
  endpoint.receive({ op: 'target', target: target({}) });
  send(0, 200);
  await answers(200);
  const before = connections;
  for (let first = 200; first < 2_200; first += 50) send(first, 50);
  await answers(2_200);
  expect(connections - before).toBeLessThan(500);
});

test('what came before a change goes as it was until then, also where it has not begun', async () => {
  endpoint.receive({ op: 'target', target: target({ 'x-version': 'old' }) });
  send(0, 200);
  endpoint.receive({ op: 'target', target: target({ 'x-version': 'new' }) });
  send(200, 3);
  await answers(203);
  const versions = received.map((headers) => headers['x-version']);
  expect(versions.filter((version) => version === 'old').length).toBe(200);
  expect(versions.filter((version) => version === 'new').length).toBe(3);
});

test('what came before its target was forgotten is still sent, and nothing that comes after', async () => {
  endpoint.receive({ op: 'target', target: target({}) });
  send(0, 200);
  endpoint.receive({ op: 'forget', target: 1 });
  send(200, 1);
  await answers(201);
  expect(received.length).toBe(200);
});
