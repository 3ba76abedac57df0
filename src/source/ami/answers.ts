import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../util/clock.ts';
import { deferred } from '../../util/deferred.ts';
import { type AmiFailure, type AmiPacket, type AmiResult, failed } from './connection.ts';

/** Of an action without a list: its one response. Of a list: its items. */
export type Answer = AmiResult<readonly AmiPacket[]>;

interface Awaited {
  readonly isList: boolean;
  readonly items: AmiPacket[];
  readonly timer: Timer;
  readonly settle: (answer: Answer) => void;
  responded: boolean;
}

/** Brings the answers of one connection to the actions that wait for them; none waits for ever. */
export class Answers {
  readonly #clock: Clock;
  readonly #awaited = new Map<string, Awaited>();
  /** Begins each ActionID: what passes through the PBX can't guess it, and so can't pose as an answer. */
  readonly #prefix = `${randomBytes(9).toString('base64url')}-`;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isOwn(actionId: string): boolean {
    return actionId.startsWith(this.#prefix);
  }

  /** Makes an ActionID, and a promise that settles within `deadline` milliseconds. */
  expect(isList: boolean, deadline: number): { readonly actionId: string; readonly answer: Promise<Answer> } {
    this.#count += 1;
    const actionId = `${this.#prefix}${this.#count}`;
    const { promise, resolve } = deferred<Answer>();
    const timer = this.#clock.after(deadline, () =>
      this.#settle(actionId, failed('timeout', `no answer from the PBX in ${deadline} ms`)),
    );
    this.#awaited.set(actionId, { isList, items: [], timer, settle: resolve, responded: false });
    return { actionId, answer: promise };
  }

  /** Takes a packet whose ActionID is own; one that comes too late is dropped. */
  take(actionId: string, packet: AmiPacket): void {
    const awaited = this.#awaited.get(actionId);
    if (awaited === undefined) return;
    if (!awaited.responded && packet['response'] !== undefined) {
      awaited.responded = true;
      if (packet['response'].toLowerCase() === 'error') {
        this.#settle(actionId, failed('refused', packet['message'] ?? 'refused by the PBX'));
      } else if (!awaited.isList) {
        this.#settle(actionId, { ok: true, value: [packet] });
      } else if (saysEmpty(packet)) {
        this.#settle(actionId, { ok: true, value: [] });
      }
    } else if (packet['eventlist'] !== undefined) {
      this.#settle(actionId, { ok: true, value: awaited.items });
    } else {
      awaited.items.push(packet);
    }
  }

  /** Settles one action that could not be sent, or without `actionId` all of them. */
  fail(failure: AmiFailure, actionId?: string): void {
    const ids = actionId === undefined ? [...this.#awaited.keys()] : [actionId];
    for (const id of ids) this.#settle(id, { ok: false, failure });
  }

  #settle(actionId: string, answer: Answer): void {
    const awaited = this.#awaited.get(actionId);
    if (awaited === undefined) return;
    this.#awaited.delete(actionId);
    awaited.timer.cancel();
    awaited.settle(answer);
  }
}

/** app_voicemail.c answers with a sentence in place of a list without items, and no end of the list follows. */
function saysEmpty(packet: AmiPacket): boolean {
  return packet['eventlist'] === undefined && /^there (?:is|are) no /i.test(packet['message'] ?? '');
}
