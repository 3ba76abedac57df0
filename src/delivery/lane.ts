import type { CallId, DeliveryId, SubscriptionId } from '../model/ids.ts';
import type { DueDelivery, DuePage, DueQuery, QueuePosition, Retrying, Settlement } from '../store/store.ts';
import { type Clock, type Micros, micro, type Timer } from '../util/clock.ts';
import { type Deferred, deferred } from '../util/deferred.ts';
import { Fifo } from '../util/fifo.ts';
import { CallOrder } from './call-order.ts';
import { Gate } from './gate.ts';

export interface LaneLimits {
  /** Attempts in flight. */
  readonly concurrency: number;
  /** Deliveries held in memory that wait to be sent. */
  readonly capacity: number;
  /** Whether events of one call wait for each other. */
  readonly isOrdered: boolean;
  /** Attempts; undefined: no limit. */
  readonly perSecond: number | undefined;
  /** Deliveries in one request, and for how long the first one waits for more; undefined: one. */
  readonly batch: { readonly most: number; readonly waitMs: number } | undefined;
  /** Older events are not sent any more; undefined: all are. */
  readonly maxAgeMs: number | undefined;
}

export interface LaneOptions {
  readonly subscriptionId: SubscriptionId;
  readonly enabled: boolean;
  readonly limits: LaneLimits;
  readonly clock: Clock;
  /** The time that deliveries' due times are told in. */
  readonly now: () => Micros;
  /** Makes one attempt for all of them, in their order. */
  readonly send: (request: readonly DueDelivery[]) => void;
  /** Ends deliveries whose event is too old. */
  readonly expire: (deliveries: readonly DueDelivery[]) => void;
  readonly due: (query: DueQuery) => Promise<DuePage>;
  /** What waits for another attempt since an earlier run. */
  readonly retrying: () => Promise<readonly Retrying[]>;
  readonly onLoadError: (thrown: unknown) => void;
}

/** Results that may wait for the disk before a lane sends no more: memory is bounded while the disk is full. */
const MAX_UNSETTLED = 1_000;

/** No more deliveries are read ahead once their bodies have this many characters. */
const MAX_BODIES = 1_000_000;

const RELOAD_AFTER_ERROR_MS = 1_000;

/** Before every delivery. */
const BEGINNING: QueuePosition = { dueAt: micro(Number.MIN_SAFE_INTEGER), id: 0 as DeliveryId };

