import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliverySettings } from '../../../src/delivery/settings.ts';
import type { SubscriptionOptions } from '../../../src/model/subscription-options.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { verify } from '../../../src/verify.ts';
import { callEvent, idOf, type Rig, startRig, temporaryFolder } from '../../support/engine.ts';
import { Receiver } from '../../support/receiver.ts';

const ENDLESS = '( $f := function($x) { $f($x) }; $f(1) )';
const BACKTRACKING = '$contains(data.trap, /(a+)+$/)';
const HUGE = '( $d := function($s, $n) { $n = 0 ? $s : $d($s & $s, $n - 1) }; $d("0123456789", 20) )';
const DEEP = '( $f := function($x) { 1 + $f($x) }; $f(1) )';
const TRAP = { trap: `${'a'.repeat(40)}!` };

/** By path: what a subscription may hold, be it from an earlier version, and what its dead letters say. */
const UNMAKEABLE: Readonly<Record<string, readonly [SubscriptionOptions, RegExp]>> = {
  '/endless': [{ transform: ENDLESS }, /^content: transform .*longer than 50 ms/],
  '/backtracking': [{ transform: BACKTRACKING }, /^content: transform .*longer than 50 ms/],
  '/huge': [{ transform: HUGE }, /^content: transform .*larger than 1048576 bytes/],
  '/deep': [{ transform: DEEP }, /^content: transform .*nests deeper than 500 steps/],
  '/syntax': [{ transform: 'data.(' }, /^content: transform .*Expected .*at character 6/],
  '/nothing': [{ transform: 'data.nothing' }, /^content: transform gave nothing/],
  '/prototype': [
    { transform: 'data.constructor.constructor("return process")()' },
    /^content: transform gave nothing/,
  ],
  '/keyless': [{ template: 'pagerduty' }, /^content: template pagerduty needs the integration key/],
  '/huge-where': [{ filter: { where: HUGE } }, /^filter: filter.where .*larger than 1048576 bytes/],
};

let receiver: Receiver;
let folder: ReturnType<typeof temporaryFolder>;
let rig: Rig<typeof systemClock>;

async function start(settings: Partial<DeliverySettings> = {}): Promise<void> {
  rig = await startRig({
    folder: folder.path,
    clock: systemClock,
    settings: { retryDelayMs: 0, ...settings },
  });
}

