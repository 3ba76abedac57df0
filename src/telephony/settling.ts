import type { CallId } from '../model/ids.ts';
import { type Micros, micro } from '../util/clock.ts';
import type { ChannelId } from './facts.ts';

/** How long something waits for a fact of another kind that may come late: kinds are not ordered among each other. */
export const SETTLE_MICROS = 100_000;

/** What can't be told before its counterpart came, or did not come in time. */
export type Unsettled =
  /** A blind transfer: parking, if a parked call follows. */
  | { readonly what: 'transfer'; readonly callId: CallId }
  /** A parked call: the blind transfer that goes with it tells who parked. */
  | { readonly what: 'parking'; readonly callId: CallId }
  /** A caller gone from a queue: hung up, if a request to hang up follows. */
  | { readonly what: 'queue'; readonly channelId: ChannelId }
  /** A mailbox that changed: by whom, if they are told; what, if a list of its messages comes. */
  | { readonly what: 'mailbox'; readonly mailbox: string }
  /** A hang-up by someone whose mailbox waits for such a list. */
  | { readonly what: 'hangup'; readonly channelId: ChannelId };

/** Things to settle, by when they are due. */
export class Settling {
  #waiting: { readonly due: Micros; readonly unsettled: Unsettled }[] = [];

  later(at: Micros, unsettled: Unsettled, wait = SETTLE_MICROS): void {
    const due = micro(at + wait);
    const before = this.#waiting.findLastIndex((other) => other.due <= due);
    this.#waiting.splice(before + 1, 0, { due, unsettled });
  }

  /** When the first is due. */
  deadline(): Micros | undefined {
    return this.#waiting[0]?.due;
  }

  /** Takes what is due. */
  due(now: Micros): readonly Unsettled[] {
    const count = this.#waiting.findIndex(({ due }) => due > now);
    const taken = count === -1 ? this.#waiting : this.#waiting.slice(0, count);
    this.#waiting = count === -1 ? [] : this.#waiting.slice(count);
    return taken.map(({ unsettled }) => unsettled);
  }
}
