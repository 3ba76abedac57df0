import type { DeliveryId, EventId, EventPosition, SubscriptionId } from '../../model/ids.ts';
import type { Memo } from '../../model/memo.ts';
import type { RequestShape } from '../../model/request-shape.ts';
import type { Subscription } from '../../model/subscription.ts';
import type { Micros } from '../../util/clock.ts';
import { type Deferred, deferred } from '../../util/deferred.ts';
import { errorOf } from '../../util/error.ts';
import {
  type BatchMember,
  type BatchQuery,
  type BatchRange,
  type DeadStep,
  type DeliveryDetail,
  type DeliveryPage,
  type DeliveryQuery,
  type DuePage,
  type DueQuery,
  type EventDetail,
  type EventPage,
  type EventQuery,
  type KeptShape,
  type OldestPending,
  type PruneResult,
  type PruneStep,
  type PublishedUnit,
  type Redelivery,
  type Refusals,
  type ReplayQuery,
  type Retrying,
  type RetryResult,
  type Settlement,
  type SkipStep,
  type StepResult,
  type Store,
  StoreError,
  type StoreSize,
  type StoreState,
  type SubscriptionRecord,
} from '../store.ts';
import { storeError, storeErrorOf } from './failure.ts';
import { recordOf, shapeIn } from './subscription-record.ts';
import { ThreadClient } from './thread-client.ts';
import type { Refusal } from './wire.ts';
import { SubscriptionPlaces, WriteBatch } from './write-batch.ts';

export interface SqliteStoreOptions {
  /** File of the database; it and its folder are made when they are not there. */
  readonly path: string;
  /** Told after each transaction how long it took, in milliseconds. */
  readonly onCommit?: ((ms: number) => void) | undefined;
}

/** SQLite in a thread of its own, for one process at a time; what it answers is on the disk. */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  return new SqliteStore(options);
}

/** What goes into the next transaction, and what tells those who wait for it of its units that were not kept. */
interface Gathered {
  readonly batch: WriteBatch;
  /** By a unit's place in the batch. */
  readonly written: Deferred<Refusals>;
}

const ALL_KEPT: Refusals = new Map();

/**
 * So many units are sent while the thread still writes the transaction before, so that it need not wait for the next.
 * Fewer wait and grow: each transaction costs a turn of the disk.
 */
const WORTH_SENDING_AHEAD = 400;

class SqliteStore implements Store {
  readonly #path: string;
  readonly #onCommit: ((ms: number) => void) | undefined;
  readonly #lost = deferred<StoreError>();
  #thread: ThreadClient | undefined;
  #places = new SubscriptionPlaces();
  #gathered = nothing(this.#places);
  /** Transactions that the thread has not answered yet. */
  #underWay = 0;
  #flushPlanned = false;

  constructor({ path, onCommit }: SqliteStoreOptions) {
    this.#path = path;
    this.#onCommit = onCommit;
  }

  get lost(): Promise<StoreError> {
    return this.#lost.promise;
  }

