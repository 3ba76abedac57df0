import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeliveryState } from '../../src/model/delivery.ts';
import { acceptedAt, type PublishedEvent } from '../../src/model/event.ts';
import type { DeliveryId, SubscriptionId } from '../../src/model/ids.ts';
import type { Store } from '../../src/store/store.ts';
import { type Micros, micro } from '../../src/util/clock.ts';
import {
  allDeliveries,
  at,
  attempt,
  delivery,
  event,
  expiry,
  failedAttempt,
  publication,
  publishTogether,
  settlement,
  subscription,
} from '../support/store-samples.ts';
import type { StoreUnderTest } from './store-suite.ts';

interface Kept {
  readonly id: number;
  readonly to: SubscriptionId;
  readonly event: PublishedEvent;
  readonly isReplay: boolean;
  state: DeliveryState;
  attempts: number;
  dueAt: Micros;
  endedAt: Micros | undefined;
}

const NAMES = ['a', 'b', 'c', 'd'] as const;
const START = { dueAt: at(-1_000_000), id: 0 as DeliveryId };
const ALL = { after: 0 as DeliveryId, upTo: Number.MAX_SAFE_INTEGER as DeliveryId };

/** What one after the other does to a store, and to a list in memory that has to agree with it. */
class Model {
  readonly #under: StoreUnderTest;
  #store: Store;
  readonly #kept = new Map<number, Kept>();
  readonly #live = new Map<SubscriptionId, ReturnType<typeof subscription>>();
  #made = 0;
  #lastId = 0;
  #events: PublishedEvent[] = [];

  constructor(under: StoreUnderTest) {
    this.#under = under;
    this.#store = under.reopen();
  }

  async begin(): Promise<void> {
    await this.#store.open();
    for (const name of NAMES) await this.#add(name);
  }

  async end(): Promise<void> {
    await this.#store.close();
  }

