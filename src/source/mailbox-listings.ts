import type { Fact, VoicemailFact } from '../telephony/facts.ts';
import { type Counts, countsOf, sameCounts, type VoiceMessage } from '../telephony/mailbox.ts';
import { type Clock, type Micros, micro, type Timer } from '../util/clock.ts';
import { deferred } from '../util/deferred.ts';

type Counted = Extract<VoicemailFact, { kind: 'voicemail.counted' }>;
type Listed = Extract<VoicemailFact, { kind: 'voicemail.listed' }>;

export interface MailboxListingsOptions {
  readonly clock: Clock;
  /** What lies in a mailbox such as `1002@default`; undefined if that can't be found out. Must not reject. */
  query(mailbox: string): Promise<readonly VoiceMessage[] | undefined>;
  onListed(fact: Listed): void;
}

/** Milliseconds that one query may take before the next mailbox gets its turn. */
const PATIENCE_MS = 1_500;
/** Mailboxes that may wait to be listed while their changes wait for it; more are told by their counts. */
const MAX_URGENT = 100;
/** Milliseconds until a mailbox is listed again whose list did not make up its counts: it was being changed. */
const AGAIN_MS = 50;

/**
 * Lists mailboxes when they change, one at a time, so that no flood of changes becomes a flood of queries. What a
 * PBX tells passes by here on its way to the trackers, and is never held up.
 */
export class MailboxListings {
  readonly #options: MailboxListingsOptions;
  /** As last told by the PBX. */
  readonly #counts = new Map<string, Counts>();
  /** In line, those first whose changes wait; the value says whether they may have changed unseen. */
  readonly #urgent = new Map<string, boolean>();
  readonly #waiting = new Map<string, boolean>();
  #asking: string | undefined;
  readonly #again = new Map<string, Timer>();
  /** How far the PBX's clock is ahead of ours. */
  #skew = 0;
  #isStopped = false;

  constructor(options: MailboxListingsOptions) {
    this.#options = options;
  }

  /** Looks at a fact of the PBX and gives what is to be told for it. */
  notice(fact: Fact): Fact {
    if (fact.kind === 'voicemail.recorded') {
      this.#noteTime(fact.at);
      const mailbox = mailboxOf(fact.file);
      // Its counts follow in a moment: with the list at hand they need not wait.
      if (mailbox !== undefined) this.#askSoon(mailbox);
      return fact;
    }
    return fact.kind === 'voicemail.counted' ? this.#counted(fact) : fact;
  }

  /** Lists a mailbox. @param found whether it may have changed some time ago. */
  ask(mailbox: string, found = false): void {
    if (this.#isStopped) return;
    if (!this.#waiting.has(mailbox) && !this.#urgent.has(mailbox)) this.#waiting.set(mailbox, found);
    if (this.#asking === undefined) void this.#askAll();
  }

  /** A mailbox is new: what will lie in it was left since. */
  tellEmpty(mailbox: string): void {
    this.#options.onListed({ kind: 'voicemail.listed', at: this.#now(), mailbox, messages: [] });
  }

  stop(): void {
    this.#isStopped = true;
    this.#urgent.clear();
    this.#waiting.clear();
    for (const timer of this.#again.values()) timer.cancel();
    this.#again.clear();
  }

  #counted(fact: Counted): Fact {
    this.#noteTime(fact.at);
    const before = this.#counts.get(fact.mailbox);
    this.#counts.set(fact.mailbox, { newCount: fact.newCount, oldCount: fact.oldCount });
    // A PBX that boots tells the counts of every mailbox, and some say the same again and again.
    const isNews = fact.channel !== undefined || (before !== undefined && !sameCounts(before, fact));
    if (!isNews || !this.#askSoon(fact.mailbox)) return fact;
    return { ...fact, listingFollows: true };
  }

  /** Whether it will be listed. */
  #askSoon(mailbox: string): boolean {
    if (this.#isStopped) return false;
    // What is being asked now may be too old; `#answered` sees whether it is.
    if (this.#asking === mailbox || this.#urgent.has(mailbox)) return true;
    if (this.#urgent.size >= MAX_URGENT) return false;
    this.#urgent.set(mailbox, this.#waiting.get(mailbox) ?? false);
    this.#waiting.delete(mailbox);
    if (this.#asking === undefined) void this.#askAll();
    return true;
  }

  async #askAll(): Promise<void> {
    for (;;) {
      const line = this.#urgent.size > 0 ? this.#urgent : this.#waiting;
      const next = line.entries().next().value;
      if (next === undefined || this.#isStopped) return;
      const [mailbox, found] = next;
      line.delete(mailbox);
      this.#asking = mailbox;
      const messages = await this.#queryInTime(mailbox);
      this.#asking = undefined;
      if (this.#isStopped) return;
      this.#answered(mailbox, messages, found);
    }
  }

  async #queryInTime(mailbox: string): Promise<readonly VoiceMessage[] | undefined> {
    const tooLate = deferred<undefined>();
    const timer = this.#options.clock.after(PATIENCE_MS, () => tooLate.resolve(undefined));
    const messages = await Promise.race([this.#options.query(mailbox), tooLate.promise]);
    timer.cancel();
    return messages;
  }

  #answered(mailbox: string, messages: readonly VoiceMessage[] | undefined, found: boolean): void {
    const fact: Listed = { kind: 'voicemail.listed', at: this.#now(), mailbox, messages };
    this.#options.onListed(found ? { ...fact, found } : fact);
    const counts = this.#counts.get(mailbox);
    if (messages === undefined || counts === undefined || sameCounts(countsOf(messages), counts)) {
      this.#again.get(mailbox)?.cancel();
      this.#again.delete(mailbox);
    } else if (!this.#again.has(mailbox)) {
      const again = this.#options.clock.after(AGAIN_MS, () => this.ask(mailbox));
      this.#again.set(mailbox, again);
    }
  }

  /** In the PBX's time. */
  #now(): Micros {
    return micro(this.#options.clock.now() + this.#skew);
  }

  #noteTime(at: Micros): void {
    this.#skew = at - this.#options.clock.now();
  }
}

/** `…/default/1002/INBOX/msg0000` is a message of `1002@default`. */
function mailboxOf(file: string): string | undefined {
  const [context, box] = file.split('/').slice(-4, -2);
  return context && box ? `${box}@${context}` : undefined;
}
