import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '../src/delivery/engine.ts';
import type { DeliverySettings } from '../src/delivery/settings.ts';
import type { SubscriptionId } from '../src/model/ids.ts';
import { createSqliteStore } from '../src/store/sqlite/store.ts';
import { createRegistry, type SubscriptionInput } from '../src/subscription/registry.ts';
import { systemClock } from '../src/util/clock.ts';
import type { Logger } from '../src/util/log.ts';
import { createLogger } from '../src/util/log-output.ts';
import { type Measured, measure } from './harness.ts';
import { CALL, IN_FLIGHT, OUTSTANDING } from './workload.ts';

/** Publishes, and hears of each delivery by the log line that a user would see. */
class Publisher {
  readonly logger: Logger;
  #engine: Engine | undefined;
  #toPublish = 0;
  #toDeliver = 0;
  #fanOut = 1;
  #done = Promise.withResolvers<void>();

  constructor() {
    const nowhere = { write: () => {}, flush: async () => {} };
    const log = createLogger({ level: 'info', format: 'json', output: nowhere });
    this.logger = {
      ...log,
      info: (message) => {
        log.info(message);
        this.#delivered();
      },
    };
  }

  /** Resolves when `events` have been accepted and each delivered to every one of `fanOut` subscriptions. */
  run(engine: Engine, events: number, fanOut: number): Promise<void> {
    this.#engine = engine;
    this.#toPublish = events;
    this.#toDeliver = events * fanOut;
    this.#fanOut = fanOut;
    this.#done = Promise.withResolvers();
    for (let n = 0; n < Math.max(2, OUTSTANDING / fanOut); n++) {
      this.#publish();
    }
    return this.#done.promise;
  }

  #publish(): void {
    if (this.#toPublish > 0) {
      this.#toPublish -= 1;
      this.#engine?.publish(CALL).catch(this.#done.reject);
    }
  }

  #delivered(): void {
    this.#toDeliver -= 1;
    if (this.#toDeliver % this.#fanOut === 0) this.#publish();
    if (this.#toDeliver === 0) {
      this.#done.resolve();
    }
  }
}

export interface Product {
  readonly engine: Engine;
  readonly ids: readonly SubscriptionId[];
  /** Items are deliveries. */
  run(events: number): Promise<Measured>;
  stop(): Promise<void>;
}

/**
 * The product: on disk before it is sent, two signatures, attempts kept, counters, the guide's log lines. Its
 * subscriptions all want everything.
 */
export async function startProduct(
  subscriptions: readonly SubscriptionInput[],
  settings: Partial<DeliverySettings> = {},
): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-bench-'));
  const publisher = new Publisher();
  const store = createSqliteStore({ path: join(folder, 'webhooks.db') });
  const state = await store.open();
  const registry = await createRegistry({ store, clock: systemClock });
  const { logger } = publisher;
  const engine = await createEngine({
    store,
    state,
    registry,
    clock: systemClock,
    logger,
    settings: { workerThreads: 2, concurrency: IN_FLIGHT, allow: ['127.0.0.0/8'], ...settings },
  });
  for (const input of subscriptions) await registry.add(input);
  const fanOut = subscriptions.length;
  return {
    engine,
    ids: registry.list().map(({ id }) => id),
    run: (events) => measure(events * fanOut, () => publisher.run(engine, events, fanOut)),
    stop: async () => {
      await engine.stop(5_000);
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
