import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lane, type LaneLimits } from '../../../src/delivery/lane.ts';
import type { CallId, DeliveryId, SubscriptionId } from '../../../src/model/ids.ts';
import type { DueDelivery, DuePage, DueQuery, Settlement } from '../../../src/store/store.ts';
import { micro } from '../../../src/util/clock.ts';
import { FakeClock } from '../../support/clock.ts';
import { event } from '../../support/store-samples.ts';

const CRM = 'sub_crm' as SubscriptionId;
const RETRY_MS = 5_000;
const LIMITS: LaneLimits = {
  concurrency: 2,
  capacity: 4,
  isOrdered: true,
  perSecond: undefined,
  batch: undefined,
  maxAgeMs: undefined,
};
const CALLS = ['1765108800.1' as CallId, '1765108800.2' as CallId, undefined];

/** A lane between a disk, publishers and receivers that do everything as late, and in whatever order, they like. */
class World {
  readonly clock = new FakeClock();
  readonly disk = new Map<DeliveryId, DueDelivery>();
  readonly inFlight: DueDelivery[] = [];
  readonly sent: DueDelivery[] = [];
  readonly dead = new Map<DeliveryId, DueDelivery>();
  readonly #committed: DueDelivery[] = [];
  readonly #results: { readonly delivery: DueDelivery; readonly next: Settlement['next'] }[] = [];
  readonly #loads: (() => void)[] = [];
  #lastId = 0;
  readonly #limits: LaneLimits;
  #enabled = true;
  lane: Lane;

  constructor(limits: Partial<LaneLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.lane = this.#newLane();
  }

  /** kill -9: what was in flight or not on disk yet is forgotten. */
  async restart(): Promise<void> {
    this.lane.close();
    this.inFlight.length = 0;
    this.#results.length = 0;
    this.#committed.length = 0;
    this.#loads.length = 0;
    this.lane = this.#newLane();
    await this.lane.start();
  }

  #newLane(): Lane {
    const lane: Lane = new Lane({
      subscriptionId: CRM,
      enabled: this.#enabled,
      limits: this.#limits,
      pausedUntil: undefined,
      clock: this.clock,
      now: () => this.clock.now(),
      send: (request) => this.#send(request),
      expire: () => {},
      due: (query) => this.#due(query),
      retrying: async () =>
        [...this.disk.values()].flatMap(({ id, attempts, askedAfter = 0, event: { callId } }) =>
          attempts > askedAfter && callId !== undefined ? [{ id, callId }] : [],
        ),
      onLoadError: (error) => {
        throw error;
      },
      onPaused: () => {},
    });
    return lane;
  }

  /** Whether the lane waits for an answer of the disk. */
  get isReading(): boolean {
    return this.#loads.length > 0;
  }

  publish(data = '{}'): void {
    const id = ++this.#lastId as DeliveryId;
    const callId = CALLS[id % CALLS.length];
    const delivery = {
      id,
      subscriptionId: CRM,
      event: event(id, { callId, data }),
      attempts: 0,
      dueAt: this.clock.now(),
    };
    this.disk.set(id, delivery);
    this.#committed.push(delivery);
  }

  offer(which: number): void {
    // The store keeps the order in which events were published.
    const delivery = take(this.#committed, this.#limits.isOrdered ? 0 : which);
    if (delivery !== undefined) {
      this.lane.offer(delivery);
    }
  }

  answer(which: number, fate: 'delivered' | 'pending' | 'dead'): void {
    const delivery = take(this.inFlight, which);
    if (delivery !== undefined) {
      const dueAt = micro(this.clock.now() + RETRY_MS * 1000);
      const next = fate === 'pending' ? { state: fate, dueAt } : { state: fate };
      this.#results.push({ delivery, next });
      this.lane.attempted([delivery], fate === 'delivered' ? 'well' : 'fails', [next]);
    }
  }

  settle(which: number): void {
    const result = take(this.#results, which);
    if (result !== undefined) {
      const { delivery, next } = result;
      const tried = { ...delivery, attempts: delivery.attempts + 1 };
      this.disk.delete(delivery.id);
      if (next.state === 'pending') this.disk.set(delivery.id, { ...tried, dueAt: next.dueAt });
      if (next.state === 'dead') this.dead.set(delivery.id, tried);
      this.lane.settled([{ id: delivery.id, next }]);
    }
  }

  /** Someone asks for a dead letter. */
  revive(which: number): void {
    const delivery = take([...this.dead.values()], which);
    if (delivery !== undefined) {
      this.dead.delete(delivery.id);
      const dueAt = this.clock.now();
      this.disk.set(delivery.id, { ...delivery, dueAt, askedAfter: delivery.attempts });
      this.lane.lookAgain(dueAt);
    }
  }

  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.lane.setEnabled(enabled);
  }

  /** What waits for a disabled subscription is dropped, as the recovery does it; some of it is told only then. */
  async skip(): Promise<void> {
    if (this.#enabled || this.inFlight.length > 0 || this.#results.length > 0) return;
    this.lane.close();
    this.#loads.length = 0;
    this.lane = this.#newLane();
    for (const delivery of this.#committed.splice(0)) this.lane.offer(delivery);
    this.disk.clear();
    await this.lane.start();
  }

  async load(): Promise<void> {
    this.#loads.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  }

  /** Lets everything happen, with receivers that take all. */
  async drain(): Promise<void> {
    this.setEnabled(true);
    for (let turn = 0; turn < 1_000 && this.disk.size > 0; turn++) {
      this.offer(0);
      this.answer(0, 'delivered');
      this.settle(0);
      await this.load();
      this.clock.advance(RETRY_MS);
    }
  }

  #send([delivery, ...others]: readonly DueDelivery[]): void {
    if (delivery === undefined) throw new Error('a request without a delivery');
    expect(others).toEqual([]);
    expect(this.disk.get(delivery.id)?.attempts, 'only what is pending on disk is sent').toBe(
      delivery.attempts,
    );
    expect(delivery.dueAt, 'nothing is sent early').toBeLessThanOrEqual(this.clock.now());
    expect(this.inFlight.map(({ id }) => id)).not.toContain(delivery.id);
    expect(this.#earlierOf(delivery), 'nothing overtakes an event of its call').toEqual([]);
    this.sent.push(delivery);
    this.inFlight.push(delivery);
    expect(this.inFlight.length).toBeLessThanOrEqual(LIMITS.concurrency);
  }

  /** Earlier events of its call that are neither delivered nor given up. */
  #earlierOf({ id, event: { callId } }: DueDelivery): DeliveryId[] {
    if (callId === undefined || !this.#limits.isOrdered) return [];
    const over = this.#results
      .filter(({ next }) => next.state !== 'pending')
      .map(({ delivery }) => delivery.id);
    return (
      [...this.disk.values()]
        .filter((other) => other.event.callId === callId && other.id < id && !over.includes(other.id))
        // One that someone asked for joins the queue as a new one does, until an attempt of it fails.
        .filter(({ attempts, askedAfter }) => askedAfter === undefined || attempts > askedAfter)
        .map((other) => other.id)
    );
  }

  /** What the disk holds when it is asked; the answer comes later. */
  #due({ after, by, limit }: DueQuery): Promise<DuePage> {
    const behind = [...this.disk.values()]
      .filter(({ dueAt, id }) => dueAt > after.dueAt || (dueAt === after.dueAt && id > after.id))
      .sort((a, b) => a.dueAt - b.dueAt || a.id - b.id);
    const deliveries = behind.filter(({ dueAt }) => dueAt <= by).slice(0, limit);
    const page = { deliveries, nextDueAt: behind[deliveries.length]?.dueAt };
    return new Promise((resolve) => this.#loads.push(() => resolve(page)));
  }
}

function take<T>(items: T[], which: number): T | undefined {
  return items.splice(which % Math.max(1, items.length), 1)[0];
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: 'publish' } as const) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('offer' as const), which: fc.nat(5) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(3),
      fate: fc.constantFrom('delivered', 'pending', 'dead'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'load' } as const) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(7_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('enable' as const), enabled: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revive' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'skip' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' } as const) },
);

