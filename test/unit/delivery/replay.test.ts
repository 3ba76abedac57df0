import { expect, test } from 'vitest';
import { micro } from '../../../src/util/clock.ts';
import { deferred } from '../../../src/util/deferred.ts';
import { FakeClock } from '../../support/clock.ts';
import { bound, callEvent, startRig, temporaryFolder } from '../../support/engine.ts';
import { Receiver } from '../../support/receiver.ts';
import { allDeliveries } from '../../support/store-samples.ts';

test('what is delivered while a replay goes on is found by when it was made', async () => {
  const folder = temporaryFolder();
  const receiver = await Receiver.start();
  const clock = new FakeClock();
  const isStored = deferred<void>();
  let pages = 0;
  const rig = await startRig({
    folder: folder.path,
    clock,
    wrap: (store) => ({
      ...bound(store),
      replayable: async (query) => {
        pages += 1;
        if (pages === 2) {
          clock.advance(60_000);
          await rig.engine.publish(callEvent(clock, {}, 'call.ended'));
          await isStored.promise;
          clock.advance(60_000);
        }
        return store.replayable(query);
      },
    }),
  });
  try {
    await Promise.all(Array.from({ length: 600 }, () => rig.engine.publish(callEvent(clock))));
    clock.advance(1_000);
    const live = await rig.registry.add({ url: receiver.url(), events: ['call.ended'] });
    const late = await rig.registry.add({ url: receiver.url('/late'), events: ['*'], enabled: false });
    rig.engine.listen({ published: () => {}, settled: () => isStored.resolve() });
    const since = clock.now();
    expect(await rig.engine.recovery.replay(late.id, { types: ['call.started'] })).toBe(600);
    expect(pages).toBeGreaterThan(1);
    const found = await allDeliveries(rig.store, { since: micro(since + 30_000_000) });
    expect(found.filter(({ subscriptionId }) => subscriptionId === live.id)).toMatchObject([
      { state: 'delivered', eventType: 'call.ended' },
    ]);
  } finally {
    await rig.stop();
    await receiver.stop();
    folder.remove();
  }
});
