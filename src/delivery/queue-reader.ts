import type { DeliveryId, SubscriptionId } from '../model/ids.ts';
import type { DueDelivery, DuePage, DueQuery, QueuePosition } from '../store/store.ts';
import { type Clock, type Micros, micro, type Timer } from '../util/clock.ts';
import { IdSet } from '../util/id-set.ts';

export interface QueueReaderOptions {
  readonly subscriptionId: SubscriptionId;
  readonly clock: Clock;
  /** The time that deliveries' due times are told in. */
  readonly now: () => Micros;
  readonly due: (query: DueQuery) => Promise<DuePage>;
  /** How many more deliveries may wait in memory. */
  readonly room: () => number;
  /** It is in memory now. */
  readonly onTaken: (delivery: DueDelivery) => void;
  /** There may be something to send, or to read. */
  readonly onChange: () => void;
  readonly onLoadError: (thrown: unknown) => void;
}

/** A page is full with this many deliveries, or characters of their data: what others write waits while it is read. */
const PAGE = 500;
const MAX_CHARACTERS = 1_000_000;

const RELOAD_AFTER_ERROR_MS = 1_000;

/** Before every delivery. */
const BEGINNING: QueuePosition = { dueAt: micro(Number.MIN_SAFE_INTEGER), id: 0 as DeliveryId };

/**
 * Brings one subscription's queue into memory as it comes due. The disk holds everything that waits; deliveries go by
 * (due time, id), and the cursor says how far they were taken into memory:
 *
 *   up to date   everything due is in memory; what is published goes straight in
 *   behind       the disk holds more behind the cursor, so what is published is left there; pages are read as
 *                the queue empties, until a page is the last one: up to date again
 *
 * A delivery that failed leaves memory and comes back from the disk when it is due again. The cursor only saves
 * reading: `#held` keeps a delivery from being taken twice, and the cursor may be set back at any time.
 */
export class QueueReader {
  readonly #options: QueueReaderOptions;
  /** Ids that were taken and not released. */
  readonly #held = new IdSet();
  /** To be held no more once the page on its way has arrived: it may still show them as they were. */
  readonly #released: DeliveryId[] = [];
  /** Offered while a page is on its way, which may hold them. */
  readonly #offered: DueDelivery[] = [];
  #cursor: QueuePosition = BEGINNING;
  /** The furthest that the cursor has ever been. */
  #passed: QueuePosition = BEGINNING;
  #behind = true;
  /** Also before the start: nothing is read, and what is offered waits. */
  #loading = true;
  #closed = false;
  /** Where to read again from once the page on its way has arrived. */
  #setBackTo: QueuePosition | undefined;
  #wake: { readonly at: Micros; readonly timer: Timer } | undefined;

  constructor(options: QueueReaderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loaded();
  }

  /** Nothing is taken any more. */
  close(): void {
    this.#closed = true;
    this.#wake?.timer.cancel();
  }

  /** A delivery that has just reached the disk. Tells whether there may now be something to send, or to read. */
  offer(delivery: DueDelivery): boolean {
    if (this.#closed || this.#isLeftOnDisk(delivery) || this.#held.has(delivery.id)) {
      return false;
    }
    if (!this.#loading) {
      this.#place(delivery);
      return true;
    }
    if (this.#offered.length < this.#options.room()) {
      this.#offered.push(delivery);
    } else {
      this.#setBack(justBefore(delivery));
    }
    return false;
  }

  /** It may be read again: the disk knows what became of it. */
  release(id: DeliveryId): void {
    if (this.#loading) {
      this.#released.push(id);
    } else {
      this.#held.delete(id);
    }
  }

  /** It leaves memory unsent; {@link want} has it read again. */
  leave(id: DeliveryId): void {
    this.#held.delete(id);
  }

  /** Has a delivery read again that had left memory. */
  want(position: QueuePosition): void {
    if (!this.#held.has(position.id)) {
      this.#behind = true;
      this.#setBack(justBefore(position));
    }
  }

  /** Deliveries that are due from `dueAt` on have reached the disk by another way than {@link offer}. */
  lookAgain(dueAt: Micros): void {
    this.#behind = true;
    this.#setBack({ dueAt, id: 0 as DeliveryId });
  }

