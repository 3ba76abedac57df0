import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { createEngine, type Engine } from '../../src/delivery/engine.ts';
import { envelopeOf, type PbxEvent } from '../../src/model/event.ts';
import type { EventId } from '../../src/model/ids.ts';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import { createRegistry } from '../../src/subscription/registry.ts';
import { systemClock } from '../../src/util/clock.ts';
import type { Logger } from '../../src/util/log.ts';
import { createLogger } from '../../src/util/log-output.ts';
import { alternate, type Bench, cpuRow, type Measured, measure, rateRow } from '../harness.ts';
import { startSink } from '../sink-process.ts';

/** Attempts in flight, of both sides. */
const IN_FLIGHT = 64;
/** Events accepted and not delivered yet. */
const OUTSTANDING = 256;
const EVENTS = 40_000;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const CALL: PbxEvent = {
  type: 'call.started',
  occurredAt: systemClock.now(),
  data: {
    call_id: '1765108800.12',
    from_extension: '1001',
    to_extension: '1002',
    timestamp: '2025-12-07T12:00:00Z',
    direction: 'internal',
    caller_name: 'Alice Example',
    caller_number: '1001',
    called_number: '1002',
    pbx: 'main',
    sequence: 1,
  },
};

/** The honest ceiling of one Node thread: undici and one HMAC, nothing kept. */
async function bareLoop(url: URL, events: number): Promise<Measured> {
  const pool = new Pool(url.origin, { connections: IN_FLIGHT });
  let left = events;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const id = `call.started-${1_765_108_800_000 + left}` as EventId;
      const body = envelopeOf(id, CALL);
      const headers = {
        'Content-Type': 'application/json',
        'User-Agent': 'PBX-Webhook/1.0',
        'X-Webhook-Event': CALL.type,
        'X-Webhook-ID': id,
        'X-Webhook-Signature': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
      };
      const response = await pool.request({ method: 'POST', path: url.pathname, headers, body });
      await response.body.dump();
    }
  };
  const measured = await measure(events, () => Promise.all(Array.from({ length: IN_FLIGHT }, worker)));
  await pool.close();
  return measured;
}

/** Publishes to one subscription, and hears of each delivery by the log line that a user would see. */
class Publisher {
  readonly logger: Logger;
  #engine: Engine | undefined;
  #toPublish = 0;
  #toDeliver = 0;
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

  /** Resolves when `count` events have been accepted and delivered. */
  run(engine: Engine, count: number): Promise<void> {
    this.#engine = engine;
    this.#toPublish = count;
    this.#toDeliver = count;
    this.#done = Promise.withResolvers();
    for (let n = 0; n < OUTSTANDING; n++) {
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
    this.#publish();
    if (this.#toDeliver === 0) {
      this.#done.resolve();
    }
  }
}

interface Product {
  run(events: number): Promise<Measured>;
  stop(): Promise<void>;
}

/** The product: on disk before it is sent, two signatures, attempts kept, counters, the guide's log lines. */
async function startProduct(url: URL): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-bench-'));
  const publisher = new Publisher();
  const store = createSqliteStore({ path: join(folder, 'webhooks.db') });
  const state = await store.open();
  const registry = await createRegistry({ store, clock: systemClock });
  const { logger } = publisher;
  const settings = { workerThreads: 2, concurrency: IN_FLIGHT, allow: ['127.0.0.0/8'] };
  const engine = await createEngine({ store, state, registry, clock: systemClock, logger, settings });
  await registry.add({ url: url.href, events: ['*'], secret: SECRET });
  return {
    run: (events) => measure(events, () => publisher.run(engine, events)),
    stop: async () => {
      await engine.stop(5_000);
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export const delivery: Bench = {
  name: 'delivery',
  async run({ rounds, scale }) {
    const sink = await startSink();
    const url = new URL('/hook', sink.origin);
    const product = await startProduct(url);
    const events = Math.round(EVENTS * scale);
    try {
      const comparisons = await alternate(
        rounds,
        () => product.run(events),
        () => bareLoop(url, events),
      );
      return [
        rateRow('delivered durable signed events, to a bare undici loop', comparisons, 0.75),
        cpuRow('processor time for each of them, all threads, to that loop', comparisons, 1.8),
      ];
    } finally {
      await product.stop();
      await sink.stop();
    }
  },
};