  async open(): Promise<StoreState> {
    if (this.#thread !== undefined) {
      throw storeError('store_failed', this.#path, 'it is open already');
    }
    const thread = new ThreadClient(this.#path, (error) => this.#lost.resolve(error));
    this.#thread = thread;
    // It knows nothing of what an earlier one was told.
    this.#places = new SubscriptionPlaces();
    this.#gathered = nothing(this.#places);
    try {
      return (await thread.ask({ op: 'open', path: this.#path })).state;
    } catch (error) {
      this.#thread = undefined;
      if (this.#gathered.batch.size > 0) this.#gathered.written.reject(errorOf(error));
      await thread.end();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#thread === undefined) {
      return;
    }
    const thread = this.#inTurn();
    this.#thread = undefined;
    try {
      if (!thread.lost) {
        await thread.ask({ op: 'close' });
      }
    } finally {
      await thread.end();
    }
  }

  async publish(units: readonly PublishedUnit[]): Promise<Refusals> {
    const gathered = this.#gathering();
    const { batch, written } = gathered;
    const refused = new Map<number, StoreError>();
    const places = units.map((unit, n) => {
      try {
        return batch.publish(unit);
      } catch (error) {
        refused.set(n, storeErrorOf(error, this.#path));
        return undefined;
      }
    });
    if (refused.size === units.length) return refused;
    this.#planFlush();
    const unkept = await written.promise;
    if (unkept.size === 0) return refused;
    for (const [n, place] of places.entries()) {
      const error = place === undefined ? undefined : unkept.get(place);
      if (error !== undefined) refused.set(n, error);
    }
    return refused;
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    const { batch, written } = this.#gathering();
    const place = batch.settle(settlements);
    this.#planFlush();
    const refused = (await written.promise).get(place);
    if (refused !== undefined) throw refused;
  }

  async passOver(position: EventPosition): Promise<void> {
    await this.#inTurn().ask({ op: 'pass_over', position });
  }

  async due(query: DueQuery): Promise<DuePage> {
    return (await this.#inTurn().ask({ op: 'due', query })).page;
  }

  async oldestPending(): Promise<readonly OldestPending[]> {
    return (await this.#inTurn().ask({ op: 'oldest_pending' })).oldest;
  }

  async countDead(most: number): Promise<number> {
    return (await this.#inTurn().ask({ op: 'count_dead', most })).count;
  }

  async subscriptions(): Promise<readonly SubscriptionRecord[]> {
    const { records } = await this.#inTurn().ask({ op: 'subscriptions' });
    try {
      return records.map(recordOf);
    } catch (error) {
      throw storeErrorOf(error, this.#path);
    }
  }

  async retrying(subscriptionId: SubscriptionId): Promise<readonly Retrying[]> {
    return (await this.#inTurn().ask({ op: 'retrying', subscriptionId })).retrying;
  }

  async memos(): Promise<readonly Memo[]> {
    return (await this.#inTurn().ask({ op: 'memos' })).memos;
  }

  async saveSubscription(subscription: Subscription): Promise<void> {
    await this.#inTurn().ask({ op: 'save', subscription });
  }

  async removeSubscription(subscriptionId: SubscriptionId): Promise<number> {
    return (await this.#inTurn().ask({ op: 'remove', subscriptionId })).waited;
  }

  async keepShapes(shapes: readonly KeptShape[]): Promise<void> {
    const stored = shapes.map(({ shape, ...kept }) => ({ ...kept, shape: JSON.stringify(shape) }));
    await this.#inTurn().ask({ op: 'keep_shapes', shapes: stored });
  }

  async shapeAt(subscriptionId: SubscriptionId, time: Micros): Promise<RequestShape | undefined> {
    const { shape } = await this.#inTurn().ask({ op: 'shape_at', subscriptionId, time });
    try {
      return shape === undefined ? undefined : shapeIn(shape);
    } catch (error) {
      throw storeErrorOf(error, this.#path);
    }
  }

  async batchMembers(query: BatchQuery): Promise<readonly BatchMember[]> {
    return (await this.#inTurn().ask({ op: 'batch_members', query })).members;
  }

  async batchMayLack(range: BatchRange): Promise<boolean> {
    return (await this.#inTurn().ask({ op: 'batch_may_lack', range })).mayLack;
  }

  async deliveries(query: DeliveryQuery): Promise<DeliveryPage> {
    return (await this.#inTurn().ask({ op: 'deliveries', query })).page;
  }

  async delivery(deliveryId: DeliveryId): Promise<DeliveryDetail | undefined> {
    return (await this.#inTurn().ask({ op: 'delivery', deliveryId })).delivery;
  }

  async events(query: EventQuery): Promise<EventPage> {
    return (await this.#inTurn().ask({ op: 'events', query })).page;
  }

  async event(eventId: EventId): Promise<EventDetail | undefined> {
    return (await this.#inTurn().ask({ op: 'event', eventId })).event;
  }

  async replayable(query: ReplayQuery): Promise<EventPage> {
    return (await this.#inTurn().ask({ op: 'replayable', query })).page;
  }

  async retry(deliveryId: DeliveryId, dueAt: Micros): Promise<RetryResult> {
    return (await this.#inTurn().ask({ op: 'retry', deliveryId, dueAt })).result;
  }

  async retryDead(step: DeadStep, dueAt: Micros): Promise<StepResult> {
    return (await this.#inTurn().ask({ op: 'retry_dead', step, dueAt })).result;
  }

  async deleteDead(step: DeadStep): Promise<StepResult> {
    return (await this.#inTurn().ask({ op: 'delete_dead', step })).result;
  }

  async redeliver(
    subscriptionId: SubscriptionId,
    redeliveries: readonly Redelivery[],
    dueAt: Micros,
    madeAt = dueAt,
  ): Promise<number> {
    return (await this.#inTurn().ask({ op: 'redeliver', subscriptionId, redeliveries, dueAt, madeAt })).made;
  }

  async skip(step: SkipStep): Promise<StepResult> {
    return (await this.#inTurn().ask({ op: 'skip', step })).result;
  }

  async prune(step: PruneStep): Promise<PruneResult> {
    return (await this.#inTurn().ask({ op: 'prune', step })).result;
  }

  async size(): Promise<StoreSize> {
    return (await this.#inTurn().ask({ op: 'size' })).size;
  }

  #gathering(): Gathered {
    if (this.#thread === undefined) {
      throw storeError('store_closed', this.#path, '');
    }
    return this.#gathered;
  }

  #planFlush(): void {
    if (!this.#flushPlanned && this.#isWorthSending) {
      this.#flushPlanned = true;
      queueMicrotask(() => {
        this.#flushPlanned = false;
        this.#flush();
      });
    }
  }

  get #isWorthSending(): boolean {
    return this.#underWay === 0 || (this.#underWay === 1 && this.#gathered.batch.size >= WORTH_SENDING_AHEAD);
  }

  /** The thread, with everything gathered so far before whatever it is asked next. */
  #inTurn(): ThreadClient {
    if (this.#thread === undefined) {
      throw storeError('store_closed', this.#path, '');
    }
    this.#flush();
    return this.#thread;
  }

  #flush(): void {
    if (this.#gathered.batch.size > 0 && this.#thread !== undefined) {
      const gathered = this.#gathered;
      this.#gathered = nothing(this.#places);
      this.#underWay += 1;
      void this.#send(this.#thread, gathered);
    }
  }

  async #send(thread: ThreadClient, { batch, written }: Gathered): Promise<void> {
    const places = this.#places;
    try {
      const packed = batch.packed();
      const { refused, ms } = await thread.ask({ op: 'write', batch: packed });
      places.told(packed[0] + packed[1].length);
      this.#onCommit?.(ms);
      written.resolve(refused.length === 0 ? ALL_KEPT : new Map(refused.map(refusalOf)));
    } catch (error) {
      written.reject(errorOf(error));
    }
    // What gathered meanwhile is the next transaction, or the one after it.
    this.#underWay -= 1;
    if (this.#isWorthSending) this.#flush();
  }
}

function nothing(places: SubscriptionPlaces): Gathered {
  return { batch: new WriteBatch(places), written: deferred() };
}

function refusalOf({ unit, code, message }: Refusal): readonly [number, StoreError] {
  return [unit, new StoreError(code, message)];
}
