import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/delivery/engine.ts';
import type { ResolveName } from '../../src/delivery/name-resolver.ts';
import type { DeliverySettings } from '../../src/delivery/settings.ts';
import type { PbxEvent } from '../../src/model/event.ts';
import type { DeliveryId, EventId } from '../../src/model/ids.ts';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import type { DeliveryRecord, Store } from '../../src/store/store.ts';
import { createRegistry, type SubscriptionRegistry } from '../../src/subscription/registry.ts';
import type { Clock } from '../../src/util/clock.ts';
import type { Logger } from '../../src/util/log.ts';
import type { FakeClock } from './clock.ts';

/** Remembers lines as `level message`. */
export class LineLogger implements Logger {
  readonly lines: string[] = [];
  readonly #watchers = new Set<() => void>();
  debug(message: string): void {
    this.#add(`debug ${message}`);
  }
  info(message: string): void {
    this.#add(`info ${message}`);
  }
  warn(message: string): void {
    this.#add(`warn ${message}`);
  }
  error(message: string): void {
    this.#add(`error ${message}`);
  }

  /** Resolves with the first line that holds `text`. */
  line(text: string): Promise<string> {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.lines.find((line) => line.includes(text));
        if (found !== undefined) {
          this.#watchers.delete(check);
          resolve(found);
        }
      };
      this.#watchers.add(check);
      check();
    });
  }

  #add(line: string): void {
    this.lines.push(line);
    for (const check of this.#watchers) {
      check();
    }
  }
}

export interface Rig<C extends Clock = FakeClock> {
  readonly clock: C;
  readonly logger: LineLogger;
  readonly store: Store;
  readonly registry: SubscriptionRegistry;
  readonly engine: Engine;
  /** Newest first, with their attempts. */
  deliveries(): Promise<readonly DeliveryRecord[]>;
  /** Stops the engine and closes the store, as a process that ends in order. */
  stop(graceMs?: number): Promise<void>;
}

export interface RigOptions<C extends Clock> {
  readonly folder: string;
  readonly clock: C;
  readonly settings?: Partial<DeliverySettings>;
  readonly resolve?: ResolveName;
  /** Stands between engine and store. */
  readonly wrap?: (store: Store) => Store;
}

/** `network.allow` for receivers on this machine, whoever made their subscriptions. */
export const LOOPBACK = ['127.0.0.0/8', '::1'];

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'pbx-webhooks-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A real engine over a real database; it sends on the main thread, with the injected clock, unless told otherwise. */
export async function startRig<C extends Clock>({
  folder,
  clock,
  settings,
  resolve,
  wrap = (store) => store,
}: RigOptions<C>): Promise<Rig<C>> {
  const store = createSqliteStore({ path: join(folder, 'webhooks.db') });
  const logger = new LineLogger();
  const state = await store.open();
  const registry = await createRegistry({ store, clock, logger });
  const engine = await createEngine({
    store: wrap(store),
    state,
    registry,
    clock,
    logger,
    settings: { workerThreads: 0, allow: LOOPBACK, ...settings },
    resolve,
  });
  return {
    clock,
    logger,
    store,
    registry,
    engine,
    deliveries: () => allDeliveries(store),
    stop: async (graceMs = 0) => {
      await engine.stop(graceMs);
      await store.close();
    },
  };
}

/** Page by page: on a busy machine one ends before its limit. */
async function allDeliveries(store: Store): Promise<readonly DeliveryRecord[]> {
  const all: DeliveryRecord[] = [];
  let before: DeliveryId | undefined;
  do {
    const { deliveries, next } = await store.deliveries({ limit: 10_000, before });
    all.push(...deliveries);
    before = next;
  } while (before !== undefined);
  return all;
}

export function callEvent(clock: Clock, data: Record<string, unknown> = {}, type = 'call.started'): PbxEvent {
  return { type, occurredAt: clock.now(), data: { call_id: '1765108800.12', ...data } };
}

export function idOf(request: { readonly body: string }): EventId {
  return JSON.parse(request.body).event_id;
}

/** A store whose methods can be taken one by one. */
export function bound(store: Store): Store {
  return {
    lost: store.lost,
    open: () => store.open(),
    close: () => store.close(),
    publish: (...all) => store.publish(...all),
    settle: (...all) => store.settle(...all),
    passOver: (...all) => store.passOver(...all),
    due: (...all) => store.due(...all),
    oldestPending: () => store.oldestPending(),
    countDead: (...all) => store.countDead(...all),
    memos: () => store.memos(),
    retrying: (...all) => store.retrying(...all),
    subscriptions: () => store.subscriptions(),
    saveSubscription: (...all) => store.saveSubscription(...all),
    removeSubscription: (...all) => store.removeSubscription(...all),
    keepShapes: (...all) => store.keepShapes(...all),
    shapeAt: (...all) => store.shapeAt(...all),
    batchMembers: (...all) => store.batchMembers(...all),
    batchMayLack: (...all) => store.batchMayLack(...all),
    deliveries: (...all) => store.deliveries(...all),
    delivery: (...all) => store.delivery(...all),
    events: (...all) => store.events(...all),
    event: (...all) => store.event(...all),
    replayable: (...all) => store.replayable(...all),
    retry: (...all) => store.retry(...all),
    retryDead: (...all) => store.retryDead(...all),
    deleteDead: (...all) => store.deleteDead(...all),
    redeliver: (...all) => store.redeliver(...all),
    skip: (...all) => store.skip(...all),
    prune: (...all) => store.prune(...all),
    size: () => store.size(),
  };
}