  /** When something comes due that waits on disk alone; undefined where nothing is known to. */
  get wakesAt(): Micros | undefined {
    return this.#wake?.at;
  }

  /** Looks on the disk again at `at`. */
  wakeAt(at: Micros): void {
    if (this.#closed || (this.#wake !== undefined && this.#wake.at <= at)) {
      return;
    }
    this.#wake?.timer.cancel();
    const { clock, now, onChange } = this.#options;
    const timer = clock.after(Math.ceil((at - now()) / 1000), () => {
      this.#wake = undefined;
      // What was published meanwhile has moved the cursor beyond what comes back now.
      this.lookAgain(at);
      onChange();
    });
    this.#wake = { at, timer };
  }

  /** Reads the next page, if there is one and none is on its way. */
  readOn(): void {
    if (this.#behind && !this.#loading && !this.#closed) void this.#load();
  }

  /** It comes with a page behind the cursor. Nearly all that is offered while a receiver hangs: it must cost nothing. */
  #isLeftOnDisk(delivery: DueDelivery): boolean {
    return this.#behind && !this.#loading && !isUpTo(delivery, this.#cursor);
  }

  /** Into memory, if that is up to date and has room. */
  #place(delivery: DueDelivery): void {
    // One that the cursor has passed at any time may have been read, and be over: the disk knows.
    if (this.#options.room() <= 0 || isUpTo(delivery, this.#passed)) {
      this.#behind = true;
    }
    if (this.#behind) {
      this.#setBack(justBefore(delivery));
    } else {
      this.#pass(delivery);
      this.#take(delivery);
    }
  }

  #take(delivery: DueDelivery): void {
    this.#held.add(delivery.id);
    this.#options.onTaken(delivery);
  }

  #pass({ dueAt, id }: DueDelivery): void {
    this.#cursor = { dueAt, id };
    if (isUpTo(this.#passed, this.#cursor)) this.#passed = this.#cursor;
  }

  /** Has everything behind `position` read again, or for the first time. */
  #setBack(position: QueuePosition): void {
    if (this.#loading) {
      this.#setBackTo = this.#setBackTo === undefined ? position : earlier(this.#setBackTo, position);
    } else {
      this.#cursor = earlier(this.#cursor, position);
    }
  }

  async #load(): Promise<void> {
    this.#loading = true;
    const { subscriptionId, due, now, clock, room, onLoadError } = this.#options;
    const by = now();
    try {
      const query = {
        subscriptionId,
        after: this.#cursor,
        by,
        limit: Math.min(PAGE, room()),
        maxCharacters: MAX_CHARACTERS,
      };
      this.#arrived(await due(query), by);
    } catch (error) {
      onLoadError(error);
      clock.after(RELOAD_AFTER_ERROR_MS, () => this.#loaded());
    }
  }

  #arrived({ deliveries, nextDueAt }: DuePage, by: Micros): void {
    for (const delivery of deliveries) {
      if (!this.#closed && !this.#held.has(delivery.id)) {
        this.#take(delivery);
      }
      this.#pass(delivery);
    }
    this.#behind = nextDueAt !== undefined && nextDueAt <= by;
    if (nextDueAt !== undefined && nextDueAt > by) {
      this.wakeAt(nextDueAt);
    }
    this.#loaded();
  }

  /** What happened meanwhile takes its place. */
  #loaded(): void {
    this.#loading = false;
    for (const id of this.#released.splice(0)) {
      this.#held.delete(id);
    }
    if (this.#setBackTo !== undefined) {
      this.#behind = true;
      this.#setBack(this.#setBackTo);
      this.#setBackTo = undefined;
    }
    for (const delivery of this.#offered.splice(0)) {
      if (!this.#held.has(delivery.id)) {
        this.#place(delivery);
      }
    }
    this.#options.onChange();
  }
}

function isUpTo(a: QueuePosition, b: QueuePosition): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.id <= b.id);
}

function earlier(a: QueuePosition, b: QueuePosition): QueuePosition {
  return isUpTo(a, b) ? a : b;
}

function justBefore({ dueAt, id }: QueuePosition): QueuePosition {
  return { dueAt, id: (id - 1) as DeliveryId };
}
