import { CloudEvent, HTTP } from 'cloudevents';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVENT_CATALOGUE } from '../../src/model/event-types.ts';
import { systemClock } from '../../src/util/clock.ts';
import { type Rig, startRig, temporaryFolder } from '../support/engine.ts';
import { Receiver } from '../support/receiver.ts';

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

test.each([
  ['one by one', {}],
  ['in a batch', { batch: { max_events: 1, max_wait: 0 } }],
])('the official SDK reads every event of the catalogue %s', async (_how, options) => {
  await rig.registry.add({ url: receiver.url(), events: ['*'], format: 'cloudevents', ...options });
  for (const { name, sample } of EVENT_CATALOGUE) {
    await rig.engine.publish({ type: name, occurredAt: systemClock.now(), data: sample });
  }
  const requests = await receiver.received(EVENT_CATALOGUE.length);
  const events = requests.flatMap(({ headers, body }) => {
    const message = { headers, body };
    expect(HTTP.isEvent(message)).toBe(true);
    return [HTTP.toEvent(message)].flat();
  });
  for (const event of events) {
    expect(event).toBeInstanceOf(CloudEvent);
    expect(event instanceof CloudEvent && event.validate()).toBe(true);
  }
  const samples = new Map(EVENT_CATALOGUE.map(({ name, sample }) => [`pbx.${name}`, sample]));
  for (const { type, data } of events) expect(data).toEqual(samples.get(type));
  expect(new Set(events.map(({ type }) => type)).size).toBe(samples.size);
});
