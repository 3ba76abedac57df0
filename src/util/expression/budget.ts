/**
 * What is free is in proportion to what is read, so that a batch may take longer than one event: a common expression
 * takes 0.02 to 0.4 ms for an event, and less than 0.2 ms for each KiB of a batch. One like that is never refused,
 * however often it is asked. What expressions take beyond that may be a fifth of the thread in the long run, whatever
 * their number, and 300 ms at once for each: that lets a burst of events pass, and is more than three evaluations that
 * are cut off after 50 ms and tried once more, which have a rule of their own.
 */
const FREE_MS_PER_KIB = 1;
const MOST_SHARE = 0.2;
const BURST_MS = 300;

/** What each slow expression owes its thread for the time that it took. Time that goes by pays for all of them alike. */
export class Budget {
  static readonly perSecondMs = MOST_SHARE * 1_000;
  readonly #debts = new Map<string, number>();
  #paidAt = 0;

  /** Whether it is to be left alone until it owes less. */
  isUsedUp(source: string, now: number): boolean {
    this.#pay(now);
    return this.#owedBy(source) >= BURST_MS;
  }

  /** It took `ms` for an input of `length` characters. Time below what is free makes good for time above it. */
  charge(source: string, length: number, ms: number, now: number): void {
    this.#pay(now);
    this.#set(source, this.#owedBy(source) + ms - FREE_MS_PER_KIB * Math.ceil(length / 1024));
  }

  #pay(now: number): void {
    const each = ((now - this.#paidAt) * MOST_SHARE) / this.#debts.size;
    this.#paidAt = now;
    for (const [source, owed] of this.#debts) this.#set(source, owed - each);
  }

  #owedBy(source: string): number {
    return this.#debts.get(source) ?? 0;
  }

  #set(source: string, owed: number): void {
    if (owed > 0) this.#debts.set(source, owed);
    else this.#debts.delete(source);
  }
}
