import type { EventData, PbxEvent } from '../model/event.ts';
import { type Micros, rfc3339Seconds } from '../util/clock.ts';
import { accountKeyOf, ContactBook, contactKeyOf, type KnownContact } from './contact-book.ts';
import { isMoved, merged } from './contact-news.ts';
import { parseContactUri } from './contact-uri.ts';
import { createDeviceReader, type DeviceReader } from './devices.ts';
import type { Fact } from './facts.ts';
import { FailedLogins } from './failed-logins.ts';
import { goneByGrant } from './granted.ts';
import { Listed } from './listed.ts';
import { Memory } from './memory.ts';
import type { TelephonyOptions } from './options.ts';
import { type LoginFact, RecentLogins } from './recent-logins.ts';
import type { AccountKind, Contact, GrantFact, RemovalReason } from './registration-facts.ts';
import { Teller } from './teller.ts';

/** Tells when a device of an extension registers, goes, stops answering and answers again, and who is not let in. */
export interface Registrations {
  apply(fact: Fact): readonly PbxEvent[];
  /** When a contact may have expired of which nobody tells it. */
  deadline(): Micros | undefined;
  /** Tells what has expired by now. */
  settle(now: Micros): readonly PbxEvent[];
}

export function createRegistrations(
  options: TelephonyOptions,
  memory = new Memory(options.pbx, false),
): Registrations {
  return new RegistrationTracker(options, memory);
}

/** A contact that was added this short a time before another one of its account goes has replaced it. */
const REPLACED_WITHIN_MICROS = 200_000;

type ListFact = Extract<Fact, { kind: 'contacts.listed' }>;

/** What happened to a contact. */
interface ContactChange {
  readonly kind: 'contact.added' | 'contact.reachable' | 'contact.unreachable' | 'contact.removed';
  readonly reason?: RemovalReason | undefined;
}

const TECHNOLOGIES: Readonly<Record<AccountKind, string>> = { pjsip: 'PJSIP', sip: 'SIP', iax2: 'IAX2' };
const INFERRED: EventData = { inferred: true };

/**
 * Three voices tell of contacts: the stream, whose changes are news; the PBX while it loads, which tells of the
 * contacts that it kept as if they were new; and the list that is asked for on each connection. The list may be
 * older than what the stream told of a contact meanwhile. On the first connection it is taken over silently, on
 * a later one the difference is what was missed.
 */
class RegistrationTracker implements Registrations {
  readonly #devices: DeviceReader;
  readonly #teller: Teller;
  readonly #book: ContactBook;
  readonly #logins = new RecentLogins();
  readonly #failedLogins = new FailedLogins();
  /** Contacts that the stream told of on this connection; undefined once its list came, so that they do not gather. */
  #streamed: Set<string> | undefined = new Set();
  /** Contacts that the list showed to be gone: the stream may still be about to tell it. */
  readonly #missed = new Set<string>();
  /** Kinds of accounts that were listed on this or an earlier connection. */
  readonly #listedBefore: Listed;
  #isLoading = true;
  /** Out of sight nothing expires: it may be refreshed without our knowing. */
  #isInSight = false;

  constructor(options: TelephonyOptions, memory: Memory) {
    this.#devices = createDeviceReader(options);
    this.#teller = new Teller(options.pbx);
    this.#book = new ContactBook(memory);
    this.#listedBefore = new Listed(memory, 'contacts');
  }

