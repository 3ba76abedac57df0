import { contactKeyOf } from '../../telephony/contact-book.ts';
import type { Fact } from '../../telephony/facts.ts';
import type { Clock } from '../../util/clock.ts';
import type { Logger } from '../../util/log.ts';
import type { AmiConnection, AmiPacket } from './connection.ts';
import { listContacts, listPjsipContacts } from './contacts.ts';
import { type AmiFacts, createAmiFacts } from './facts.ts';
import { MailboxDesk } from './mailbox-desk.ts';
import { NOISE_FILTERS } from './noise.ts';
import { isQueuedFact, type QueuedFact, RegistrationQueue } from './registration-queue.ts';

export interface SessionOptions {
  /** Name of the source, for the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether to ask what lies in mailboxes that change. */
  readonly listsMailboxes: boolean;
  onFact(fact: Fact): void;
}

/**
 * What happens between a login and the loss of its connection. Packets become facts at once and in order; facts of
 * registrations may wait for details, which holds up none of the others.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #reader: AmiFacts = createAmiFacts();
  readonly #registrations: RegistrationQueue;
  readonly #mailboxes: MailboxDesk | undefined;
  /** Contacts whose details were asked for: a refresh asks for none. */
  readonly #detailed = new Set<string>();
  #connection: AmiConnection | undefined;
  #isAnnounced = false;
  #isBooted = false;
  #isShuttingDown = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#mailboxes = options.listsMailboxes ? new MailboxDesk(options) : undefined;
    this.#registrations = new RegistrationQueue({
      clock: options.clock,
      query: async () =>
        this.#connection === undefined
          ? { ok: false, failure: { code: 'closed', message: 'not connected' } }
          : listPjsipContacts(this.#connection),
      onFact: (fact) => options.onFact(fact),
      onRefused: (reason) =>
        options.logger.info(
          `${options.name}: registrations are told without user agent, as PJSIPShowContacts is refused (${reason}): ` +
            'give the account write = system in manager.conf',
        ),
    });
  }

  /** Takes a packet from the login on, also before `begin`. */
  take(packet: AmiPacket): void {
    this.#announce();
    for (const fact of this.#reader.facts(packet, this.#options.clock.now())) {
      if (isQueuedFact(fact)) this.#enqueue(fact);
      else this.#options.onFact(this.#mailboxes?.notice(fact) ?? fact);
    }
    if (packet['event'] === 'Shutdown') this.#onShutdown(packet);
  }

  /** The login was accepted, and actions can be sent. */
  begin(connection: AmiConnection): void {
    this.#announce();
    this.#connection = connection;
    void this.#setFilters(connection);
    if (this.#isBooted) void this.#takeStock(connection);
  }

  /** The connection is gone; what waited goes out first. `reason` is left out where it was wanted. */
  end(reason?: string): void {
    this.#registrations.flush();
    this.#mailboxes?.end();
    if (!this.#isAnnounced || reason === undefined) return;
    const why = this.#isShuttingDown ? 'Asterisk shut down' : reason;
    this.#options.onFact({ kind: 'pbx.disconnected', at: this.#options.clock.now(), reason: why });
  }

  #announce(): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    this.#options.onFact({ kind: 'pbx.connected', at: this.#options.clock.now() });
  }

  #enqueue(fact: QueuedFact): void {
    let needsDetails = false;
    if (fact.kind === 'contact.added' && this.#isBooted && fact.contact.uri !== undefined) {
      const key = contactKeyOf(fact.contact);
      needsDetails = !this.#detailed.has(key);
      this.#detailed.add(key);
    } else if (fact.kind === 'contact.removed') {
      this.#detailed.delete(contactKeyOf(fact.contact));
    }
    this.#registrations.push(fact, needsDetails);
    if (fact.kind !== 'pbx.booted' || this.#isBooted) return;
    this.#isBooted = true;
    if (this.#connection !== undefined) void this.#takeStock(this.#connection);
  }

  /** What happened while nobody looked is found out by comparing; so far for contacts. */
  async #takeStock(connection: AmiConnection): Promise<void> {
    void this.#mailboxes?.begin(connection);
    const stock = await listContacts(connection, () => this.#options.clock.now());
    if (this.#connection !== connection || stock.kind !== 'contacts.listed') return;
    for (const contact of stock.contacts) this.#detailed.add(contactKeyOf(contact));
    this.#registrations.push(stock, false);
  }

  /** An account without `write = system` may not set filters: the connection drops the noise itself. */
  async #setFilters(connection: AmiConnection): Promise<void> {
    const answers = await Promise.all(
      NOISE_FILTERS.map((filter) =>
        connection.action({ Action: 'Filter', Operation: 'Add', Filter: filter }),
      ),
    );
    const refused = answers.find((answer) => !answer.ok && answer.failure.code === 'refused');
    if (refused === undefined || refused.ok) return;
    this.#options.logger.info(
      `${this.#options.name}: the PBX sends more than is needed, as filters are refused (${refused.failure.message}): ` +
        'give the account write = system in manager.conf, or add eventfilter lines there',
    );
  }

  #onShutdown(packet: AmiPacket): void {
    this.#isShuttingDown = true;
    const restarts = packet['restart']?.toLowerCase() === 'true';
    this.#options.logger.info(`${this.#options.name}: Asterisk ${restarts ? 'restarts' : 'shuts down'}`);
  }
}
