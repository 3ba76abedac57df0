import { createServer } from 'node:http';
import express from 'express';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import { sign, VerificationError, verify } from '../../src/verify.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = JSON.stringify({ event_id: 'call.ended-1', data: { caller_name: 'Zoë' } });

/** An Express app with this before its receiver; gives what the receiver answers. */
async function answered(
  before: express.RequestHandler,
  body = BODY,
): Promise<{ status: number; text: string }> {
  const app = express();
  app.post('/hook', before, (request, response) => {
    try {
      verify(request.body, request.headers, SECRET);
      response.sendStatus(204);
    } catch (error) {
      response.status(401).send(error instanceof VerificationError ? error.code : String(error));
    }
  });
  const failed: express.ErrorRequestHandler = (error, _request, response, _next) => {
    response.sendStatus(error.status);
  };
  app.use(failed);
  const server = createServer(app);
  const port = await listenOnLoopback(server, 0);
  onTestFinished(() => void server.close());
  const headers = { ...sign(body, SECRET), 'content-type': 'application/json', connection: 'close' };
  const response = await fetch(`http://127.0.0.1:${port}/hook`, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

/** What docs/receivers.md says of raw bodies. */
test('in Express the raw body is what the documentation takes, and is not behind the traps that it names', async () => {
  expect(await answered(express.raw({ type: () => true, limit: '8mb' }))).toMatchObject({ status: 204 });
  expect(await answered(express.json())).toEqual({ status: 401, text: 'body_not_raw' });
  expect(await answered(express.raw())).toEqual({ status: 401, text: 'body_not_raw' });
  const batch = JSON.stringify({ events: Array.from({ length: 200 }, () => ({ padding: 'x'.repeat(600) })) });
  expect(await answered(express.raw({ type: () => true }), batch)).toMatchObject({ status: 413 });
  expect(await answered(express.raw({ type: () => true, limit: '8mb' }), batch)).toMatchObject({
    status: 204,
  });
});

test('Fastify without a parser for it answers CloudEvents with 415', async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  app.post('/hook', async () => 'taken');
  const send = async (type: string) => {
    const response = await app.inject({
      method: 'POST',
      url: '/hook',
      headers: { 'content-type': type },
      body: BODY,
    });
    return response.statusCode;
  };
  expect(await send('application/json')).toBe(200);
  expect(await send('text/plain')).toBe(200);
  expect(await send('application/cloudevents+json')).toBe(415);
});
