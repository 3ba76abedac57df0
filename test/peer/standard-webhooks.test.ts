import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/util/clock.ts';
import { verify } from '../../src/verify.ts';
import { callEvent, type Rig, startRig, temporaryFolder } from '../support/engine.ts';
import { type ReceivedRequest, Receiver, reply } from '../support/receiver.ts';

const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PLAIN = 'a plain secret, Zoë';

let receiver: Receiver;
let folder: ReturnType<typeof temporaryFolder>;
let rig: Rig<typeof systemClock>;

beforeEach(async () => {
  receiver = await Receiver.start();
  folder = temporaryFolder();
  rig = await startRig({
    folder: folder.path,
    clock: systemClock,
    settings: { workerThreads: 1, retryDelayMs: 0 },
  });
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

/** First attempt and retry of one event. */
async function delivered(secret: string): Promise<readonly ReceivedRequest[]> {
  receiver.script.push(reply(500));
  await rig.registry.add({ url: receiver.url(), events: ['*'], secret });
  await rig.engine.publish(callEvent(systemClock, { caller_name: 'Zoë \u{1F4DE} "x"' }));
  return receiver.received(2);
}

function plainHeaders(request: ReceivedRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

test('standardwebhooks accepts first attempt and retry', async () => {
  for (const request of await delivered(WHSEC)) {
    const event = new StandardWebhook(WHSEC).verify(request.body, plainHeaders(request));
    expect(event).toEqual(JSON.parse(request.body));
  }
});

test('svix accepts first attempt and retry', async () => {
  for (const request of await delivered(WHSEC)) {
    expect(() => new SvixWebhook(WHSEC).verify(request.body, plainHeaders(request))).not.toThrow();
  }
});

test('standardwebhooks accepts a secret that is no whsec_, by its bytes', async () => {
  for (const request of await delivered(PLAIN)) {
    const webhook = new StandardWebhook(new TextEncoder().encode(PLAIN), { format: 'raw' });
    expect(webhook.verify(request.body, plainHeaders(request))).toEqual(JSON.parse(request.body));
  }
});

test('standardwebhooks and svix refuse a changed body', async () => {
  const [request] = await delivered(WHSEC);
  if (request === undefined) {
    throw new Error('nothing came');
  }
  const changed = request.body.replace('call.started', 'call.ended');
  expect(() => new StandardWebhook(WHSEC).verify(changed, plainHeaders(request))).toThrow();
  expect(() => new SvixWebhook(WHSEC).verify(changed, plainHeaders(request))).toThrow();
});

test('our own verify accepts what was delivered, by either signature', async () => {
  for (const { body, headers } of await delivered(WHSEC)) {
    expect(verify(body, headers, WHSEC)).toEqual(JSON.parse(body));
    const simple = { 'x-webhook-signature': headers['x-webhook-signature'] };
    expect(verify(Buffer.from(body), simple, WHSEC)).toEqual(JSON.parse(body));
  }
});

test('our own verify accepts what standardwebhooks and svix sign', () => {
  const body = '{"event_id":"a"}';
  const at = new Date();
  const headers = (signature: string) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signature,
  });
  for (const webhook of [new StandardWebhook(WHSEC), new SvixWebhook(WHSEC)]) {
    expect(verify(body, headers(webhook.sign('msg_1', at, body)), WHSEC)).toEqual({ event_id: 'a' });
  }
});