  async #add(name: string): Promise<void> {
    this.#made += 1;
    const added = subscription(`${name}${this.#made}`);
    this.#live.set(added.id, added);
    await this.#store.saveSubscription(added);
  }

  async restart(): Promise<void> {
    await this.#store.close();
    this.#store = this.#under.reopen();
    expect((await this.#store.open()).lastDeliveryId).toBe(this.#lastId);
  }

  /** `count` events, each to those of the live ones that `mask` names. */
  async publish(count: number, mask: number): Promise<void> {
    const to = [...this.#live.keys()].filter((_, n) => (mask >> n) % 2 === 1);
    const publications = Array.from({ length: count }, () => {
      const made = event(this.#events.length + 1);
      this.#events.push(made);
      const deliveries = to.map((id) => delivery(++this.#lastId, id));
      for (const { id, subscriptionId } of deliveries) this.#keep(id, subscriptionId, made, false);
      return publication(made, deliveries);
    });
    await publishTogether(this.#store, publications);
  }

  #keep(id: number, to: SubscriptionId, of: PublishedEvent, isReplay: boolean, dueAt?: Micros): void {
    this.#kept.set(id, {
      id,
      to,
      event: of,
      isReplay,
      state: 'pending',
      attempts: 0,
      dueAt: dueAt ?? acceptedAt(of.position),
      endedAt: undefined,
    });
  }

  /** Of what waits for one of the live ones, every `every`-th, in one call, as of one request. */
  async settle(
    which: number,
    every: number,
    next: 'delivered' | 'dead' | 'pending' | 'expired',
  ): Promise<void> {
    const chosen = this.#waiting(this.#pick(which)).filter((_, n) => n % every === 0);
    await this.#store.settle(
      chosen.map((one) => {
        if (next === 'expired') return expiry(one.id, one.to, at(500));
        const made = next === 'delivered' ? attempt(one.attempts + 1) : failedAttempt(one.attempts + 1);
        const outcome = next === 'pending' ? { state: next, dueAt: at(600 + one.attempts) } : { state: next };
        return settlement(one.id, one.to, outcome, made);
      }),
    );
    for (const one of chosen) {
      one.attempts += next === 'expired' ? 0 : 1;
      one.state = next;
      if (next === 'pending') one.dueAt = at(600 + one.attempts - 1);
      else one.endedAt = next === 'expired' ? at(500) : micro(at(one.attempts) + 12_500);
    }
  }

  async retry(which: number): Promise<void> {
    const one = [...this.#kept.values()][which % Math.max(1, this.#kept.size)];
    if (one === undefined) return;
    const result = await this.#store.retry(one.id as DeliveryId, at(700));
    if (one.state === 'delivered') expect(result.kind).toBe('delivered');
    else if (!this.#live.has(one.to)) expect(result.kind).toBe('removed');
    else {
      expect(result).toMatchObject({ kind: 'retried', waited: one.state === 'pending' });
      Object.assign(one, { state: 'pending', dueAt: at(700), endedAt: undefined });
    }
  }

  async retryDead(): Promise<void> {
    let after: DeliveryId | undefined = ALL.after;
    while (after !== undefined) after = (await this.#store.retryDead({ ...ALL, after }, at(800))).next;
    for (const one of this.#kept.values()) {
      if (one.state === 'dead' && this.#live.has(one.to)) {
        Object.assign(one, { state: 'pending', dueAt: at(800), endedAt: undefined });
      }
    }
  }

  async deleteDead(which: number): Promise<void> {
    const subscriptionId = this.#pick(which);
    let after: DeliveryId | undefined = ALL.after;
    while (after !== undefined)
      after = (await this.#store.deleteDead({ ...ALL, after, subscriptionId })).next;
    for (const one of this.#kept.values()) {
      if (one.state === 'dead' && one.to === subscriptionId) this.#kept.delete(one.id);
    }
  }

  async skip(which: number): Promise<void> {
    const subscriptionId = this.#pick(which);
    const upTo = (this.#lastId - (which % 3)) as DeliveryId;
    const step = { subscriptionId, endedAt: at(900), upTo };
    while ((await this.#store.skip(step)).next !== undefined) {}
    for (const one of this.#waiting(subscriptionId)) {
      if (one.id <= upTo) Object.assign(one, { state: 'expired', endedAt: at(900) });
    }
  }

  async replay(which: number): Promise<void> {
    const subscriptionId = this.#pick(which);
    const query = { subscriptionId, types: ['*'], until: at(10_000), limit: 20 };
    const { events } = await this.#store.replayable(query);
    const waits = new Set(this.#waiting(subscriptionId).map((one) => one.event.id));
    for (const { id } of events) expect(waits.has(id)).toBe(false);
    const redeliveries = events.map((one) => ({ id: ++this.#lastId as DeliveryId, event: one.position }));
    expect(await this.#store.redeliver(subscriptionId, redeliveries, at(650))).toBe(events.length);
    for (const [n, one] of events.entries()) {
      const id = redeliveries[n]?.id ?? 0;
      this.#keep(id, subscriptionId, this.#eventOf(one), true, at(650));
      publicationOf(id, subscriptionId, one);
    }
  }

  async prune(seconds: number): Promise<void> {
    const before = at(seconds);
    let after: Parameters<Store['prune']>[0]['after'];
    do after = (await this.#store.prune({ before, after })).next;
    while (after !== undefined);
    const isOld = (one: PublishedEvent) => acceptedAt(one.position) < before;
    const isOver = ({ state, endedAt }: Kept) =>
      (state === 'delivered' || state === 'expired') && (endedAt ?? before) < before;
    for (const one of this.#kept.values()) if (isOld(one.event) && isOver(one)) this.#kept.delete(one.id);
  }

  async replaceSubscription(which: number): Promise<void> {
    const id = this.#pick(which);
    await this.#store.removeSubscription(id);
    this.#live.delete(id);
    for (const one of this.#kept.values()) {
      if (one.to === id && one.state === 'pending') this.#kept.delete(one.id);
    }
    await this.#add('n');
  }

  #eventOf({ id }: PublishedEvent): PublishedEvent {
    const found = this.#events.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no event ${id} was published`);
    return found;
  }

  #pick(which: number): SubscriptionId {
    const ids = [...this.#live.keys()];
    return ids[which % ids.length] as SubscriptionId;
  }

  #waiting(id: SubscriptionId): Kept[] {
    return [...this.#kept.values()].filter((one) => one.to === id && one.state === 'pending');
  }

  async check(): Promise<void> {
    const byId = (a: { readonly id: number }, b: { readonly id: number }) => b.id - a.id;
    const short = ({ id, state, attempts }: Kept) => ({ id, state, attempts });
    const listed: { id: number; state: DeliveryState; attempts: number }[] = [];
    for (let before: DeliveryId | undefined; ; ) {
      const page = await this.#store.deliveries({ limit: 7, before });
      for (const { id, subscriptionId, state, attempts, history } of page.deliveries) {
        // What waited for a removed one goes little by little.
        if (state === 'pending' && !this.#live.has(subscriptionId)) continue;
        listed.push({ id, state, attempts });
        expect(history.map(({ number }) => number)).toEqual(
          Array.from({ length: attempts }, (_, n) => n + 1),
        );
      }
      before = page.next;
      if (before === undefined) break;
    }
    expect(listed).toEqual([...this.#kept.values()].toSorted(byId).map(short));
    for (const [n, [id]] of [...this.#live].entries()) {
      const waiting = this.#waiting(id);
      const { deliveries } = await this.#store.due({
        subscriptionId: id,
        after: START,
        by: at(10_000),
        limit: 10_000,
        maxCharacters: 1e9,
      });
      const inOrder = waiting.toSorted((a, b) => a.dueAt - b.dueAt || a.id - b.id);
      expect(deliveries.map((one) => [one.id, one.event.id, one.attempts])).toEqual(
        inOrder.map((one) => [one.id, one.event.id, one.attempts]),
      );
      expect((await this.#store.subscriptions())[n]?.stats.backlog).toBe(waiting.length);
      const own = await allDeliveries(this.#store, { subscriptionId: id, state: 'pending' });
      expect(own.map((one) => Number(one.id))).toEqual(waiting.toSorted(byId).map((one) => one.id));
    }
    const some = [...this.#kept.values()].at(-1);
    if (some !== undefined) {
      expect(await this.#store.delivery(some.id as DeliveryId)).toMatchObject({ state: some.state });
    }
  }
}

/** Results of a replay are told with its event too. */
function publicationOf(id: number, subscriptionId: SubscriptionId, of: PublishedEvent): void {
  publication(of, [delivery(id, subscriptionId)]);
}

const which = fc.nat(20);
const count = fc.integer({ min: 1, max: 12 });
const every = fc.integer({ min: 1, max: 3 });
const end = fc.constantFrom('delivered', 'delivered', 'dead', 'dead', 'pending', 'expired');

type Step = (model: Model) => Promise<void>;

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(count, which).map(
      ([n, mask]): Step =>
        (on) =>
          on.publish(n, mask),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(which, every, end).map(
      ([n, all, how]): Step =>
        (on) =>
          on.settle(n, all, how),
    ),
  },
  { weight: 2, arbitrary: fc.constant<Step>((on) => on.restart()) },
  {
    weight: 1,
    arbitrary: fc.nat(1_000).map(
      (n): Step =>
        (on) =>
          on.retry(n),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((on) => on.retryDead()) },
  {
    weight: 1,
    arbitrary: which.map(
      (n): Step =>
        (on) =>
          on.deleteDead(n),
    ),
  },
  {
    weight: 1,
    arbitrary: which.map(
      (n): Step =>
        (on) =>
          on.skip(n),
    ),
  },
  {
    weight: 1,
    arbitrary: which.map(
      (n): Step =>
        (on) =>
          on.replay(n),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 1_000 }).map(
      (ms): Step =>
        (on) =>
          on.prune(ms / 100),
    ),
  },
  {
    weight: 1,
    arbitrary: which.map(
      (n): Step =>
        (on) =>
          on.replaceSubscription(n),
    ),
  },
);

/** Any order of changes, against a list in memory: what every store must do; run over each implementation. */
export function describeModel(name: string, create: () => StoreUnderTest): void {
  describe(name, () => {
    test('holds what a list in memory holds, whatever is done to both and however often it starts anew', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40, size: 'max' }), async (todo) => {
          const under = create();
          const model = new Model(under);
          await model.begin();
          for (const [n, step] of todo.entries()) {
            await step(model);
            if (n % 4 === 3) await model.check();
          }
          await model.check();
          await model.end();
          await under.dispose();
        }),
        { numRuns: 15 },
      );
    }, 180_000);
  });
}
