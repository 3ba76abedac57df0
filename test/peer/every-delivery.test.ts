import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVENT_CATALOGUE } from '../../src/model/event-types.ts';
import type { SubscriptionId } from '../../src/model/ids.ts';
import { type SubscriptionOptions, TEMPLATE_NAMES } from '../../src/model/subscription-options.ts';
import { systemClock } from '../../src/util/clock.ts';
import { verify } from '../../src/verify.ts';
import { type Rig, startRig, temporaryFolder } from '../support/engine.ts';
import { type ReceivedRequest, Receiver, reply } from '../support/receiver.ts';

const OLD = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** Every way in which a body is made. */
const SHAPES: Readonly<Record<string, SubscriptionOptions>> = {
  plain: {},
  batch: { batch: { max_events: 7, max_wait: 1 } },
  cloudevents: { format: 'cloudevents' },
  'cloudevents-batch': { format: 'cloudevents', batch: { max_events: 7, max_wait: 1 } },
  transform: { transform: '{ "type": event_type, "name": "Zoë \\uD83D\\uDCDE", "all": data }' },
  text: { transform: '"Event " & event_type' },
  ...Object.fromEntries(TEMPLATE_NAMES.map((template) => [template, { template }])),
};

/** Deliveries of each shape: one for each event type, before and after its secret is rotated. */
const EACH = 2 * EVENT_CATALOGUE.length;

let receiver: Receiver;
let folder: ReturnType<typeof temporaryFolder>;
let rig: Rig<typeof systemClock>;

beforeEach(async () => {
  receiver = await Receiver.start();
  // Three in ten are not taken at first.
  receiver.behaviour = (response, request) => reply(Math.random() < 0.3 ? 503 : 204)(response, request);
  folder = temporaryFolder();
  rig = await startRig({
    folder: folder.path,
    clock: systemClock,
    settings: { workerThreads: 2, retryDelayMs: 1, maxRetries: 20 },
  });
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

async function publishAll(): Promise<void> {
  for (const { name, sample } of EVENT_CATALOGUE) {
    await rig.engine.publish({ type: name, occurredAt: systemClock.now(), data: sample });
  }
}

function headersOf({ headers }: ReceivedRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** Of `standardwebhooks` only JSON bodies: it reads what it has verified. */
function accepts(request: ReceivedRequest, secret: string): void {
  const headers = headersOf(request);
  new SvixWebhook(secret).verify(request.body, headers);
  if (headers['content-type']?.includes('json')) new StandardWebhook(secret).verify(request.body, headers);
  else expect(() => new StandardWebhook(secret).verify(request.body, headers)).toThrow(SyntaxError);
}

test('standardwebhooks and svix accept every delivery of a run: each type, each kind of body, each secret', async () => {
  const headers = { 'X-Routing-Key': 'R'.repeat(32) };
  const secrets = new Map<string, string>();
  const added: { readonly name: string; readonly id: SubscriptionId }[] = [];
  for (const [name, options] of Object.entries(SHAPES)) {
    const url = receiver.url(`/${name}`);
    added.push({
      name,
      ...(await rig.registry.add({ url, events: ['*'], secret: OLD, headers, ...options })),
    });
  }
  await publishAll();
  for (const { id, name } of added) {
    secrets.set(`/${name}`, (await rig.registry.rotateSecret(id, 3_600)).secret ?? '');
  }
  await publishAll();
  await expect
    .poll(() => added.map(({ id }) => rig.engine.stats(id).successCount), { timeout: 30_000 })
    .toEqual(added.map(() => EACH));

  let rotated = 0;
  for (const request of receiver.requests) {
    accepts(request, OLD);
    const signatures = String(request.headers['webhook-signature']).split(' ');
    if (signatures.length > 1) {
      rotated += 1;
      accepts(request, secrets.get(request.path) ?? '');
    }
    if (request.headers['content-type']?.includes('json')) {
      expect(verify(request.body, request.headers, OLD)).toEqual(JSON.parse(request.body));
    }
  }
  expect(rotated).toBeGreaterThan(receiver.requests.length / 3);
  expect(receiver.requests.length).toBeGreaterThan(Object.keys(SHAPES).length * 20);
}, 60_000);
