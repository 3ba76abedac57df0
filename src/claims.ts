import type { PbxEvent } from './model/event.ts';
import type { PbxName } from './model/ids.ts';
import type { Memo } from './model/memo.ts';

/** Calls and accounts that are remembered: far more than are open, or register, at a time. */
const LIMIT = 10_000;

/** What begins the key of a call's memo. */
const CALL = 'call:';

const REGISTRATIONS: ReadonlySet<string> = new Set(['extension.registered', 'extension.unregistered']);

/**
 * Several sources may see one PBX: its manager interface, and what its host tells of it. Who tells of a call, or of the
 * registrations of an extension, first tells all of it; what the others say of it is left out, so that nothing is told
 * twice.
 */
export class Claims {
  readonly #tellers = new Map<string, PbxName>();

  /** @param memos what an earlier run remembered: its open calls go on to be told by who told them. */
  constructor(memos: readonly Memo[]) {
    for (const { pbx, key } of memos) {
      if (key.startsWith(CALL)) this.#isFor(callOf(key.slice(CALL.length)), pbx);
    }
  }

  /** Those of `events` that are the source's to tell. */
  pass(events: readonly PbxEvent[], source: PbxName): readonly PbxEvent[] {
    return events.filter((event) => {
      const subject = subjectOf(event);
      return subject === undefined || this.#isFor(subject, source);
    });
  }

  /** Whether it is the source's to tell, from now on if it is nobody else's. */
  #isFor(subject: string, source: PbxName): boolean {
    const teller = this.#tellers.get(subject) ?? source;
    this.#tellers.delete(subject);
    this.#tellers.set(subject, teller);
    const [eldest] = this.#tellers.keys();
    if (this.#tellers.size > LIMIT && eldest !== undefined) this.#tellers.delete(eldest);
    return teller === source;
  }
}

function subjectOf({ type, callId, data }: PbxEvent): string | undefined {
  if (callId !== undefined) return callOf(callId);
  return REGISTRATIONS.has(type) ? `extension ${data['extension']}` : undefined;
}

function callOf(callId: string): string {
  return `call ${callId}`;
}
