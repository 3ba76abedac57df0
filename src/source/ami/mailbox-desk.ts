import type { Fact } from '../../telephony/facts.ts';
import type { ListedMailbox } from '../../telephony/mailbox.ts';
import type { Clock } from '../../util/clock.ts';
import type { Logger } from '../../util/log.ts';
import { MailboxListings } from '../mailbox-listings.ts';
import type { AmiConnection } from './connection.ts';
import { canListMessages, listMessages } from './mailboxes.ts';

export interface MailboxDeskOptions {
  /** Name of the source, for the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  onFact(fact: Fact): void;
}

/** Mailboxes that are listed when stock is taken; what lies in the rest is learnt when they change. */
const MAX_STOCKED = 500;

/** Asks, over one connection, what lies in the mailboxes that change; where that can't be asked, it says so once. */
export class MailboxDesk {
  readonly #options: MailboxDeskOptions;
  readonly #listings: MailboxListings;
  #connection: AmiConnection | undefined;
  #state: 'unknown' | 'asks' | 'cannot' | 'said' = 'unknown';

  constructor(options: MailboxDeskOptions) {
    this.#options = options;
    this.#listings = new MailboxListings({
      clock: options.clock,
      query: async (mailbox) => {
        const listed = this.#connection && (await listMessages(this.#connection, mailbox));
        return listed?.ok ? listed.value : undefined;
      },
      onListed: options.onFact,
    });
  }

  /**
   * @param connection to a PBX that has booted: before, it does not know all its actions yet.
   * @param allowed the actions that may be sent, as far as that is known.
   */
  begin(connection: AmiConnection, allowed: ReadonlySet<string> | undefined): void {
    this.#connection = connection;
    this.#state = allowed !== undefined && canListMessages(allowed) ? 'asks' : 'cannot';
  }

  /** What is to be told for a fact. */
  notice(fact: Fact): Fact {
    if (this.#state === 'asks') return this.#listings.notice(fact);
    if (this.#state === 'cannot' && fact.kind === 'voicemail.counted' && fact.channel !== undefined)
      this.#say();
    return fact;
  }

  /** Lists what there is, so that the first message that is deleted can be told from the others. */
  takeStock(mailboxes: readonly ListedMailbox[]): void {
    if (this.#state !== 'asks') return;
    const filled = mailboxes.filter(({ newCount, oldCount }) => newCount + oldCount > 0);
    for (const { mailbox } of filled.slice(0, MAX_STOCKED)) this.#listings.ask(mailbox, true);
  }

  end(): void {
    this.#listings.stop();
  }

  #say(): void {
    this.#state = 'said';
    this.#options.logger.info(
      `${this.#options.name}: voicemail is told without message_id and duration, as VoicemailBoxSummary can't be ` +
        'asked: give the account write = reporting in manager.conf (Asterisk 18.20, 20.5 and later have it), ' +
        'or set features.webhooks.voicemail.spool',
    );
  }
}
