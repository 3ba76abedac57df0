import type { CallId, DeliveryId } from '../model/ids.ts';
import type { DueDelivery, QueuePosition } from '../store/store.ts';
import { Fifo } from '../util/fifo.ts';

interface OpenCall {
  /** Deliveries under way; several where they go in one request. */
  underWay: number;
  /** Those that failed and wait on disk for their next attempt. */
  readonly retrying: Set<DeliveryId>;
  /** Those that wait for them and left memory, and where they stand on disk. */
  readonly left: Map<DeliveryId, QueuePosition>;
  /** In memory, behind what is under way. */
  readonly behind: Fifo<DueDelivery>;
}

/** What a lane does when a delivery does not go. */
export interface OrderListener {
  /** It waits for a retry of its call, and is held in memory no more. */
  onLeft(delivery: DueDelivery): void;
  /** Its turn has come, wherever it is. */
  onWanted(position: QueuePosition): void;
}

/**
 * Holds events of one call in their order: the next one waits until the one before it was delivered or gave up, also
 * over its retries. What waits for a retry leaves memory, and is wanted again once that is over; until it has come,
 * nothing that was published after it goes either.
 */
export class CallOrder {
  readonly #listener: OrderListener;
  readonly #calls = new Map<CallId, OpenCall>();
  /** Those whose turn has come. */
  readonly #next = new Fifo<DueDelivery>();
  #waiting = 0;
  #isOn = true;

  constructor(listener: OrderListener) {
    this.#listener = listener;
  }

  /** Without order everything goes as it comes. */
  setOn(isOn: boolean): void {
    this.#isOn = isOn;
    if (isOn) return;
    for (const { behind, left } of this.#calls.values()) {
      for (let one = behind.shift(); one !== undefined; one = behind.shift()) this.#next.push(one);
      for (const position of left.values()) this.#listener.onWanted(position);
    }
    this.#calls.clear();
  }

  /** Deliveries that wait here in memory. */
  get size(): number {
    return this.#waiting;
  }

  /** A delivery waits on disk for its next attempt. */
  recall(id: DeliveryId, callId: CallId): void {
    if (this.#isOn) this.#open(callId).retrying.add(id);
  }

  /**
   * The next delivery that may go, of those that waited here and then of `ready`.
   *
   * @param inSameRequest calls of the request that is being filled: their next event may go along.
   */
  take(ready: Fifo<DueDelivery>, inSameRequest: ReadonlySet<CallId>): DueDelivery | undefined {
    const next = this.#next.shift();
    if (next !== undefined) {
      this.#waiting -= 1;
      return this.#goes(next);
    }
    for (;;) {
      const delivery = ready.shift();
      const callId = delivery?.event.callId;
      if (delivery === undefined || callId === undefined || !this.#isOn) return delivery;
      const call = this.#calls.get(callId);
      if (call !== undefined && isHeldBack(call, delivery.id)) {
        this.#leave(call, delivery);
      } else if (call === undefined || call.underWay === 0 || goesAlong(call, callId, inSameRequest)) {
        return this.#goes(delivery);
      } else {
        call.behind.push(delivery);
        this.#waiting += 1;
      }
    }
  }

  /** Its attempt is over, and with it the delivery. */
  ended({ event: { callId } }: DueDelivery): void {
    const call = this.#landed(callId);
    if (callId === undefined || call === undefined) return;
    if (call.underWay === 0) {
      this.#wantNext(call);
      const next = call.behind.shift();
      if (next !== undefined) this.#next.push(next);
    }
    this.#closeIfOver(callId, call);
  }

  /** Its attempt failed and will be made again: what waits behind it in memory leaves. */
  failed({ id, event: { callId } }: DueDelivery): void {
    const call = this.#landed(callId);
    if (call === undefined) return;
    call.retrying.add(id);
    for (let one = call.behind.shift(); one !== undefined; one = call.behind.shift()) {
      this.#waiting -= 1;
      this.#leave(call, one);
    }
  }

  #goes(delivery: DueDelivery): DueDelivery {
    const { callId } = delivery.event;
    if (callId === undefined || !this.#isOn) return delivery;
    const call = this.#open(callId);
    call.underWay += 1;
    call.retrying.delete(delivery.id);
    call.left.delete(delivery.id);
    return delivery;
  }

  #open(callId: CallId): OpenCall {
    const known = this.#calls.get(callId);
    if (known !== undefined) return known;
    const call: OpenCall = { underWay: 0, retrying: new Set(), left: new Map(), behind: new Fifo() };
    this.#calls.set(callId, call);
    return call;
  }

  #leave(call: OpenCall, delivery: DueDelivery): void {
    call.left.set(delivery.id, { dueAt: delivery.dueAt, id: delivery.id });
    this.#listener.onLeft(delivery);
    this.#wantNext(call);
  }

  /** Of those that left, the first one may come once nothing before it waits for a retry. */
  #wantNext({ left, retrying }: OpenCall): void {
    let first: QueuePosition | undefined;
    for (const position of left.values()) if (first === undefined || position.id < first.id) first = position;
    if (first === undefined) return;
    for (const before of retrying) if (before < first.id) return;
    this.#listener.onWanted(first);
  }

  #landed(callId: CallId | undefined): OpenCall | undefined {
    const call = callId === undefined ? undefined : this.#calls.get(callId);
    if (call !== undefined) call.underWay = Math.max(0, call.underWay - 1);
    return call;
  }

  #closeIfOver(callId: CallId, { underWay, behind, retrying, left }: OpenCall): void {
    const isOver = underWay === 0 && behind.size === 0 && retrying.size === 0 && left.size === 0;
    if (isOver) this.#calls.delete(callId);
  }
}

function isHeldBack({ retrying, left }: OpenCall, id: DeliveryId): boolean {
  for (const before of retrying) if (before < id) return true;
  for (const before of left.keys()) if (before < id) return true;
  return false;
}

/** What waits behind others of its call may not overtake them, not even in one request. */
function goesAlong(call: OpenCall, callId: CallId, inSameRequest: ReadonlySet<CallId>): boolean {
  return inSameRequest.has(callId) && call.behind.size === 0;
}