/**
 * One subscription's queue. The disk holds everything that waits; memory holds what comes next. Deliveries go
 * by (due time, id), and the cursor says how far they were taken into memory:
 *
 *   up to date   everything due is in memory; what is published goes straight in
 *   behind       the disk holds more behind the cursor, so what is published is left there; pages are read as
 *                the queue empties, until a page is the last one: up to date again
 *
 * A delivery that failed leaves memory and comes back from the disk when it is due again. The cursor only saves
 * reading: `#held` keeps a delivery from being taken twice, and the cursor may be set back at any time.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #gate = new Gate();
  readonly #ready = new Fifo<DueDelivery>();
  readonly #order = new CallOrder({
    onLeft: ({ id }) => this.#held.delete(id),
    onWanted: (position) => this.#want(position),
  });
  #limits: LaneLimits;
  /** Ids that are ready, in flight, or whose result is not on disk yet. */
  readonly #held = new Set<DeliveryId>();
  /** To be held no more once the page on its way has arrived. */
  readonly #released: DeliveryId[] = [];
  #enabled: boolean;
  #closed = false;
  #inFlight = 0;
  #unsettled = 0;
  #quiet: Deferred<void> | undefined;
  #cursor: QueuePosition = BEGINNING;
  /** The furthest that the cursor has ever been. */
  #passed: QueuePosition = BEGINNING;
  #behind = true;
  /** Also before the start: nothing is read, and what is offered waits. */
  #loading = true;
  #started = false;
  /** Offered while a page is on its way, which may hold them. */
  readonly #offered: DueDelivery[] = [];
  /** Where to read again from once the page on its way has arrived. */
  #setBackTo: QueuePosition | undefined;
  #wake: { readonly at: Micros; readonly timer: Timer } | undefined;
  /** Until the gate opens, or a batch has waited long enough. */
  #pause: { readonly at: Micros; readonly timer: Timer } | undefined;
  /** When a batch goes though it is not full; undefined while nothing waits for one. */
  #batchDue: Micros | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#enabled = options.enabled;
    this.#limits = options.limits;
    this.#gate.limit(options.limits.perSecond);
    this.#order.setOn(options.limits.isOrdered);
  }

  /** Learns what waits for another attempt, which later events of the same calls must not overtake; then begins. */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#recall();
    this.#loaded();
  }

  async #recall(): Promise<void> {
    const { retrying, onLoadError } = this.#options;
    try {
      for (const { id, callId } of await retrying()) this.#order.recall(id, callId);
    } catch (error) {
      onLoadError(error);
    }
  }

  get breakerState(): Gate['breakerState'] {
    return this.#gate.breakerState;
  }

  /** Disabled, it keeps its deliveries unsent. Enabled anew, its receiver is taken to be well. */
  setEnabled(enabled: boolean): void {
    if (enabled && !this.#enabled) this.#gate.reset();
    this.#enabled = enabled;
    this.pump();
  }

  setLimits(limits: LaneLimits): void {
    if (limits.isOrdered !== this.#limits.isOrdered) {
      this.#order.setOn(limits.isOrdered);
    }
    this.#limits = limits;
    this.#gate.limit(limits.perSecond);
    this.pump();
  }

  /** The receiver asked to be left alone until then. */
  pauseUntil(at: Micros): void {
    this.#gate.pauseUntil(at);
  }

  /** Nothing is sent any more; attempts in flight are still told of. */
  close(): void {
    this.#closed = true;
    this.#wake?.timer.cancel();
    this.#pause?.timer.cancel();
    this.#ready.clear();
    this.#quiet?.resolve();
  }

  /** A delivery that has just reached the disk. */
  offer(delivery: DueDelivery): void {
    if (this.#closed || this.#held.has(delivery.id)) {
      return;
    }
    if (!this.#loading) {
      this.#place(delivery);
      this.pump();
    } else if (this.#offered.length < this.#limits.capacity) {
      this.#offered.push(delivery);
    } else {
      this.#setBack(justBefore(delivery));
    }
  }

  /**
   * An attempt is over; what became of its deliveries is not on disk yet.
   *
   * @returns whether the breaker opened with it, or closed.
   */
  attempted(
    request: readonly DueDelivery[],
    succeeded: boolean,
    next: readonly Settlement['next'][],
  ): 'opened' | 'closed' | undefined {
    this.#inFlight -= 1;
    for (const [index, delivery] of request.entries()) {
      this.#landed(delivery, next[index]?.state === 'pending');
    }
    const changed = succeeded ? this.#gate.succeeded() : this.#gate.failed(this.#options.now());
    this.pump();
    if (!changed) return undefined;
    return succeeded ? 'closed' : 'opened';
  }

  /** What became of them is on disk. */
  settled(settlements: readonly Pick<Settlement, 'id' | 'next'>[]): void {
    this.#unsettled -= settlements.length;
    for (const { id, next } of settlements) {
      if (this.#loading) {
        // The page on its way may still show it as it was.
        this.#released.push(id);
      } else {
        this.#held.delete(id);
      }
      if (next.state === 'pending') {
        this.#wakeAt(next.dueAt);
      }
    }
    this.#tellQuiet();
    this.pump();
  }

  /** Deliveries that are due from `dueAt` on have reached the disk by another way than {@link offer}. */
  lookAgain(dueAt: Micros): void {
    this.#behind = true;
    this.#setBack({ dueAt, id: 0 as DeliveryId });
    this.pump();
  }

  /** Resolves once no attempt is in flight and every result is on disk; disabled, it stays so. */
  quiet(): Promise<void> {
    this.#quiet ??= deferred<void>();
    const { promise } = this.#quiet;
    this.#tellQuiet();
    return promise;
  }

  /** Sends what can be sent, and reads on when little is left. */
  pump(): void {
    if (!this.#enabled || this.#closed) {
      return;
    }
    const { concurrency, capacity } = this.#limits;
    while (this.#inFlight < concurrency && this.#unsettled < MAX_UNSETTLED && this.#mayGo()) {
      const request = this.#takeRequest();
      if (request.length === 0) {
        break;
      }
      this.#inFlight += 1;
      this.#gate.sent(this.#options.now());
      this.#options.send(request);
    }
    if (this.#behind && !this.#loading && this.#inMemory <= capacity / 2) {
      void this.#load();
    }
  }

  #tellQuiet(): void {
    if (this.#quiet !== undefined && this.#inFlight === 0 && this.#unsettled === 0) {
      this.#quiet.resolve();
      this.#quiet = undefined;
    }
  }

  /** Whether the next request may go now; if not, the lane comes back when it may. */
  #mayGo(): boolean {
    if (this.#inMemory === 0) {
      return false;
    }
    const now = this.#options.now();
    const opensAt = this.#gate.opensAt(now);
    if (opensAt !== undefined) {
      this.#pauseUntil(opensAt);
      return false;
    }
    const { batch } = this.#limits;
    if (batch === undefined || this.#inMemory >= batch.most) {
      return true;
    }
    this.#batchDue ??= micro(now + batch.waitMs * 1000);
    if (this.#batchDue <= now) {
      return true;
    }
    this.#pauseUntil(this.#batchDue);
    return false;
  }

  #pauseUntil(at: Micros): void {
    if (at === Number.MAX_SAFE_INTEGER || (this.#pause !== undefined && this.#pause.at <= at)) {
      return;
    }
    this.#pause?.timer.cancel();
    const { clock, now } = this.#options;
    const timer = clock.after(Math.ceil((at - now()) / 1000), () => {
      this.#pause = undefined;
      this.pump();
    });
    this.#pause = { at, timer };
  }

  /** What goes in one request; empty when nothing can go. What is too old ends here. */
  #takeRequest(): DueDelivery[] {
    const { batch, maxAgeMs } = this.#limits;
    const most = batch?.most ?? 1;
    const oldest = maxAgeMs === undefined ? undefined : this.#options.now() - maxAgeMs * 1000;
    const request: DueDelivery[] = [];
    const expired: DueDelivery[] = [];
    const calls = new Set<CallId>();
    while (request.length < most) {
      const delivery = this.#order.take(this.#ready, calls);
      if (delivery === undefined) {
        break;
      }
      const isAsked = delivery.askedAfter !== undefined;
      if (oldest !== undefined && delivery.event.occurredAt < oldest && !isAsked) {
        expired.push(delivery);
        this.#landed(delivery, false);
        continue;
      }
      if (delivery.event.callId !== undefined) {
        calls.add(delivery.event.callId);
      }
      request.push(delivery);
    }
    this.#batchDue = undefined;
    if (expired.length > 0) {
      this.#options.expire(expired);
    }
    return request;
  }

  /** It is no longer under way; the disk does not know yet what became of it. */
  #landed(delivery: DueDelivery, isRetried: boolean): void {
    this.#unsettled += 1;
    if (isRetried) {
      this.#order.failed(delivery);
    } else {
      this.#order.ended(delivery);
    }
  }

  /** Has a delivery read again that had left memory. */
  #want(position: QueuePosition): void {
    if (!this.#held.has(position.id)) {
      this.#behind = true;
      this.#setBack(justBefore(position));
    }
  }

  /** Deliveries that wait to be sent. */
  get #inMemory(): number {
    return this.#ready.size + this.#order.size;
  }

  #take(delivery: DueDelivery): void {
    this.#held.add(delivery.id);
    this.#ready.push(delivery);
  }

  /** Into memory, if that is up to date and has room. */
  #place(delivery: DueDelivery): void {
    // One that the cursor has passed at any time may have been read, and be over: the disk knows.
    if (this.#inMemory >= this.#limits.capacity || isUpTo(delivery, this.#passed)) {
      this.#behind = true;
    }
    if (this.#behind) {
      this.#setBack(justBefore(delivery));
    } else {
      this.#pass(delivery);
      this.#take(delivery);
    }
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
    const { subscriptionId, due, now, clock } = this.#options;
    const by = now();
    try {
      const limit = this.#limits.capacity - this.#inMemory;
      const page = await due({ subscriptionId, after: this.#cursor, by, limit, maxBodies: MAX_BODIES });
      this.#arrived(page, by);
    } catch (error) {
      this.#options.onLoadError(error);
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
      this.#wakeAt(nextDueAt);
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
    this.pump();
  }

  /** Looks on the disk again at `at`. */
  #wakeAt(at: Micros): void {
    if (this.#closed || (this.#wake !== undefined && this.#wake.at <= at)) {
      return;
    }
    this.#wake?.timer.cancel();
    const { clock, now } = this.#options;
    const timer = clock.after(Math.ceil((at - now()) / 1000), () => {
      this.#wake = undefined;
      this.#behind = true;
      // What was published meanwhile has moved the cursor beyond what comes back now.
      this.#setBack({ dueAt: at, id: 0 as DeliveryId });
      this.pump();
    });
    this.#wake = { at, timer };
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