beforeEach(async () => {
  receiver = await Receiver.start();
  folder = temporaryFolder();
});
afterEach(async () => {
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

/** Of the subscription to `path`: state, and what its attempts came to. */
async function deliveriesTo(path: string) {
  const id = rig.registry.byUrl(receiver.url(path))?.id;
  const deliveries = (await rig.deliveries()).filter(({ subscriptionId }) => subscriptionId === id);
  return deliveries.map(({ state, history }) => ({
    state,
    errors: history.map(({ outcome }) =>
      outcome.kind === 'error' ? `${outcome.code}: ${outcome.message}` : '',
    ),
  }));
}

describe('a filter', () => {
  test('makes no delivery of what it does not want, and keeps the order of the rest', async () => {
    await start();
    await rig.registry.add({
      url: receiver.url('/some'),
      events: ['*'],
      filter: { extensions: ['10*'], where: 'data.n % 2 = 1' },
    });
    await rig.registry.add({ url: receiver.url('/all'), events: ['*'] });
    await Promise.all(
      [1, 2, 3, 4, 5].map((n) => rig.engine.publish(callEvent(systemClock, { n, from_extension: '1001' }))),
    );
    await rig.engine.publish(callEvent(systemClock, { n: 7, from_extension: '2001' }));
    await receiver.received(6, '/all');
    const some = await receiver.received(3, '/some');
    expect(some.map(({ body }) => JSON.parse(body).data.n)).toEqual([1, 3, 5]);
    expect(await deliveriesTo('/some')).toHaveLength(3);
    const [subscription] = rig.registry.list();
    expect(subscription && rig.engine.stats(subscription.id)).toMatchObject({ failureCount: 0 });
  });

  test('whose where fails makes a dead letter that says why, sends nothing, and harms no other', async () => {
    await start();
    const broken = await rig.registry.add({
      url: receiver.url('/broken'),
      events: ['*'],
      filter: { where: 'data.from_extension + 1 > 3' },
    });
    await rig.registry.add({ url: receiver.url('/slow'), events: ['*'], filter: { where: BACKTRACKING } });
    await rig.registry.add({ url: receiver.url('/all'), events: ['*'] });
    for (let n = 0; n < 5; n += 1) {
      await rig.engine.publish(callEvent(systemClock, { from_extension: '1001', ...TRAP }));
    }
    const requests = await receiver.received(5, '/all');
    expect(new Set(requests.map(idOf)).size).toBe(5);
    expect(receiver.requests).toHaveLength(5);
    expect(await deliveriesTo('/broken')).toEqual(
      Array.from({ length: 5 }, () => ({
        state: 'dead',
        errors: [expect.stringMatching(/^filter: filter.where could not be evaluated: .*at character/)],
      })),
    );
    for (const { state, errors } of await deliveriesTo('/slow')) {
      expect([state, errors]).toEqual(['dead', [expect.stringContaining('longer than 50 ms')]]);
    }
    const stats = { failureCount: 5, failedAttempts: 5, backlog: 0 };
    expect(rig.engine.stats(broken.id)).toMatchObject(stats);
    const records = await rig.store.subscriptions();
    expect(records.find(({ subscription }) => subscription.id === broken.id)?.stats).toMatchObject(stats);
    expect(rig.engine.health()).toEqual({ state: 'ready' });
    expect(rig.logger.lines).toContainEqual(expect.stringMatching(/^warn .*\(attempt 1\/3\).*filter.where/));
  });
});

describe('a body of its own', () => {
  test('is what signatures are made over', async () => {
    await start();
    const secret = 'of the receiver';
    await rig.registry.add({
      url: receiver.url('/'),
      events: ['*'],
      secret,
      transform: '{ "Wer": data.caller_name }',
    });
    await rig.engine.publish(callEvent(systemClock, { caller_name: 'Zoë \u{1f4de}' }));
    const [request] = await receiver.received(1);
    expect(request).toMatchObject({
      body: '{"Wer":"Zoë \u{1f4de}"}',
      headers: { 'content-type': 'application/json', 'x-webhook-event': 'call.started' },
    });
    expect(verify(request?.body ?? '', request?.headers ?? {}, secret)).toEqual({ Wer: 'Zoë \u{1f4de}' });
  });

  test.each([
    [{ template: 'slack' }, { 'content-type': 'application/json' }],
    [{ format: 'cloudevents' }, { 'content-type': 'application/cloudevents+json' }],
    [{ transform: '"hello"' }, { 'content-type': 'text/plain; charset=utf-8' }],
    [{ transform: '"hello"', headers: { 'Content-Type': 'text/x-own' } }, { 'content-type': 'text/x-own' }],
    [
      { template: 'ntfy' },
      {
        'content-type': 'text/plain; charset=utf-8',
        title: 'Call from 1001 to an unknown number',
        priority: '3',
      },
    ],
    [{ batch: {} }, { 'x-webhook-event': 'batch', 'x-webhook-id': expect.stringMatching(/^batch-/) }],
  ] as const)('%j comes with its headers', async (options, headers) => {
    await start();
    await rig.registry.add({ url: receiver.url('/'), events: ['*'], ...options });
    await rig.engine.publish(callEvent(systemClock, { from_extension: '1001' }));
    const [request] = await receiver.received(1);
    expect(request?.headers).toMatchObject(headers);
    const types = request?.rawHeaders.filter((name) => name.toLowerCase() === 'content-type');
    expect(types).toHaveLength(1);
  });

  test.each([
    ['here', 0],
    ['in a sender thread', 1],
  ])(
    'that can’t be made %s is a dead letter after one attempt, and others are sent',
    async (_where, workerThreads) => {
      await start({ workerThreads });
      for (const [path, [options]] of Object.entries(UNMAKEABLE)) {
        await rig.registry.add({ url: receiver.url(path), events: ['*'], ...options });
      }
      await rig.registry.add({ url: receiver.url('/all'), events: ['*'] });
      for (let n = 0; n < 4; n += 1) {
        await rig.engine.publish(callEvent(systemClock, TRAP));
      }
      await receiver.received(4, '/all');
      await rig.stop(10_000);
      await start({ workerThreads });
      expect(receiver.requests).toHaveLength(4);
      for (const [path, [, reason]] of Object.entries(UNMAKEABLE)) {
        const deliveries = await deliveriesTo(path);
        expect(deliveries, path).toHaveLength(4);
        for (const delivery of deliveries) {
          expect(delivery, path).toEqual({ state: 'dead', errors: [expect.stringMatching(reason)] });
        }
      }
      expect(rig.logger.lines.filter((line) => line.includes('died'))).toEqual([]);
    },
  );
});
