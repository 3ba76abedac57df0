import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EventPosition } from '../../model/ids.ts';
import { Fifo } from '../../util/fifo.ts';
import { HAS_UNTRIED, IS_UNTRIED, recipientsIn, SLOT, slotOf } from './recipients.ts';
import { rowOf, rowsOf } from './rows.ts';
import type { SubscriptionTable } from './subscription-table.ts';

/** So many deliveries that were made or got results are worth a look when nothing else is to do; or even so. */
const WORTH_A_LOOK = 2_048;
const OVERDUE = 50_000;

/** Deliveries that one step looks at, which takes a few milliseconds. */
const DELIVERIES_PER_STEP = 10_000;

/** Those that have moved are looked at for so long in one step, in milliseconds. */
const STEP_MS = 5;

/**
 * Up to which event each subscription's deliveries have all been tried, so that nobody looks for untried ones before
 * it. One place does for all that keep up; those that lag behind (slow, failing or disabled) have one of their own.
 * Places only save looking: one that is too low costs time, and none is ever too high.
 */
export class TriedPlaces {
  readonly #unfinished: StatementSync;
  readonly #subscriptions: SubscriptionTable;
  readonly #made: StatementSync;
  readonly #ids: StatementSync;
  readonly #rowCount: StatementSync;
  readonly #originals: StatementSync;
  readonly #firstUntried: StatementSync;
  readonly #newest: StatementSync;
  readonly #stepEnd: StatementSync;
  readonly #rows: StatementSync;
  readonly #keepCommon: StatementSync;
  readonly #keepOwn: StatementSync;
  #common: number;
  readonly #own = new Map<number, number>();
  /** As the disk knows it; and the subscriptions whose own places it does not know as they are. */
  #keptCommon: number;
  readonly #unkept = new Set<number>();
  /** Those that lag behind and had results since the last look. */
  readonly #moved = new Set<number>();
  #writes = 0;
  /** Events of this run that end a step each, the oldest first: known without a look at what lies between. */
  readonly #stepEnds = new Fifo<number>();
  #madeSinceStepEnd = 0;
  /** What the transaction under way adds. */
  #newlyMade = 0;
  readonly #newStepEnds: number[] = [];

