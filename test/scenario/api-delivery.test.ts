import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { subscriptionViewSchema } from '../../src/api/schemas/subscriptions.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type Service, startService } from '../../src/service.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLogger } from '../../src/util/log.ts';
import { Receiver } from '../support/receiver.ts';
import { createRecorder } from '../support/recorder.ts';

let folder: string;
let receiver: Receiver;
let service: Service;
/** Log lines: one is written when a delivery has ended and is counted. */
const lines = createRecorder<string>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pbx-webhooks-api-'));
  receiver = await Receiver.start();
  const config = parseConfig(
    { api: { port: 0 }, network: { allow: ['127.0.0.1'] }, store: { url: 'sqlite:webhooks.db' } },
    { base: folder },
  );
  const info = (line: string): void => lines.add(line);
  const logger = { ...silentLogger, info, isLevelEnabled: () => true };
  service = await startService(config, { logger });
});

afterEach(async () => {
  await service.close();
  await receiver.stop();
  await rm(folder, { recursive: true });
});

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${service.apiUrl}/api/webhooks${path}`, { method, ...(body && json) });
  return response.json();
}

const added = z.object({ subscription: z.strictObject(subscriptionViewSchema.shape) });

const publish = (type: string) => service.publish({ type, occurredAt: systemClock.now(), data: {} });

describe('a subscription made through the API', () => {
  it('gets the events that it asked for, under its headers, and shows what came of them', async () => {
    const url = receiver.url('/crm');
    await call('POST', '', { url, events: ['call.*'], secret: 's', headers: { 'X-Key': 'k' } });
    await publish('queue.call_added');
    const id = await publish('call.started');
    const [request] = await receiver.received(1);
    expect(request?.headers).toMatchObject({
      'x-key': 'k',
      'x-webhook-id': id,
      'x-webhook-signature': expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
    });
    await lines.first((line) => line === `Webhook delivered: call.started -> ${url} (status: 204)`);
    expect(await call('GET', '')).toMatchObject([
      { url, last_sent: expect.any(String), success_count: 1, failure_count: 0, backlog: 0 },
    ]);
  });

  it('is sent to elsewhere, for other events and no longer, as it is changed', async () => {
    const { subscription } = added.parse(await call('POST', '', { url: receiver.url('/one') }));
    await publish('call.started');
    await receiver.received(1, '/one');
    await call('PATCH', `/${subscription.id}`, { url: receiver.url('/two'), events: ['call.ended'] });
    await publish('call.started');
    await publish('call.ended');
    await receiver.received(1, '/two');
    await call('PATCH', `/${subscription.id}`, { enabled: false });
    await publish('call.ended');
    await call('POST', '', { url: receiver.url('/last') });
    await call('DELETE', `/${subscription.id}`);
    await publish('call.ended');
    await receiver.received(1, '/last');
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/one', '/two', '/last']);
  });

  it('does not keep the API from closing at once', async () => {
    await call('POST', '', { url: receiver.url() });
    await service.close();
    await expect(call('GET', '')).rejects.toThrow();
  });
});
