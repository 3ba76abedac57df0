import { contactKeyOf } from '../../telephony/contact-book.ts';
import type { Fact } from '../../telephony/facts.ts';
import type { Clock, Micros, Timer } from '../../util/clock.ts';
import type { Logger } from '../../util/log.ts';
import { allowedActions } from './allowed-actions.ts';
import type { AmiConnection, AmiPacket } from './connection.ts';
import { listContacts, listPjsipContacts } from './contacts.ts';
import { type AmiFacts, createAmiFacts } from './facts.ts';
import { MailboxDesk } from './mailbox-desk.ts';
import { NOISE_FILTERS } from './noise.ts';
import { Opening } from './opening.ts';
import { isQueuedFact, type QueuedFact, RegistrationQueue } from './registration-queue.ts';
import { type Stock, takeStock } from './stock.ts';
import { listTrunks } from './trunks.ts';

export interface SessionOptions {
  /** Name of the source, for the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether to ask what lies in mailboxes that change. */
  readonly listsMailboxes: boolean;
  /** Whether the PBX may be told to send less: not where others read the same connection. */
  readonly setsFilters: boolean;
  onFact(fact: Fact): void;
}

/** Milliseconds that the stream waits at most for what there is; later, the lists come after it. */
const STOCK_LIMIT_MS = 1_500;
/** Milliseconds that it waits on: an event of before the lists were made may come after them. */
const LATE_EVENTS_MS = 100;
/** Milliseconds in which a PBX that runs says so; an account without `read = system` is never told. */
const BOOTED_LIMIT_MS = 10_000;

const LIST_OF_CHANNELS = 'coreshowchannels';

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
  /** As long as stock is being taken. */
  #opening: Opening | undefined;
  #openingTimer: Timer | undefined;
  #bootTimer: Timer | undefined;

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
      else if (fact.kind === 'trunk.told' || this.#opening?.take(packet, fact) !== true) this.#tell(fact);
    }
    if (packet['event'] === 'Shutdown') this.#onShutdown(packet);
  }

  /** The login was accepted, and actions can be sent. */
  begin(connection: AmiConnection): void {
    this.#announce();
    this.#connection = connection;
    if (this.#options.setsFilters) void this.#setFilters(connection);
    if (this.#isBooted) this.#takeStock(connection);
    else this.#bootTimer = this.#options.clock.after(BOOTED_LIMIT_MS, () => this.#takeChannels(connection));
  }

  /** The connection is gone; what waited goes out first. `reason` is left out where it was wanted. */
  end(reason?: string): void {
    this.#bootTimer?.cancel();
    this.#endOpening();
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
    this.#bootTimer?.cancel();
    this.#endOpening();
    this.#opening = new Opening();
    if (this.#connection !== undefined) this.#takeStock(this.#connection);
  }

  readonly #pbxNow = (): Micros => this.#reader.pbxTime(this.#options.clock.now());

  /** What happened while nobody looked is found out by comparing. */
  #takeStock(connection: AmiConnection): void {
    void this.#takeContacts(connection);
    void this.#takeTrunks(connection);
    this.#holdBackUntil(this.#askWhatThereIs(connection));
  }

  /** Of a PBX that may still be loading its modules only the list of channels is whole; no call stays open for ever. */
  #takeChannels(connection: AmiConnection): void {
    this.#options.logger.info(
      `${this.#options.name}: the PBX has not said that it has booted, so that of what happened while nobody looked ` +
        'only calls are found out: give the account read = system in manager.conf',
    );
    this.#opening = new Opening();
    this.#holdBackUntil(this.#askForChannels(connection));
  }

  #holdBackUntil(asked: Promise<Stock>): void {
    const { clock } = this.#options;
    const opening = this.#opening;
    this.#openingTimer = clock.after(STOCK_LIMIT_MS, () => this.#release());
    void asked.then((stock) => {
      if (opening === undefined || this.#opening !== opening) return;
      this.#openingTimer?.cancel();
      this.#openingTimer = clock.after(LATE_EVENTS_MS, () => this.#endOpening(stock));
    });
  }

  async #askWhatThereIs(connection: AmiConnection): Promise<Stock> {
    const allowed = await allowedActions(connection);
    this.#mailboxes?.begin(connection, allowed);
    return takeStock(connection, allowed, this.#pbxNow);
  }

  async #askForChannels(connection: AmiConnection): Promise<Stock> {
    const allowed = await allowedActions(connection);
    const isAllowed = allowed?.has(LIST_OF_CHANNELS) ?? true;
    return takeStock(connection, new Set(isAllowed ? [LIST_OF_CHANNELS] : []), this.#pbxNow);
  }

  /** Lets out what there is, as far as it is known, and what the stream told meanwhile. */
  #endOpening(stock?: Stock): void {
    this.#openingTimer?.cancel();
    if (stock !== undefined && this.#opening !== undefined) this.#tell(this.#opening.stockFact(stock));
    this.#release();
    this.#opening = undefined;
    this.#mailboxes?.takeStock(stock?.mailboxes ?? []);
  }

  #release(): void {
    for (const fact of this.#opening?.release() ?? []) this.#tell(fact);
  }

  #tell(fact: Fact): void {
    this.#options.onFact(this.#mailboxes?.notice(fact) ?? fact);
  }

  async #takeContacts(connection: AmiConnection): Promise<void> {
    const stock = await listContacts(connection, this.#pbxNow);
    if (this.#connection !== connection || stock.kind !== 'contacts.listed') return;
    for (const contact of stock.contacts) this.#detailed.add(contactKeyOf(contact));
    this.#registrations.push(stock, false);
  }

  async #takeTrunks(connection: AmiConnection): Promise<void> {
    const stock = await listTrunks(connection, this.#pbxNow);
    if (this.#connection === connection) this.#options.onFact(stock);
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