  constructor(db: DatabaseSync, subscriptions: SubscriptionTable) {
    this.#subscriptions = subscriptions;
    this.#unfinished = db.prepare(
      `SELECT f.event, f.first_delivery, f.recipients FROM fan_out f
         WHERE f.event > ? AND f.event <= ? AND ${HAS_UNTRIED} ORDER BY f.event`,
    );
    // A length in bytes is known without reading the text.
    this.#made = db.prepare(
      `SELECT sum(octet_length(recipients)) / ${SLOT} FROM fan_out WHERE event > ? AND event <= ?`,
    );
    this.#ids = db.prepare(
      `SELECT (SELECT first_delivery FROM fan_out WHERE event > ?1 ORDER BY event LIMIT 1),
         (SELECT first_delivery + octet_length(recipients) / ${SLOT} - 1 FROM fan_out WHERE event <= ?2
            ORDER BY event DESC LIMIT 1)`,
    );
    this.#rowCount = db.prepare('SELECT count(*) FROM delivery WHERE id BETWEEN ? AND ?');
    // Replays have ids among them.
    this.#originals = db.prepare('SELECT count(*) FROM delivery WHERE id BETWEEN ? AND ? AND apart IS NULL');
    this.#firstUntried = db.prepare(
      `SELECT f.event FROM fan_out f WHERE f.event > ?2 AND ${IS_UNTRIED} ORDER BY f.event LIMIT 1`,
    );
    this.#newest = db.prepare('SELECT max(event) FROM fan_out');
    this.#stepEnd = db.prepare(
      `SELECT event FROM fan_out WHERE event > ?1 AND first_delivery >= ${DELIVERIES_PER_STEP} +
         (SELECT first_delivery FROM fan_out WHERE event > ?1 ORDER BY event LIMIT 1) ORDER BY event LIMIT 1`,
    );
    this.#rows = db.prepare('SELECT id FROM delivery WHERE id BETWEEN ? AND ?');
    this.#keepCommon = db.prepare('UPDATE progress SET tried_up_to = ?');
    this.#keepOwn = db.prepare('UPDATE subscription SET tried_up_to = ? WHERE key = ?');
    this.#common = rowOf(db.prepare('SELECT tried_up_to FROM progress'))?.number() ?? 0;
    this.#keptCommon = this.#common;
    const own = 'SELECT key, tried_up_to FROM subscription WHERE tried_up_to IS NOT NULL AND removed = 0';
    for (const fields of rowsOf(db.prepare(own))) {
      const subscription = fields.number();
      this.#own.set(subscription, fields.number());
      this.#moved.add(subscription);
    }
    this.lookAtAll();
  }

  /** The position of an event: up to it all of this subscription's deliveries have been tried. */
  of(subscription: number): number {
    return this.#own.get(subscription) ?? this.#common;
  }

  /** Of all but those that lag behind. */
  get common(): number {
    return this.#common;
  }

  get lagging(): readonly number[] {
    return [...this.#own.keys()];
  }

  lowest(): number {
    let lowest = this.#common;
    for (const place of this.#own.values()) lowest = Math.min(lowest, place);
    return lowest;
  }

  /** It has been removed. */
  forget(subscription: number): void {
    this.#own.delete(subscription);
    this.#moved.delete(subscription);
  }

  /** All deliveries of this subscription, of events up to this one, have their rows now. */
  triedUpTo(subscription: number, event: EventPosition): void {
    if (event > this.of(subscription)) this.#setOwn(subscription, event);
    this.#moved.add(subscription);
  }

  /** A transaction begins; what one before it made and did not bring to the disk is forgotten. */
  begun(): void {
    this.#newlyMade = 0;
    this.#newStepEnds.length = 0;
  }

  /** It makes so many deliveries of an event, newer than all before. */
  made(event: EventPosition, deliveries: number): void {
    const before = Math.floor((this.#madeSinceStepEnd + this.#newlyMade) / DELIVERIES_PER_STEP);
    this.#newlyMade += deliveries;
    const now = Math.floor((this.#madeSinceStepEnd + this.#newlyMade) / DELIVERIES_PER_STEP);
    if (now > before) this.#newStepEnds.push(event);
  }

  /** It is on the disk, with so many results of deliveries to these subscriptions. */
  written(results: number, subscriptions: Iterable<number>): void {
    for (const subscription of subscriptions) if (this.#own.has(subscription)) this.#moved.add(subscription);
    this.#writes += this.#newlyMade + results;
    for (const end of this.#newStepEnds) this.#stepEnds.push(end);
    this.#madeSinceStepEnd = (this.#madeSinceStepEnd + this.#newlyMade) % DELIVERIES_PER_STEP;
    this.begun();
  }

  /** Whether too much was written since the last {@link look}. */
  get isOverdue(): boolean {
    return this.#writes >= OVERDUE;
  }

  /** Moves the places on by a step, if enough was written since it last did; false when nothing is left to do. */
  look(): boolean {
    return this.#writes >= WORTH_A_LOOK && this.#ended(this.#lookAtSome() || this.#lookAtMoved());
  }

  /**
   * The same in the midst of work, but for the newest: that is still under way, and whoever gets it would be taken for
   * one that lags.
   */
  lookAtOld(): boolean {
    const end = this.#oldStepEnd();
    return this.#ended(end === undefined ? this.#lookAtMoved() : this.#lookUpTo(end, true));
  }

  /** Moves them on as far as they go. */
  lookAtAll(): void {
    for (let isMore = true; isMore; ) isMore = this.#lookAtSome() || this.#lookAtMoved();
    this.#writes = 0;
  }

  /** Writes what changed, within whatever transaction there is; {@link kept} says that it was committed. */
  keep(): void {
    if (this.#common !== this.#keptCommon) this.#keepCommon.run(this.#common);
    for (const subscription of this.#unkept) {
      this.#keepOwn.run(this.#own.get(subscription) ?? null, subscription);
    }
  }

  kept(): void {
    this.#keptCommon = this.#common;
    this.#unkept.clear();
  }

  /** Goes on from the common place; whoever has an untried delivery lags behind from there. */
  #lookAtSome(): boolean {
    const end = rowOf(this.#stepEnd, this.#common)?.number();
    return this.#lookUpTo(end ?? rowOf(this.#newest)?.optionalNumber() ?? 0, end !== undefined);
  }

  /** @returns whether more is left: `isMore`, unless nothing was left before. */
  #lookUpTo(upTo: number, isMore: boolean): boolean {
    if (upTo <= this.#common) return false;
    if (!this.#areAllTried(this.#common, upTo)) this.#findLagging(upTo);
    this.#common = upTo;
    for (let end = this.#stepEnds.first; end !== undefined && end <= upTo; end = this.#stepEnds.first)
      this.#stepEnds.shift();
    return isMore;
  }

  /** The end of the next step, if there is a whole step after that. */
  #oldStepEnd(): number | undefined {
    return this.#stepEnds.size > 1 ? this.#stepEnds.first : undefined;
  }

  /** Counting rows is much quicker than looking at each event, and mostly says enough. */
  #areAllTried(after: number, upTo: number): boolean {
    const ids = rowOf(this.#ids, after, upTo);
    const first = ids?.optionalNumber() ?? 0;
    const last = ids?.optionalNumber() ?? 0;
    if (rowOf(this.#rowCount, first, last)?.number() === last - first + 1) return true;
    const made = rowOf(this.#made, after, upTo)?.optionalNumber() ?? 0;
    return rowOf(this.#originals, first, last)?.number() === made;
  }

  #findLagging(upTo: number): void {
    for (const fields of rowsOf(this.#unfinished, this.#common, upTo)) {
      const event = fields.number();
      const first = fields.number();
      const recipients = fields.text();
      const last = first + recipients.length / SLOT - 1;
      const tried = new Set(Array.from(rowsOf(this.#rows, first, last), (row) => row.number()));
      for (const [place, subscription] of recipientsIn(recipients)) {
        const keepsUp = !this.#own.has(subscription) && this.#subscriptions.idOf(subscription) !== undefined;
        if (keepsUp && !tried.has(first + place)) this.#setOwn(subscription, event - 1);
      }
    }
  }

  /** Those that lagged behind and had results since: they may have caught up. */
  #lookAtMoved(): boolean {
    const end = performance.now() + STEP_MS;
    for (const subscription of this.#moved) {
      this.#moved.delete(subscription);
      const first = rowOf(this.#firstUntried, slotOf(subscription), this.of(subscription))?.number();
      if (first !== undefined && first <= this.#common) {
        this.#setOwn(subscription, first - 1);
      } else {
        this.#own.delete(subscription);
        this.#unkept.add(subscription);
      }
      if (performance.now() >= end) break;
    }
    return this.#moved.size > 0;
  }

  #ended(isMore: boolean): boolean {
    if (!isMore) this.#writes = 0;
    return isMore;
  }

  #setOwn(subscription: number, place: number): void {
    this.#own.set(subscription, place);
    this.#unkept.add(subscription);
  }
}