async function play(world: World, one: typeof step extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
  switch (one.do) {
    case 'publish':
      return world.publish();
    case 'offer':
      return world.offer(one.which);
    case 'answer':
      return world.answer(one.which, one.fate);
    case 'settle':
      return world.settle(one.which);
    case 'load':
      return world.load();
    case 'wait':
      return world.clock.advance(one.ms);
    case 'enable':
      return world.setEnabled(one.enabled);
    case 'revive':
      return world.revive(one.which);
    case 'skip':
      return world.skip();
    case 'restart':
      return world.restart();
    default:
      return one satisfies never;
  }
}

test.each([true, false])(
  'whatever comes late, fails or is killed, nothing is lost, sent early, twice at once, or (ordered: %s) out of order',
  async (isOrdered) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200, size: 'max' }), async (steps) => {
        const world = new World({ isOrdered });
        await world.lane.start();
        for (const one of steps) {
          await play(world, one);
        }
        await world.drain();
        expect([...world.disk.keys()]).toEqual([]);
      }),
      { numRuns: 500 },
    );
  },
);

/** The fourth is of the call of the first. */
async function withFourEvents(): Promise<World> {
  const world = new World();
  await world.lane.start();
  await world.load();
  for (let id = 1; id <= 4; id += 1) {
    world.publish();
    world.offer(0);
  }
  return world;
}

test('events of a call are sent in their order, each once the one before was answered, other calls flow on', async () => {
  const world = await withFourEvents();
  const ids = () => world.sent.map(({ id }) => id);
  expect(ids(), 'the fourth is of the call of the first').toEqual([1, 2]);
  world.answer(1, 'delivered');
  expect(ids()).toEqual([1, 2, 3]);
  world.answer(1, 'delivered');
  expect(ids()).toEqual([1, 2, 3]);
  world.answer(0, 'delivered');
  expect(ids()).toEqual([1, 2, 3, 4]);
});

test('a dead letter that comes back while a later event of its call fails goes before that', async () => {
  const world = await withFourEvents();
  world.answer(0, 'dead');
  world.settle(0);
  world.answer(0, 'delivered');
  world.answer(0, 'delivered');
  const ids = () => world.inFlight.map(({ id }) => id);
  expect(ids(), 'the fourth is of the call of the first').toEqual([4]);
  world.revive(0);
  await world.load();
  world.answer(0, 'pending');
  await world.load();
  expect(ids()).toEqual([1]);
  await world.drain();
  expect(world.disk.size).toBe(0);
});

test('events as large as a few fill memory leave the rest on the disk, which is asked again once there is room', async () => {
  const world = new World({ capacity: 256, isOrdered: false });
  await world.lane.start();
  await world.load();
  const large = 'x'.repeat(1_000_000);
  for (let n = 0; n < 12; n += 1) {
    world.publish(large);
    world.offer(0);
  }
  for (let turn = 0; turn < 10 && world.isReading; turn += 1) await world.load();
  expect(world.isReading, 'while receivers hang the disk is left alone').toBe(false);
  await world.drain();
  expect(world.sent.map(({ id }) => id)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
});
