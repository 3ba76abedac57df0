import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { firstPositionAt } from '../../model/event.ts';
import type { DeliveryId, EventPosition } from '../../model/ids.ts';
import type { PruneResult, PruneStep, StoreSize } from '../upkeep.ts';
import type { DeletedDeliveries } from './deleted-deliveries.ts';
import { bytesFree, storeErrorOf } from './failure.ts';
import type { Progress } from './progress.ts';
import { deliveriesOf } from './recipients.ts';
import type { RequestShapes } from './request-shapes.ts';
import { rowsOf } from './rows.ts';
import { attemptRange, STATE_NUMBERS } from './schema.ts';
import { inTransaction, Pace, stepBudget } from './step.ts';
import type { UntriedDeliveries } from './untried.ts';
import type { Zones } from './zones.ts';

/** On a full disk a commit has next to no room. */
const STEP_EVENTS_FULL = 20;

/** With less room on the disk than this its log counts. */
const TIGHT_BYTES = 64 * 1024 * 1024;

/** How often a step looks whether enough is free already. */
const EVENTS_PER_SIZE = 50;

interface Kept {
  readonly id: DeliveryId;
  readonly state: number;
  readonly at: number;
}

/**
 * Removes events with what became of them. The file doesn't shrink: pages that become free are used again, so that
 * it stops growing. Giving them back to the disk (`auto_vacuum`) would move pages about on every commit.
 */
export class RetentionSteps {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #untried: UntriedDeliveries;
  readonly #deleted: DeletedDeliveries;
  readonly #zones: Zones;
  readonly #shapes: RequestShapes;
  readonly #progress: Progress;
  readonly #pace = new Pace();
  readonly #deliveries: StatementSync;
  readonly #deleteAttempts: StatementSync;
  readonly #deleteDelivery: StatementSync;
  readonly #deleteFanOut: StatementSync;
  readonly #deleteEvent: StatementSync;

  constructor(
    db: DatabaseSync,
    path: string,
    untried: UntriedDeliveries,
    deleted: DeletedDeliveries,
    zones: Zones,
    shapes: RequestShapes,
    progress: Progress,
  ) {
    this.#progress = progress;
    this.#db = db;
    this.#shapes = shapes;
    this.#zones = zones;
    this.#untried = untried;
    this.#deleted = deleted;
    this.#path = path;
    this.#deliveries = db.prepare(`SELECT id, state, at FROM delivery WHERE id IN (${deliveriesOf('?1')})`);
    this.#deleteAttempts = db.prepare('DELETE FROM attempt WHERE key BETWEEN ? AND ?');
    this.#deleteDelivery = db.prepare('DELETE FROM delivery WHERE id = ?');
    this.#deleteFanOut = db.prepare('DELETE FROM fan_out WHERE event = ?');
    this.#deleteEvent = db.prepare('DELETE FROM event WHERE key = ?');
  }

  prune(step: PruneStep): PruneResult {
    try {
      const result = this.#pace.step((events) => this.#prune(step, events));
      if (result.next === undefined) this.#shapes.prune();
      this.#makeRoom();
      return result;
    } catch (error) {
      if (storeErrorOf(error, this.#path).code !== 'store_full') {
        throw error;
      }
      this.#makeRoom();
      return this.#prune(step, STEP_EVENTS_FULL);
    }
  }

  /** On a disk that is almost full: the log gives back its room once all of it is in the database. */
  #makeRoom(): void {
    if (bytesFree(this.#path) >= TIGHT_BYTES) {
      return;
    }
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The database would have to grow for it: only whoever frees space can help. What was removed stays so.
    }
  }

  size(): StoreSize {
    const number = (name: string) => Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
    const pages = number('page_count');
    const bytes = number('page_size');
    return { file: pages * bytes, used: (pages - number('freelist_count')) * bytes };
  }

  #prune({ before, after, downTo = 0 }: PruneStep, limit: number): PruneResult {
    const [from, below] = [after ?? -1, firstPositionAt(before)];
    const keys = this.#db.prepare('SELECT key FROM event WHERE key > ? AND key < ? ORDER BY key LIMIT ?');
    const found = Array.from(rowsOf(keys, from, below, limit), (fields) => fields.number() as EventPosition);
    return inTransaction(this.#db, () => {
      if (found.length > 0) this.#progress.beforeDeletion();
      const spent = stepBudget();
      let events = 0;
      let deliveries = 0;
      for (const [index, key] of found.entries()) {
        if (downTo > 0 && index % EVENTS_PER_SIZE === 0 && this.size().used <= downTo) {
          return { events, deliveries };
        }
        const removed = this.#remove(key, before);
        events += removed.event ? 1 : 0;
        deliveries += removed.deliveries;
        if (spent()) {
          this.#zones.prune(from, key);
          return { events, deliveries, next: key };
        }
      }
      const next = found.length < limit ? undefined : found.at(-1);
      this.#zones.prune(from, next ?? below);
      return { events, deliveries, next };
    });
  }

  #remove(event: EventPosition, before: number): { readonly event: boolean; readonly deliveries: number } {
    const kept: Kept[] = Array.from(rowsOf(this.#deliveries, event), (fields) => ({
      id: fields.number() as DeliveryId,
      state: fields.number(),
      at: fields.number(),
    }));
    const over = kept.filter(({ state, at }) => hasEnded(state) && at < before);
    const isOver = over.length === kept.length && this.#untried.of(event).length === 0;
    for (const { id } of over) {
      this.#deleteAttempts.run(...attemptRange(id));
      this.#deleteDelivery.run(id);
    }
    const ids = over.map(({ id }) => id);
    if (isOver) {
      this.#deleteEvent.run(event);
      this.#deleteFanOut.run(event);
      this.#deleted.withEvent(ids);
    } else {
      this.#deleted.fromEvent(event, ids);
    }
    return { event: isOver, deliveries: over.length };
  }
}

function hasEnded(state: number): boolean {
  return state === STATE_NUMBERS.delivered || state === STATE_NUMBERS.expired;
}
