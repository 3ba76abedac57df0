import type { Micros } from '../util/clock.ts';
import type { AccountKind, RegistrationFact } from './registration-facts.ts';

/** A device that takes its contact back was let in this short a time before; measured: a millisecond. */
const JUST_BEFORE_MICROS = 500_000;

export type LoginFact = Extract<RegistrationFact, { readonly kind: `account.${string}` }>;

/**
 * Which accounts were let in just now: it tells a device that took its contact back from a contact that expired.
 * A challenge counts until it is refused, since the PBX may tell of the success after the contact's removal.
 */
export class RecentLogins {
  /** In the order of their times; no older ones are kept, so that scanners fill no memory. */
  readonly #times = new Map<string, Micros>();

  note(fact: LoginFact): void {
    const key = `${fact.accountKind}/${fact.account}`;
    this.#times.delete(key);
    if (fact.kind !== 'account.refused') this.#times.set(key, fact.at);
    for (const [old, at] of this.#times) {
      if (fact.at - at <= JUST_BEFORE_MICROS) break;
      this.#times.delete(old);
    }
  }

  justBefore(kind: AccountKind, account: string, at: Micros): boolean {
    const login = this.#times.get(`${kind}/${account}`);
    return login !== undefined && at - login <= JUST_BEFORE_MICROS;
  }
}
