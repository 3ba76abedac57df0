import { type Micros, micro } from '../util/clock.ts';
import type { RefusalReason, RegistrationFact } from './registration-facts.ts';

type Refusal = Extract<RegistrationFact, { kind: 'account.refused' }>;

/** Failures that follow one that was told, within this time, are only counted. */
export const QUIET_MICROS = micro(60_000_000);

/** Accounts that one address may try in `QUIET_MICROS` before further ones are passed over: it scans. */
const MAX_OF_ADDRESS = 10;
/** The same of all addresses together. */
const MAX_TRIES = 1_000;

interface Tries {
  readonly address: string | undefined;
  toldAt: Micros;
  lastAt: Micros;
  /** Since the event that was told last. */
  untold: number;
}

/**
 * Which failed logins are told, so that whoever tries out passwords, hundreds in a second, floods nobody: of one
 * account, address and reason the first, and then at most one a minute. A good password from there, or a minute
 * without a failure, begins anew.
 */
export class FailedLogins {
  /** In the order of `lastAt`. */
  readonly #tries = new Map<string, Tries>();

  /** How many failures the event that is to be told now stands for; undefined if none is. */
  failed(account: string, { address, reason, at }: Refusal): number | undefined {
    this.#forgetOld(at);
    const key = keyOf(account, address, reason);
    const known = this.#tries.get(key);
    if (known === undefined) {
      if (!this.#hasRoom(address)) return undefined;
      this.#tries.set(key, { address, toldAt: at, lastAt: at, untold: 0 });
      return 1;
    }
    this.#tries.delete(key);
    this.#tries.set(key, known);
    known.lastAt = at;
    known.untold += 1;
    if (at - known.toldAt < QUIET_MICROS) return undefined;
    const count = known.untold;
    known.toldAt = at;
    known.untold = 0;
    return count;
  }

  succeeded(account: string, address: string | undefined): void {
    this.#tries.delete(keyOf(account, address, 'wrong_password'));
  }

  #forgetOld(now: Micros): void {
    for (const [key, { lastAt }] of this.#tries) {
      if (now - lastAt < QUIET_MICROS) return;
      this.#tries.delete(key);
    }
  }

  #hasRoom(address: string | undefined): boolean {
    if (this.#tries.size >= MAX_TRIES) return false;
    let count = 0;
    for (const tries of this.#tries.values()) if (tries.address === address) count += 1;
    return count < MAX_OF_ADDRESS;
  }
}

function keyOf(account: string, address: string | undefined, reason: RefusalReason): string {
  return `${account} ${address ?? ''} ${reason}`;
}
