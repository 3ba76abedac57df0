import type { CallId, SubscriptionId } from '../model/ids.ts';
import type { DueDelivery, DuePage, DueQuery, Retrying, Settlement } from '../store/store.ts';
import { type Clock, type Micros, micro, type Timer } from '../util/clock.ts';
import { type Deferred, deferred } from '../util/deferred.ts';
import { Fifo } from '../util/fifo.ts';
import type { Sign } from './breaker.ts';
import { CallOrder } from './call-order.ts';
import { Gate } from './gate.ts';
import { QueueReader } from './queue-reader.ts';

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
  /** What the receiver asked for in an earlier run. */
  readonly pausedUntil: Micros | undefined;
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
  /** The receiver asked to be left alone until then. */
  readonly onPaused: (until: Micros) => void;
}

/** Requests whose results may wait for the disk before a lane sends no more: memory is bounded while it is full. */
const MAX_UNSETTLED = 1_000;

/** Characters of data that wait in memory before what comes next is left on the disk. */
const MAX_CHARACTERS = 4_000_000;

/**
 * One subscription's queue: decides what goes next, and when. A {@link QueueReader} holds in memory what comes next of
 * all that waits on disk.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #gate = new Gate();
  readonly #ready = new Fifo<DueDelivery>();
  readonly #order = new CallOrder({
    onLeft: (delivery) => {
      this.#characters -= delivery.event.data.length;
      this.#reader.leave(delivery.id);
    },
    onWanted: (position) => this.#reader.want(position),
  });
  readonly #reader: QueueReader;
  #limits: LaneLimits;
  #enabled: boolean;
  #closed = false;
  #inFlight = 0;
  #unsettled = 0;
  /** Characters of data of those that wait in memory. */
  #characters = 0;
  #quiet: Deferred<void> | undefined;
  #started = false;
  /** Until the gate opens, or a batch has waited long enough. */
  #pause: { readonly at: Micros; readonly timer: Timer } | undefined;
  /** When a batch goes though it is not full; undefined while nothing waits for one. */
  #batchDue: Micros | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#enabled = options.enabled;
    this.#limits = options.limits;
    this.#gate.limit(options.limits.perSecond);
    if (options.pausedUntil !== undefined) this.#gate.pauseUntil(options.pausedUntil);
    this.#order.setOn(options.limits.isOrdered);
    const { subscriptionId, clock, now, due, onLoadError } = options;
    this.#reader = new QueueReader({
      subscriptionId,
      clock,
      now,
      due,
      onLoadError,
      room: () => (this.#characters < MAX_CHARACTERS ? this.#limits.capacity - this.#inMemory : 0),
      onTaken: (delivery) => {
        this.#characters += delivery.event.data.length;
        this.#ready.push(delivery);
      },
      onChange: () => this.pump(),
    });
  }

  /** Learns what waits for another attempt, which later events of the same calls must not overtake; then begins. */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#recall();
    this.#reader.start();
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

  /** When what waits is attempted next; undefined where nothing waits, or for nothing but its turn. */
  get nextAttemptAt(): Micros | undefined {
    if (!this.#enabled || this.#closed) return undefined;
    const now = this.#options.now();
    const due = this.#inMemory > 0 ? now : this.#reader.wakesAt;
    const next = due === undefined ? undefined : Math.max(due, this.#gate.opensAt(now) ?? due);
    // A probe under way decides first.
    return next === undefined || next <= now || next === Number.MAX_SAFE_INTEGER ? undefined : micro(next);
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
    this.#options.onPaused(at);
  }

  /** Its deliveries go to another receiver now, which has not failed and asked for no pause. */
  renew(): void {
    this.#gate.reset();
    this.pump();
  }

  /** Nothing is sent any more; attempts in flight are still told of. */
  close(): void {
    this.#closed = true;
    this.#reader.close();
    this.#pause?.timer.cancel();
    this.#ready.clear();
    this.#quiet?.resolve();
  }

  /** A delivery that has just reached the disk. */
  offer(delivery: DueDelivery): void {
    if (this.#reader.offer(delivery)) this.pump();
  }

  /**
   * An attempt is over; what became of its deliveries is not on disk yet.
   *
   * @returns whether the breaker opened with it.
   */
  attempted(request: readonly DueDelivery[], sign: Sign, next: readonly Settlement['next'][]): boolean {
    this.#inFlight -= 1;
    for (const [index, delivery] of request.entries()) {
      this.#landed(delivery, next[index]?.state === 'pending');
    }
    const opened = this.#gate.heard(sign, this.#options.now());
    this.pump();
    return opened;
  }

  /** What became of them is on disk. */
  settled(settlements: readonly Pick<Settlement, 'id' | 'next'>[]): void {
    this.#unsettled -= settlements.length;
    for (const { id, next } of settlements) {
      this.#reader.release(id);
      if (next.state === 'pending') {
        this.#reader.wakeAt(next.dueAt);
      }
    }
    this.#tellQuiet();
    this.pump();
  }

  /** Deliveries that are due from `dueAt` on have reached the disk by another way than {@link offer}. */
  lookAgain(dueAt: Micros): void {
    this.#reader.lookAgain(dueAt);
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
    const { concurrency, capacity, batch } = this.#limits;
    const mostUnsettled = Math.min(MAX_UNSETTLED * (batch?.most ?? 1), Math.max(MAX_UNSETTLED, 2 * capacity));
    while (this.#inFlight < concurrency && this.#unsettled < mostUnsettled && this.#mayGo()) {
      const request = this.#takeRequest();
      if (request.length === 0) {
        break;
      }
      this.#inFlight += 1;
      this.#gate.sent(this.#options.now());
      this.#options.send(request);
    }
    // A page that finds no room would be asked for again and again.
    if (this.#inMemory <= capacity / 2 && this.#characters < MAX_CHARACTERS) {
      this.#reader.readOn();
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
      this.#batchDue = undefined;
      return false;
    }
    const { batch } = this.#limits;
    const isFull = batch === undefined || this.#inMemory >= batch.most;
    if (!isFull && this.#comesBackFor(this.#batchDue)) return false;
    const now = this.#options.now();
    const opensAt = this.#gate.opensAt(now);
    if (opensAt !== undefined) {
      this.#pauseUntil(opensAt);
      return false;
    }
    if (isFull) return true;
    this.#batchDue ??= micro(now + batch.waitMs * 1000);
    if (this.#batchDue <= now) {
      return true;
    }
    this.#pauseUntil(this.#batchDue);
    return false;
  }

  /** Whether it looks again by then anyway. */
  #comesBackFor(at: Micros | undefined): boolean {
    return at !== undefined && this.#pause !== undefined && this.#pause.at <= at;
  }

  #pauseUntil(at: Micros): void {
    if (at === Number.MAX_SAFE_INTEGER || this.#comesBackFor(at)) return;
    this.#pause?.timer.cancel();
    const { clock, now } = this.#options;
    const timer = clock.after(Math.ceil((at - now()) / 1000), () => {
      this.#pause = undefined;
      this.pump();
    });
    this.#pause = { at, timer };
  }

  /** What goes in one request, in the order in which it was made; empty when nothing can go. What is too old ends here. */
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
      this.#characters -= delivery.event.data.length;
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
    return request.length > 1 ? request.sort((a, b) => a.id - b.id) : request;
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

  /** Deliveries that wait to be sent. */
  get #inMemory(): number {
    return this.#ready.size + this.#order.size;
  }
}
