import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HAS_UNTRIED, IS_UNTRIED, recipientsIn, slotOf } from './recipients.ts';
import { rowOf, rowsOf } from './rows.ts';
import { stepBudget } from './step.ts';

/** How many deliveries are made or get results between two looks at how far everything was tried. */
const WRITES_PER_LOOK = 2_048;

/**
 * Up to which event each subscription's deliveries have all been tried, so that nobody looks for untried ones before
 * it. One place does for all that keep up; those that lag behind (slow, failing or disabled) have one of their own.
 * Places only save looking: one that is too low costs time, and none is ever too high.
 */
export class TriedPlaces {
  readonly #unfinished: StatementSync;
  readonly #firstUntried: StatementSync;
  readonly #newest: StatementSync;
  readonly #hasRow: StatementSync;
  readonly #keepCommon: StatementSync;
  readonly #keepOwn: StatementSync;
  #common: number;
  readonly #own = new Map<number, number>();
  /** Subscriptions whose places the disk does not know as they are. */
  readonly #unkept = new Set<number>();
  /** Those that lag behind and had results since the last look. */
  readonly #moved = new Set<number>();
  #writes = 0;
  /** What was published before the last look: most of it has been tried by the next one. */
  #settledDown: number;

  constructor(db: DatabaseSync) {
    this.#unfinished = db.prepare(
      `SELECT f.event, f.first_delivery, f.recipients FROM fan_out f
         WHERE f.event > ? AND f.event <= ? AND ${HAS_UNTRIED} ORDER BY f.event`,
    );
    this.#firstUntried = db.prepare(
      `SELECT f.event FROM fan_out f WHERE f.event > ?2 AND ${IS_UNTRIED} ORDER BY f.event LIMIT 1`,
    );
    this.#newest = db.prepare('SELECT max(event) FROM fan_out');
    this.#hasRow = db.prepare('SELECT 1 FROM delivery WHERE id = ?');
    this.#keepCommon = db.prepare('UPDATE progress SET tried_up_to = ?');
    this.#keepOwn = db.prepare('UPDATE subscription SET tried_up_to = ? WHERE key = ?');
    this.#common = rowOf(db.prepare('SELECT tried_up_to FROM progress'))?.number() ?? 0;
    this.#settledDown = this.#newestEvent();
    const own = 'SELECT key, tried_up_to FROM subscription WHERE tried_up_to IS NOT NULL AND removed = 0';
    for (const fields of rowsOf(db.prepare(own))) {
      const subscription = fields.number();
      this.#own.set(subscription, fields.number());
      this.#moved.add(subscription);
    }
    this.#lookAtAll(() => false);
    this.#lookAtMoved(() => false);
  }

  /** The position of an event: up to it all of this subscription's deliveries have been tried. */
  of(subscription: number): number {
    return this.#own.get(subscription) ?? this.#common;
  }

  lowest(): number {
    let lowest = this.#common;
    for (const place of this.#own.values()) lowest = Math.min(lowest, place);
    return lowest;
  }

  forget(subscription: number): void {
    this.#own.delete(subscription);
  }

  /** A transaction is on the disk that made or settled so many deliveries; `settled`: whose. */
  written(writes: number, settled: Iterable<number>): void {
    for (const subscription of settled) if (this.#own.has(subscription)) this.#moved.add(subscription);
    this.#writes += writes;
  }

  /** Moves the places on, once enough was written since it last did. */
  look(): void {
    if (this.#writes < WRITES_PER_LOOK) return;
    this.#writes = 0;
    const spent = stepBudget();
    this.#lookAtAll(spent);
    this.#lookAtMoved(spent);
    this.#settledDown = this.#newestEvent();
  }

  /** Writes what changed, within whatever transaction there is; {@link kept} says that it was committed. */
  keep(): void {
    if (this.#unkept.size === 0) return;
    this.#keepCommon.run(this.#common);
    for (const subscription of this.#unkept) {
      if (subscription !== COMMON) this.#keepOwn.run(this.#own.get(subscription) ?? null, subscription);
    }
  }

  kept(): void {
    this.#unkept.clear();
  }

  /** Goes on from the common place; whoever has an untried delivery lags behind from there. */
  #lookAtAll(spent: () => boolean): void {
    if (this.#settledDown <= this.#common) return;
    let upTo = this.#settledDown;
    for (const fields of rowsOf(this.#unfinished, this.#common, this.#settledDown)) {
      const event = fields.number();
      const first = fields.number();
      for (const [place, subscription] of recipientsIn(fields.text())) {
        if (!this.#own.has(subscription) && this.#hasRow.get(first + place) === undefined) {
          this.#setOwn(subscription, event - 1);
        }
      }
      if (spent()) {
        upTo = event;
        break;
      }
    }
    this.#common = upTo;
    this.#unkept.add(COMMON);
  }

  #lookAtMoved(spent: () => boolean): void {
    for (const subscription of this.#moved) {
      this.#moved.delete(subscription);
      const first = rowOf(this.#firstUntried, slotOf(subscription), this.of(subscription))?.number();
      if (first !== undefined && first <= this.#common) {
        this.#setOwn(subscription, first - 1);
      } else {
        this.#own.delete(subscription);
        this.#unkept.add(subscription);
      }
      if (spent()) break;
    }
  }

  #setOwn(subscription: number, place: number): void {
    this.#own.set(subscription, place);
    this.#unkept.add(subscription);
  }

  #newestEvent(): number {
    return rowOf(this.#newest)?.optionalNumber() ?? 0;
  }
}

/** Stands for the place that all share; no subscription has this key. */
const COMMON = 0;
