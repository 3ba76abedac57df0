import type { PbxEvent } from './model/event.ts';
import type { PbxName } from './model/ids.ts';
import type { Memo } from './model/memo.ts';

/** Calls and accounts that are remembered: far more than are open, or register, at a time. */
const LIMIT = 10_000;

/** What begins the key of a call's memo. */
const CALL = 'call:';

/**
 * Several sources may see one PBX: its manager interface, and what its host tells of it. Who tells of a call, or of an
 * extension's registrations, first tells all of it; what the others say of it is left out, so that nothing is told
 * twice. Whether the PBX is in sight the first source says.
 */
export class Claims {
  readonly #first: PbxName | undefined;
  readonly #tellers = new Map<string, PbxName>();

  /**
   * @param sources of one PBX.
   * @param memos what an earlier run remembered: its open calls go on to be told by who told them.
   */
  constructor(sources: readonly PbxName[], memos: readonly Memo[]) {
    this.#first = sources[0];
    for (const { pbx, key } of memos) {
      if (key.startsWith(CALL) && sources.includes(pbx)) this.#isFor(key, pbx);
    }
  }

  /** Those of `events` that are the source's to tell. */
  pass(events: readonly PbxEvent[], source: PbxName): readonly PbxEvent[] {
    return events.filter((event) => {
      if (event.type.startsWith('pbx.')) return source === this.#first;
      const subject = subjectOf(event);
      return subject === undefined || this.#isFor(subject, source);
    });
  }

  /** Those of `memos` that are the source's to keep: a call that another one tells is over when that one says so. */
  kept(memos: readonly Memo[], source: PbxName): readonly Memo[] {
    return memos.filter(({ key, state }) => {
      const teller = this.#tellers.get(key);
      return state === null || teller === undefined || teller === source;
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

/** Of a call the key of its memo. */
function subjectOf({ type, callId, data }: PbxEvent): string | undefined {
  if (callId !== undefined) return `${CALL}${callId}`;
  switch (type) {
    case 'extension.registered':
    case 'extension.unregistered':
      return `registrations:${data['extension']}`;
    case 'extension.auth_failed':
      return `logins:${data['extension']}`;
    default:
      return undefined;
  }
}