  apply(fact: Fact): readonly PbxEvent[] {
    switch (fact.kind) {
      case 'pbx.connected':
        this.#isLoading = true;
        this.#streamed = new Set();
        this.#missed.clear();
        this.#isInSight = true;
        this.#book.renew(fact.at);
        break;
      case 'pbx.disconnected':
        this.#isInSight = false;
        break;
      case 'pbx.booted':
        this.#isLoading = false;
        break;
      case 'contact.added':
      case 'contact.reachable':
      case 'contact.unreachable':
      case 'contact.removed':
        if (this.#extensionOf(fact.contact) !== undefined) this.#onContact(fact, fact.contact, fact.at);
        break;
      case 'contacts.granted':
        if (this.#extensionOf(fact) !== undefined) this.#onGranted(fact);
        break;
      case 'account.challenged':
      case 'account.authenticated':
      case 'account.refused':
        this.#logins.note(fact);
        this.#onLogin(fact);
        break;
      case 'contacts.listed':
        this.#onList(fact);
        if (fact.account === undefined) this.#streamed = undefined;
        break;
      default:
    }
    return this.#teller.take();
  }

  deadline(): Micros | undefined {
    return this.#isInSight ? this.#book.nextExpiry() : undefined;
  }

  settle(now: Micros): readonly PbxEvent[] {
    // The end of a run is not the end of time: contacts outlive it.
    if (!this.#isInSight || !Number.isFinite(now)) return [];
    for (const contact of this.#book.expired(now)) this.#remove(contact, contact.expiresAt ?? now, 'expired');
    return this.#teller.take();
  }

  #onContact({ kind, reason }: ContactChange, contact: Contact, at: Micros): void {
    this.#streamed?.add(contactKeyOf(contact));
    const known = this.#book.get(contact);
    if (kind === 'contact.removed') this.#onRemoved(contact, known, at, reason);
    else if (known === undefined) this.#onUnknown(kind, contact, at);
    else if (isMoved(known.contact, contact)) this.#onMoved(known.contact, contact, at, {});
    else this.#onKnown(kind, known, contact, at);
  }

  #onUnknown(kind: string, contact: Contact, at: Micros): void {
    const isUnreachable = kind === 'contact.unreachable';
    // A peer is told as reachable without being registered, where its address is configured.
    if (kind === 'contact.reachable' && contact.uri === undefined) return;
    const known: KnownContact = {
      contact,
      isUnreachable,
      isUntold: this.#isLoading && this.#listedBefore.has(contact.accountKind),
    };
    // A new contact is told as such before it answers: one that only answers was there before we looked.
    if (kind === 'contact.added') this.#book.add(known, at);
    else this.#book.put(known);
    if (this.#isLoading) return;
    if (kind === 'contact.added') this.#tellRegistered(contact, at, {});
    else if (isUnreachable) this.#tellReach('extension.unreachable', contact, at);
  }

  #onKnown(kind: string, known: KnownContact, told: Contact, at: Micros): void {
    const contact = merged(known.contact, told);
    const isUnreachable =
      kind === 'contact.unreachable' || (known.isUnreachable && kind !== 'contact.reachable');
    this.#book.put({ ...known, contact, isUnreachable });
    if (this.#isLoading || isUnreachable === known.isUnreachable) return;
    this.#tellReach(isUnreachable ? 'extension.unreachable' : 'extension.reachable', contact, at);
  }

  /** A peer of chan_sip or IAX registered from another address. */
  #onMoved(before: Contact, now: Contact, at: Micros, more: EventData): void {
    this.#book.add({ contact: now, isUnreachable: false, isUntold: false }, at);
    if (this.#isLoading) return;
    this.#tellRegistered(now, at, more);
    this.#tellUnregistered(before, at, { reason: 'replaced', ...more });
  }

  /** The newcomer is told first, as Asterisk does. A contact that is only listed was there before we looked. */
  #onGranted(fact: GrantFact): void {
    const { at, accountKind, account } = fact;
    const gone = goneByGrant(
      fact,
      this.#book.of({ accountKind, account }).map(({ contact }) => contact),
    );
    for (const contact of fact.contacts) this.#onContact({ kind: 'contact.added' }, contact, at);
    for (const contact of fact.others) this.#onContact({ kind: 'contact.reachable' }, contact, at);
    for (const { contact, reason } of gone) this.#remove(contact, at, reason);
  }

  #remove(contact: Contact, at: Micros, reason: RemovalReason): void {
    this.#book.remove(contact);
    this.#tellUnregistered(contact, at, { reason });
  }

  #onRemoved(
    told: Contact,
    known: KnownContact | undefined,
    at: Micros,
    reason: RemovalReason | undefined,
  ): void {
    const wasKnownGone =
      this.#missed.delete(contactKeyOf(told)) ||
      (known === undefined && told.uri === undefined && this.#book.knowsAccountOf(told));
    this.#book.remove(told);
    if (this.#isLoading || (known === undefined && wasKnownGone)) return;
    const contact = known === undefined ? told : merged(known.contact, told);
    this.#tellUnregistered(contact, at, { reason: reason ?? this.#reasonOf(contact, at) });
  }

  #onLogin(fact: LoginFact): void {
    const extension = this.#extensionOf(fact);
    if (extension === undefined) return;
    const { address, port, at } = fact;
    if (fact.kind === 'account.authenticated') this.#failedLogins.succeeded(accountKeyOf(fact), address);
    if (fact.kind !== 'account.refused') return;
    const count = this.#failedLogins.failed(accountKeyOf(fact), fact);
    if (count === undefined) return;
    const { reason } = fact;
    this.#teller.tell('extension.auth_failed', at, { extension, ip_address: address, port, reason, count });
  }

  #reasonOf(contact: Contact, at: Micros): RemovalReason {
    const since = this.#book.successorSince(contact);
    if (since !== undefined && at - since <= REPLACED_WITHIN_MICROS) return 'replaced';
    return this.#logins.justBefore(contact.accountKind, contact.account, at) ? 'removed' : 'expired';
  }

