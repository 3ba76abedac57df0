import type { PbxEvent } from './model/event.ts';
import type { CallId, PbxName } from './model/ids.ts';
import type { Memo } from './model/memo.ts';

/** Calls that are remembered: far more than are open at a time. */
const LIMIT = 10_000;

/** What begins the key of a call's memo. */
const CALL = 'call:';

/**
 * Several sources may see one PBX: its manager interface, and what its host tells of it. Who tells of a call first
 * tells all of it; what the others say of it is left out, so that no call is told twice.
 */
export class CallClaims {
  readonly #tellers = new Map<CallId, PbxName>();

  /** @param memos what an earlier run remembered: its open calls go on to be told by who told them. */
  constructor(memos: readonly Memo[]) {
    for (const { pbx, key } of memos) {
      if (key.startsWith(CALL)) this.claim(key.slice(CALL.length) as CallId, pbx);
    }
  }

  /** Those of `events` that are the source's to tell. */
  pass(events: readonly PbxEvent[], source: PbxName): readonly PbxEvent[] {
    return events.filter(({ callId }) => callId === undefined || this.claim(callId, source));
  }

  /** Whether the call is the source's to tell, from now on if it is nobody else's. */
  claim(callId: CallId, source: PbxName): boolean {
    const teller = this.#tellers.get(callId) ?? source;
    this.#tellers.delete(callId);
    this.#tellers.set(callId, teller);
    const [eldest] = this.#tellers.keys();
    if (this.#tellers.size > LIMIT && eldest !== undefined) this.#tellers.delete(eldest);
    return teller === source;
  }
}
