import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleEvent } from '../../../src/delivery/sample.ts';
import { EVENT_CATALOGUE, EVENT_TYPES } from '../../../src/model/event-types.ts';
import type { SubscriptionId } from '../../../src/model/ids.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { deferred } from '../../../src/util/deferred.ts';
import { verify } from '../../../src/verify.ts';
import { FakeClock } from '../../support/clock.ts';
import { bound, callEvent, type RigOptions, startRig, temporaryFolder } from '../../support/engine.ts';
import { hang, Receiver, reply } from '../../support/receiver.ts';

let receiver: Receiver;
let folder: ReturnType<typeof temporaryFolder>;
let ends: (() => Promise<void>)[];

beforeEach(async () => {
  receiver = await Receiver.start();
  folder = temporaryFolder();
  ends = [];
});
afterEach(async () => {
  for (const end of ends) await end();
  await receiver.stop();
  folder.remove();
});

async function start(options: Partial<RigOptions<FakeClock>> = {}) {
  const rig = await startRig({ folder: folder.path, clock: new FakeClock(), ...options });
  ends.push(() => rig.stop());
  return rig;
}

const dataOf = (n: number) => JSON.parse(receiver.requests[n]?.body ?? '{}').data;

test.each([0, 1])(
  'a sample goes at once as the subscription says, though it is disabled, with %i threads',
  async (workerThreads) => {
    const rig = await startRig({ folder: folder.path, clock: systemClock, settings: { workerThreads } });
    ends.push(() => rig.stop());
    const secret = 'of the receiver';
    const { id } = await rig.registry.add({
      url: receiver.url('/hook?key=1'),
      events: ['voicemail.*'],
      enabled: false,
      secret,
      headers: { 'X-Own': 'yes' },
      filter: { queues: ['support'] },
    });
    const sent = await rig.engine.sendTest(id, sampleEvent('call.ended', systemClock.now()));
    expect(sent).toMatchObject({
      succeeded: true,
      attempt: { number: 1, outcome: { response: { status: 204 } } },
    });
    const [request] = receiver.requests;
    expect(request).toMatchObject({
      path: '/hook?key=1',
      headers: { 'x-own': 'yes', 'x-webhook-id': sent.event.id, 'x-webhook-attempt': '1' },
    });
    const body = verify(request?.body ?? '', request?.headers ?? {}, secret);
    expect(body).toMatchObject({
      event_id: sent.event.id,
      event_type: 'call.ended',
      data: { hangup_cause: 16 },
    });
    expect(receiver.requests).toHaveLength(1);
  },
);

test('it comes in the shape that the subscription asks for, whatever its type', async () => {
  const rig = await start();
  const { id } = await rig.registry.add({
    url: receiver.url(),
    events: ['*'],
    batch: { max_wait: 60 },
    transform: '{ "data": { "types": [events.event_type] } }',
  });
  for (const type of EVENT_TYPES) {
    expect(await rig.engine.sendTest(id, sampleEvent(type, rig.clock.now()))).toMatchObject({
      succeeded: true,
    });
  }
  expect(EVENT_CATALOGUE.map((_, n) => dataOf(n).types)).toEqual(EVENT_TYPES.map((type) => [type]));
});

test('nothing is kept of it: no history, counter, breaker, retry or place in a queue', async () => {
  const rig = await start({ settings: { concurrency: 1, maxRetries: 3 } });
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
  receiver.script.push(hang);
  await rig.engine.publish(callEvent(rig.clock, { n: 1 }));
  await receiver.received(1);
  receiver.behaviour = reply(500, 'no', { 'retry-after': '60' });
  for (let n = 0; n < 12; n += 1) {
    expect(await rig.engine.sendTest(id, callEvent(rig.clock, { n: 'test' }))).toMatchObject({
      succeeded: false,
      attempt: { outcome: { kind: 'response', response: { status: 500, body: 'no' } } },
    });
  }
  receiver.behaviour = reply(410);
  await rig.engine.sendTest(id, callEvent(rig.clock));
  expect(rig.engine.breaker(id)).toBe('closed');
  expect(rig.registry.get(id)).toMatchObject({ enabled: true, pausedUntil: undefined });
  expect(rig.engine.stats(id)).toEqual({
    successCount: 0,
    failureCount: 0,
    expiredCount: 0,
    failedAttempts: 0,
    lastSent: undefined,
    backlog: 1,
  });
  expect(await rig.deliveries()).toHaveLength(1);
  expect((await rig.store.events({ limit: 99 })).events).toHaveLength(1);
  expect(rig.engine.counts().attempts.size).toBe(0);
  // The deadline of what hangs, and when connections are looked for that nothing uses.
  expect(rig.clock.waiting).toBe(2);
});

test('its timeout and the rules for addresses are those of the subscription', async () => {
  const rig = await start({ settings: { allow: ['127.0.0.1'] } });
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'], timeout: 3 });
  receiver.behaviour = hang;
  const late = rig.engine.sendTest(id, callEvent(rig.clock));
  await receiver.received(1);
  rig.clock.advance(3_000);
  expect((await late).attempt.outcome).toMatchObject({ code: 'timeout', message: 'No response within 3 s' });
  const inside = await rig.registry.add({ url: 'http://10.1.2.3/hook', events: ['*'] });
  const { attempt } = await rig.engine.sendTest(inside.id, callEvent(rig.clock));
  expect(attempt.outcome).toMatchObject({ code: 'refused_address' });
});

test('its id is never used again, also when the clock is put back before a restart', async () => {
  const rig = await start();
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
  rig.clock.advance(60_000);
  const sent = await rig.engine.sendTest(id, callEvent(rig.clock));
  const again = await rig.engine.sendTest(id, callEvent(rig.clock));
  expect(again.event.id).toBe(`${sent.event.id}-1`);
  await rig.stop();
  const next = await start();
  await next.engine.publish(callEvent(next.clock));
  const [, , kept] = await receiver.received(3);
  const msOf = (eventId: string) => Number(/-(\d+)/.exec(eventId)?.[1]);
  expect(msOf(JSON.parse(kept?.body ?? '').event_id)).toBe(msOf(again.event.id) + 1);
});

test('one under way when all ends is told as such; one for nobody is refused', async () => {
  const rig = await start();
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
  receiver.behaviour = hang;
  const sent = rig.engine.sendTest(id, callEvent(rig.clock));
  const refused = expect(sent).rejects.toMatchObject({ code: 'engine_stopped' });
  await receiver.received(1);
  await rig.engine.stop(0);
  await refused;
  await expect(rig.engine.sendTest(id, callEvent(rig.clock))).rejects.toMatchObject({
    code: 'engine_stopped',
  });
  await expect(rig.engine.sendTest('sub_none' as SubscriptionId, callEvent(rig.clock))).rejects.toMatchObject(
    {
      code: 'subscription_unknown',
    },
  );
});

test('one for which there is no id yet when all ends is refused', async () => {
  const [asked, goesOn] = [deferred<void>(), deferred<void>()];
  const rig = await start({
    wrap: (store) => ({
      ...bound(store),
      passOver: async (position) => {
        await store.passOver(position);
        asked.resolve();
        await goesOn.promise;
      },
    }),
  });
  const { id } = await rig.registry.add({ url: receiver.url(), events: ['*'] });
  const sent = rig.engine.sendTest(id, sampleEvent('call.started', rig.clock.now()));
  const refused = expect(sent).rejects.toMatchObject({ code: 'engine_stopped' });
  await asked.promise;
  await rig.engine.stop(0);
  goesOn.resolve();
  await refused;
});
