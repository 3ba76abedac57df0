import type { CallId } from '../model/ids.ts';
import type { DueDelivery } from '../store/store.ts';
import { Fifo } from '../util/fifo.ts';

/**
 * Lets one attempt of each call go at a time, so that `call.ended` never overtakes `call.started` on its way to a
 * receiver that answers. What failed and is due again later is overtaken all the same.
 */
export class CallOrder {
  /** Of each call with an attempt in flight: what waits behind it. */
  readonly #calls = new Map<CallId, Fifo<DueDelivery>>();
  /** Those whose turn has come. */
  readonly #next = new Fifo<DueDelivery>();
  #waiting = 0;

  /** Deliveries that wait behind one of their call, or whose turn has come. */
  get size(): number {
    return this.#waiting;
  }

  /** The next delivery that may go, of those that waited here and then of `ready`. */
  take(ready: Fifo<DueDelivery>): DueDelivery | undefined {
    const next = this.#next.shift();
    if (next !== undefined) {
      this.#waiting -= 1;
      return next;
    }
    for (;;) {
      const delivery = ready.shift();
      const callId = delivery?.event.callId;
      if (delivery === undefined || callId === undefined) return delivery;
      const behind = this.#calls.get(callId);
      if (behind === undefined) {
        this.#calls.set(callId, new Fifo());
        return delivery;
      }
      behind.push(delivery);
      this.#waiting += 1;
    }
  }

  /** The attempt of `delivery` is over. */
  passed({ event: { callId } }: DueDelivery): void {
    if (callId === undefined) return;
    const next = this.#calls.get(callId)?.shift();
    if (next === undefined) this.#calls.delete(callId);
    else this.#next.push(next);
  }
}
