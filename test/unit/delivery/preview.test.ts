import { afterEach, beforeEach, expect, test } from 'vitest';
import { previewOf } from '../../../src/delivery/preview.ts';
import { MASK, shapeOf } from '../../../src/model/request-shape.ts';
import type { SubscriptionInput } from '../../../src/subscription/registry.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { Expressions } from '../../../src/util/expression/expressions.ts';
import { callEvent, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { Receiver } from '../../support/receiver.ts';

let receiver: Receiver;
let folder: ReturnType<typeof temporaryFolder>;
let rig: Rig<typeof systemClock>;

beforeEach(async () => {
  receiver = await Receiver.start();
  folder = temporaryFolder();
  rig = await startRig({ folder: folder.path, clock: systemClock });
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

type Asked = Omit<SubscriptionInput, 'url' | 'events'>;

/** What would be shown of the newest delivery, and what came at the receiver. */
async function shownAndSent(asked: Asked) {
  const { id } = await rig.registry.add({ url: receiver.url('/a?key=1'), events: ['*'], ...asked });
  await rig.engine.publish(callEvent(systemClock, { from_extension: '1001', caller_name: 'Zoë' }));
  const [sent] = await receiver.received(1);
  const { events } = await rig.store.events({ limit: 1 });
  const [event] = events;
  if (event === undefined || sent === undefined) throw new Error('nothing was published');
  const attempt = { events: [event], number: 1, at: systemClock.now() } as const;
  return { sent, preview: previewOf(shapeOf(rig.registry.require(id)), attempt, new Expressions()) };
}

/** Those of the request itself, by names in lower case. */
function comparable(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const ofConnection = ['host', 'connection', 'content-length', 'webhook-timestamp'];
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !ofConnection.includes(name)),
  );
}

const SECRET = { secret: 'hush-hush' };
const SHOWN_AS = { 'x-webhook-signature': MASK, 'webhook-signature': MASK };

test.each<[string, Asked, Record<string, string>]>([
  ['a plain one', {}, {}],
  ['a signed one', SECRET, SHOWN_AS],
  ['one with headers', { headers: { Authorization: 'Bearer hush-hush' } }, { authorization: MASK }],
  ['one that overrides ours', { headers: { 'content-type': 'text/hush-hush' } }, { 'content-type': MASK }],
  ['CloudEvents', { format: 'cloudevents', ...SECRET }, SHOWN_AS],
  ['a batch', { batch: { max_events: 1 }, ...SECRET }, SHOWN_AS],
  ['a transform', { transform: '{ "who": data.caller_name }' }, {}],
  ['a text', { transform: '"hello"' }, {}],
  ['a template', { template: 'slack' }, {}],
  ['a template with headers', { template: 'ntfy' }, {}],
])('%s shows what is sent, and nothing secret', async (_name, asked, masked) => {
  const { sent, preview } = await shownAndSent(asked);
  expect(preview).toMatchObject({ method: 'POST', url: receiver.url('/a?key=1'), body: sent.body });
  expect(comparable(preview.headers)).toEqual({ ...comparable(sent.headers), ...masked });
  expect(JSON.stringify(preview)).not.toContain('hush-hush');
});

test('a key that a template takes from a header into the body is not shown there either', async () => {
  const asked = { template: 'pagerduty', headers: { 'X-Routing-Key': 'hush-hush' } } as const;
  const { sent, preview } = await shownAndSent(asked);
  expect(JSON.parse(sent.body).routing_key).toBe('hush-hush');
  expect(JSON.parse(preview.body)).toMatchObject({ ...JSON.parse(sent.body), routing_key: MASK });
});

test.each([
  ['( $f := function($x) { $f($x) }; $f(1) )', /took longer than 50 ms/],
  ['$error("no \\"good\\"")', /transform could not be evaluated: no "good"/],
  ['data.nothing', /transform gave nothing for this event/],
])('a transform that fails, such as %s, says so in the place of the body', async (transform, reason) => {
  const input = { url: receiver.url(), events: ['call.*'], transform, ...SECRET };
  const subscription = await rig.registry.add(input);
  const event = { id: 'call.started-1', type: 'call.started', occurredAt: systemClock.now(), data: '{}' };
  const attempt = { events: [event], number: 2, at: systemClock.now() } as const;
  const preview = previewOf(shapeOf(subscription), attempt, new Expressions());
  expect(preview.body).toMatch(/^No body could be made: /);
  expect(preview.body).toMatch(reason);
  expect(preview.headers).toMatchObject({ 'X-Webhook-ID': 'call.started-1', 'X-Webhook-Attempt': '2' });
});
