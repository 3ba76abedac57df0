import { pushAttempt } from '../../model/attempt-fields.ts';
import type { DeliveryId, SubscriptionId } from '../../model/ids.ts';
import type { Memo } from '../../model/memo.ts';
import { type Field, FieldReader } from '../../util/fields.ts';
import type { Publication, PublishedUnit, Settlement } from '../store.ts';
import { STATE_NUMBERS } from './schema.ts';

/** All that goes into one transaction, as it crosses to the store's thread; fields name subscriptions by their place. */
export type PackedBatch = readonly [
  firstPlace: number,
  /** Whose places it is not certain to know, from the first on. */
  subscriptions: readonly SubscriptionId[],
  ...parts: readonly PackedUnits[],
];

/**
 * Some of its units, one after the other: of each its memos, its publications, then settlements until it ends; and of
 * each whether it publishes (1) or only settles (0), and how many fields it has.
 */
type PackedUnits = readonly [fields: readonly Field[], units: readonly number[]];

/**
 * A part with so many fields takes no further unit. V8 maps memory anew for each array of more than 16,000, in either
 * thread, and a page fault costs as much as a field's whole way.
 */
const FULL_PART = 8_000;

/** What is kept as a whole or not at all: what was published together, or the settlements of one call. */
export interface WriteUnit {
  readonly index: number;
  readonly publishes: boolean;
  fields(): FieldReader;
}

/**
 * Numbers that stand for subscriptions, as long as a thread of the store lives. Batches tell it of each until one has
 * certainly come.
 */
export class SubscriptionPlaces {
  readonly #places = new Map<SubscriptionId, number>();
  #untold: SubscriptionId[] = [];

  of(id: SubscriptionId): number {
    let place = this.#places.get(id);
    if (place === undefined) {
      place = this.#places.size;
      this.#places.set(id, place);
      this.#untold.push(id);
    }
    return place;
  }

  get untold(): readonly [first: number, ids: readonly SubscriptionId[]] {
    return [this.#places.size - this.#untold.length, this.#untold.slice()];
  }

  /** A batch has come that held those of the first `count` places. */
  told(count: number): void {
    const first = this.#places.size - this.#untold.length;
    this.#untold = this.#untold.slice(Math.max(0, count - first));
  }
}

/** Gathers units until they are sent. */
export class WriteBatch {
  readonly #places: SubscriptionPlaces;
  readonly #parts: PackedUnits[] = [];
  #fields: Field[] = [];
  #units: number[] = [];
  #size = 0;

  constructor(places: SubscriptionPlaces) {
    this.#places = places;
  }

  /** How many units there are. */
  get size(): number {
    return this.#size;
  }

  /** Tells its place among the units. */
  publish({ publications, memos, ended }: PublishedUnit): number {
    return this.#unit(1, memos, publications, ended);
  }

  /** Tells its place among the units. */
  settle(settlements: readonly Settlement[]): number {
    return this.#unit(0, NONE, NONE, settlements);
  }

  packed(): PackedBatch {
    return [...this.#places.untold, ...this.#parts, this.#part()];
  }

  #part(): PackedUnits {
    return [this.#fields, this.#units];
  }

  /** One that could not be packed leaves nothing behind: others' units follow. */
  #unit(
    kind: number,
    memos: readonly Memo[],
    publications: readonly Publication[],
    settlements: readonly Settlement[],
  ): number {
    if (this.#fields.length >= FULL_PART) {
      this.#parts.push(this.#part());
      this.#fields = [];
      this.#units = [];
    }
    const begin = this.#fields.length;
    try {
      this.#pushMemos(memos);
      this.#pushPublications(publications);
      this.#pushSettlements(settlements);
      this.#units.push(kind, this.#fields.length - begin);
      this.#size += 1;
      return this.#size - 1;
    } catch (error) {
      this.#fields.length = begin;
      throw error;
    }
  }

  #pushMemos(memos: readonly Memo[]): void {
    this.#fields.push(memos.length);
    for (const { pbx, key, state } of memos) {
      this.#fields.push(pbx, key, state);
    }
  }

  #pushPublications(publications: readonly Publication[]): void {
    const fields = this.#fields;
    fields.push(publications.length);
    for (const { event, firstDelivery, to } of publications) {
      fields.push(event.position, event.type, event.occurredAt, event.callId ?? null, event.data);
      fields.push(firstDelivery, to.length);
      for (const subscriptionId of to) fields.push(this.#places.of(subscriptionId));
    }
  }

  /** Deliveries that one request ended in the same way share what they became and its attempt. */
  #pushSettlements(settlements: readonly Settlement[]): void {
    for (let at = 0; at < settlements.length; ) {
      const first = settlements[at];
      if (first === undefined) return;
      let end = at + 1;
      for (let next = settlements[end]; next !== undefined && isAlike(first, next); next = settlements[end]) {
        end += 1;
      }
      const alike = settlements.slice(at, end);
      this.#pushOutcome(first);
      this.#fields.push(keeperOf(alike), alike.length);
      for (const { id, event } of alike) this.#fields.push(id, event);
      at = end;
    }
  }

  #pushOutcome(settlement: Settlement): void {
    const { subscriptionId, attempt, next } = settlement;
    this.#fields.push(this.#places.of(subscriptionId), STATE_NUMBERS[next.state], timeOf(settlement));
    if (attempt === undefined) {
      this.#fields.push(...NO_ATTEMPT);
    } else {
      pushAttempt(this.#fields, attempt);
    }
  }
}

export function unitsOf([, , ...parts]: PackedBatch): readonly WriteUnit[] {
  const unpacked: WriteUnit[] = [];
  for (const [fields, units] of parts) {
    let begin = 0;
    for (const lengths = new FieldReader(units); lengths.more; ) {
      const publishes = lengths.number() === 1;
      const from = begin;
      const end = from + lengths.number();
      unpacked.push({ index: unpacked.length, publishes, fields: () => new FieldReader(fields, from, end) });
      begin = end;
    }
  }
  return unpacked;
}

const NONE: readonly never[] = [];

/** In the place of an attempt's eight fields; numbers of attempts begin with 1. */
const NO_ATTEMPT: readonly Field[] = [0, 0, 0, null, null, null, null, null];

/** When it is due again, or when it ended. */
function timeOf({ attempt, next }: Settlement): number {
  if (attempt === undefined) return next.endedAt;
  return next.state === 'pending' ? next.dueAt : attempt.startedAt + Math.round(attempt.durationMs * 1000);
}

/**
 * Under which delivery the attempt of all of them is kept. Of the newest event: it is the last that goes with age. Only
 * what was delivered shares: it never changes again.
 */
function keeperOf(settlements: readonly Settlement[]): DeliveryId | null {
  const [first] = settlements;
  if (first === undefined || settlements.length === 1 || first.next.state !== 'delivered') return null;
  return settlements.reduce((a, b) => (a.event > b.event ? a : b)).id;
}

function isAlike(a: Settlement, b: Settlement): boolean {
  return (
    a.subscriptionId === b.subscriptionId &&
    a.next.state === b.next.state &&
    (wentTogether(a, b) ||
      (a.attempt?.outcome === b.attempt?.outcome &&
        a.attempt?.number === b.attempt?.number &&
        timeOf(a) === timeOf(b)))
  );
}

/** In one request, and were delivered: so it is with most, and told without a look at what is in them. */
function wentTogether(a: Settlement, b: Settlement): boolean {
  return a.attempt !== undefined && a.attempt === b.attempt && a.next === b.next;
}
