import { accountKeyOf } from '../../telephony/contact-book.ts';
import type { Fact } from '../../telephony/facts.ts';
import type { Contact, PbxFact, RegistrationFact } from '../../telephony/registration-facts.ts';
import type { Clock, Timer } from '../../util/clock.ts';
import type { AmiResult } from './connection.ts';

/** What waits in line: facts that must keep their order among each other, not among those of calls. */
export type QueuedFact = RegistrationFact | Extract<PbxFact, { readonly kind: 'pbx.booted' }>;

export function isQueuedFact(fact: Fact): fact is QueuedFact {
  return fact.kind === 'pbx.booted' || fact.kind.startsWith('contact') || fact.kind.startsWith('account.');
}

export interface RegistrationQueueOptions {
  readonly clock: Clock;
  /** Every contact there is, with its details. */
  query(): Promise<AmiResult<readonly Contact[]>>;
  onFact(fact: QueuedFact): void;
  /** Told once, if the details can't be asked for. */
  onRefused(reason: string): void;
}

/** Milliseconds that a fact waits for the details of its contact before it goes out without. */
const PATIENCE_MS = 2_000;
/** Milliseconds in which contacts gather for one query; twice as long as the last query took, if that is more. */
const GATHER_MS = 50;

interface Waiting {
  fact: QueuedFact;
  readonly since: number;
  /** Number of the query that will know of this contact; `undefined` once there is nothing to wait for. */
  query: number | undefined;
}

/**
 * Gives a new contact what AMI's events leave out. A fact that needs it waits, the ones behind it with it; one query
 * at a time serves all that came before it was sent, so that 500 phones that register at once cost a few queries.
 */
export class RegistrationQueue {
  readonly #options: RegistrationQueueOptions;
  #waiting: Waiting[] = [];
  #queries = 0;
  #state: 'idle' | 'gathering' | 'asking' | 'off' = 'idle';
  #gatherMs = GATHER_MS;
  #gathering: Timer | undefined;
  #patience: Timer | undefined;

  constructor(options: RegistrationQueueOptions) {
    this.#options = options;
  }

  /** @param needsDetails whether `fact` tells of a contact whose details are wanted. */
  push(fact: QueuedFact, needsDetails: boolean): void {
    const isNeedy = needsDetails && this.#state !== 'off';
    if (!isNeedy && this.#waiting.length === 0) {
      this.#options.onFact(fact);
      return;
    }
    this.#waiting.push({ fact, since: this.#nowMs(), query: isNeedy ? this.#queries + 1 : undefined });
    if (isNeedy && this.#state === 'idle') this.#gather();
    this.#patience ??= this.#beginPatience();
  }

  /** Lets everything out as it is: the connection is gone. Nothing is asked for any more. */
  flush(): void {
    this.#state = 'off';
    this.#gathering?.cancel();
    this.#patience?.cancel();
    for (const waiting of this.#waiting) waiting.query = undefined;
    this.#release();
  }

  #gather(): void {
    this.#state = 'gathering';
    this.#gathering = this.#options.clock.after(this.#gatherMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    this.#state = 'asking';
    this.#queries += 1;
    const query = this.#queries;
    const askedAt = this.#nowMs();
    const answer = await this.#options.query();
    if (this.#isOff()) return;
    this.#gatherMs = Math.max(GATHER_MS, 2 * (this.#nowMs() - askedAt));
    this.#state = 'idle';
    if (answer.ok) this.#fill(query, answer.value);
    else if (answer.failure.code === 'refused') this.#giveUp(answer.failure.message);
    else this.#fill(query, []);
    if (this.#waiting.some((waiting) => waiting.query !== undefined)) this.#gather();
  }

  #isOff(): boolean {
    return this.#state === 'off';
  }

  #fill(query: number, contacts: readonly Contact[]): void {
    const known = new Map(contacts.map((contact) => [`${accountKeyOf(contact)} ${contact.uri}`, contact]));
    for (const waiting of this.#waiting) {
      if (waiting.query === undefined || waiting.query > query) continue;
      waiting.query = undefined;
      if (!('contact' in waiting.fact)) continue;
      const { contact } = waiting.fact;
      const details = known.get(`${accountKeyOf(contact)} ${contact.uri}`);
      if (details !== undefined) waiting.fact = { ...waiting.fact, contact: { ...contact, ...details } };
    }
    this.#release();
  }

  #giveUp(reason: string): void {
    this.#options.onRefused(reason);
    this.flush();
  }

  /** Lets out the facts at the head that wait for nothing. */
  #release(): void {
    const needy = this.#waiting.findIndex((waiting) => waiting.query !== undefined);
    const ready = needy === -1 ? this.#waiting : this.#waiting.slice(0, needy);
    this.#waiting = needy === -1 ? [] : this.#waiting.slice(needy);
    for (const { fact } of ready) this.#options.onFact(fact);
  }

  /** One timer, for the fact at the head. */
  #beginPatience(): Timer | undefined {
    const head = this.#waiting[0];
    if (head === undefined) return undefined;
    const left = head.since + PATIENCE_MS - this.#nowMs();
    return this.#options.clock.after(Math.max(0, left), () => {
      const now = this.#nowMs();
      for (const waiting of this.#waiting) if (waiting.since + PATIENCE_MS <= now) waiting.query = undefined;
      this.#release();
      this.#patience = this.#beginPatience();
    });
  }

  #nowMs(): number {
    return this.#options.clock.now() / 1000;
  }
}