  #onList({ accountKinds: kinds, account, contacts, at }: ListFact): void {
    const listed = new Set(contacts.map(contactKeyOf));
    // Who lists one account tells its changes in step with that.
    const streamed = account === undefined ? this.#streamed : undefined;
    for (const contact of contacts) {
      if (this.#extensionOf(contact) !== undefined) this.#onListed(contact, at, streamed);
    }
    for (const { contact } of this.#book.all()) {
      const key = contactKeyOf(contact);
      if (listed.has(key) || streamed?.has(key) || !kinds.includes(contact.accountKind)) continue;
      if (account !== undefined && account !== contact.account) continue;
      this.#book.remove(contact);
      this.#missed.add(key);
      if (!this.#isFirstList(contact)) this.#tellUnregistered(contact, at, INFERRED);
    }
    for (const kind of kinds) {
      this.#listedBefore.add(account === undefined ? kind : accountKeyOf({ accountKind: kind, account }));
    }
  }

  #isFirstList(contact: Contact): boolean {
    const { accountKind } = contact;
    return !this.#listedBefore.has(accountKind) && !this.#listedBefore.has(accountKeyOf(contact));
  }

  #onListed(contact: Contact, at: Micros, streamed: ReadonlySet<string> | undefined): void {
    const known = this.#book.get(contact);
    const isStreamed = streamed?.has(contactKeyOf(contact)) ?? false;
    if (known === undefined) {
      if (isStreamed) return;
      this.#book.add({ contact, isUnreachable: false, isUntold: false }, at);
      if (!this.#isFirstList(contact)) this.#tellRegistered(contact, at, INFERRED);
    } else if (isMoved(known.contact, contact)) {
      if (!isStreamed) this.#onMoved(known.contact, contact, at, INFERRED);
    } else {
      const full = merged(known.contact, contact);
      this.#book.put({ ...known, contact: full, isUntold: false });
      if (known.isUntold) this.#tellRegistered(full, at, INFERRED);
    }
  }

  #extensionOf({ accountKind, account }: Pick<Contact, 'accountKind' | 'account'>): string | undefined {
    const device = this.#devices.ofDevice(`${TECHNOLOGIES[accountKind]}/${account}`);
    return device.kind === 'extension' ? device.extension : undefined;
  }

  #tellRegistered(contact: Contact, at: Micros, more: EventData): void {
    this.#teller.tell('extension.registered', at, { ...this.#dataOf(contact), ...more });
  }

  #tellUnregistered(contact: Contact, at: Micros, more: EventData): void {
    this.#teller.tell('extension.unregistered', at, { ...this.#dataOf(contact), ...more });
  }

  #tellReach(type: 'extension.reachable' | 'extension.unreachable', contact: Contact, at: Micros): void {
    this.#teller.tell(type, at, this.#dataOf(contact));
  }

  #dataOf(contact: Contact): EventData {
    const written = parseContactUri(contact.uri ?? '');
    return {
      extension: this.#extensionOf(contact),
      ip_address: contact.address ?? written.address,
      port: contact.address === undefined ? written.port : contact.port,
      user_agent: contact.userAgent,
      contact_uri: contact.uri,
      expires_at: contact.expiresAt === undefined ? undefined : rfc3339Seconds(contact.expiresAt),
      transport: written.transport,
      contacts: this.#book.count(contact),
    };
  }
}
