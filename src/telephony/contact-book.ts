import { z } from 'zod';
import { type Micros, micro } from '../util/clock.ts';
import type { Keeper, Memory } from './memory.ts';
import type { Contact } from './registration-facts.ts';

/** A contact that is there. */
export interface KnownContact {
  readonly contact: Contact;
  readonly isUnreachable: boolean;
  /** Told while the PBX was loading, on a later connection than the first: news, if the PBX lists it as well. */
  readonly isUntold: boolean;
}

interface Account {
  readonly contacts: Map<string, KnownContact>;
  lastAdded: { readonly key: string; readonly at: Micros } | undefined;
}

/** One account in all facts of it. */
export function accountKeyOf(contact: Pick<Contact, 'accountKind' | 'account'>): string {
  return `${contact.accountKind}/${contact.account}`;
}

/** One contact in all facts of it; a peer of chan_sip or IAX has but one. */
export function contactKeyOf(contact: Contact): string {
  return `${accountKeyOf(contact)} ${contact.uri ?? ''}`;
}

const text = z.string().optional();
const written = z.array(
  z.object({
    contact: z.object({
      accountKind: z.enum(['pjsip', 'sip', 'iax2']),
      account: z.string(),
      uri: text,
      address: text,
      port: z.number().optional(),
      userAgent: text,
      expiresAt: z.custom<Micros>(Number.isSafeInteger).optional(),
      lifetime: z.number().optional(),
      device: text,
    }),
    isUnreachable: z.boolean(),
  }),
);

/** The contacts of each account. An account that lost its last contact stays known as one without. */
export class ContactBook implements Keeper {
  readonly #memory: Memory;
  readonly #accounts = new Map<string, Account>();
  /** No later than the first that is over. */
  #nextExpiry: Micros | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
    memory.keep('account', this);
  }

  get(contact: Contact): KnownContact | undefined {
    return this.#accounts.get(accountKeyOf(contact))?.contacts.get(contactKeyOf(contact));
  }

  put(known: KnownContact): void {
    const { contacts } = this.#account(known.contact);
    const key = contactKeyOf(known.contact);
    const before = contacts.get(key);
    contacts.set(key, known);
    this.#noteExpiry(known.contact);
    if (before === undefined || !isAlike(before, known)) {
      this.#memory.touch('account', accountKeyOf(known.contact));
    }
  }

  add(known: KnownContact, at: Micros): void {
    this.put(known);
    this.#account(known.contact).lastAdded = { key: contactKeyOf(known.contact), at };
  }

  remove(contact: Contact): void {
    this.#account(contact).contacts.delete(contactKeyOf(contact));
    this.#memory.touch('account', accountKeyOf(contact));
  }

  stateOf(account: string): unknown {
    const contacts = [...(this.#accounts.get(account)?.contacts.values() ?? [])];
    return contacts.length === 0 ? undefined : contacts;
  }

  recall(account: string, state: unknown): boolean {
    const read = written.safeParse(state);
    if (!read.success) return false;
    const contacts = read.data.map(
      (known) => [contactKeyOf(known.contact), { ...known, isUntold: false }] as const,
    );
    this.#accounts.set(account, { contacts: new Map(contacts), lastAdded: undefined });
    for (const [, { contact }] of contacts) this.#noteExpiry(contact);
    return true;
  }

  ids(): Iterable<string> {
    return this.#accounts.keys();
  }

  /** Contacts of the account of `contact`. */
  count(contact: Contact): number {
    return this.#accounts.get(accountKeyOf(contact))?.contacts.size ?? 0;
  }

  /** Whether anything was told of the account of `contact`. */
  knowsAccountOf(contact: Contact): boolean {
    return this.#accounts.has(accountKeyOf(contact));
  }

  /** When the newest of the other contacts of its account came, if that one is still there. */
  successorSince(contact: Contact): Micros | undefined {
    const account = this.#accounts.get(accountKeyOf(contact));
    const last = account?.lastAdded;
    if (last === undefined || last.key === contactKeyOf(contact)) return undefined;
    return account?.contacts.has(last.key) === true ? last.at : undefined;
  }

  /** The contacts of the account of `contact`. */
  of(contact: Pick<Contact, 'accountKind' | 'account'>): KnownContact[] {
    return [...(this.#accounts.get(accountKeyOf(contact))?.contacts.values() ?? [])];
  }

  /** When to ask for what has expired. */
  nextExpiry(): Micros | undefined {
    return this.#nextExpiry;
  }

  /** Contacts whose lifetime is over. */
  expired(now: Micros): Contact[] {
    if (this.#nextExpiry === undefined || this.#nextExpiry > now) return [];
    this.#nextExpiry = undefined;
    const contacts = this.all().map(({ contact }) => contact);
    const isOver = (contact: Contact): boolean => (expiryOf(contact) ?? Number.POSITIVE_INFINITY) <= now;
    for (const contact of contacts) if (!isOver(contact)) this.#noteExpiry(contact);
    return contacts.filter(isOver);
  }

  /** Nobody looked before `now`: what may have been refreshed meanwhile lives as long as if it just had been. */
  renew(now: Micros): void {
    this.#nextExpiry = undefined;
    for (const known of this.all()) {
      const { lifetime, expiresAt = now } = known.contact;
      if (lifetime === undefined) continue;
      const renewed = micro(Math.max(expiresAt, now + lifetime));
      this.put({ ...known, contact: { ...known.contact, expiresAt: renewed } });
    }
  }

  all(): KnownContact[] {
    return [...this.#accounts.values()].flatMap(({ contacts }) => [...contacts.values()]);
  }

  #noteExpiry(contact: Contact): void {
    const expiry = expiryOf(contact);
    if (expiry === undefined || (this.#nextExpiry !== undefined && this.#nextExpiry <= expiry)) return;
    this.#nextExpiry = expiry;
  }

  #account(contact: Contact): Account {
    const key = accountKeyOf(contact);
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const account: Account = { contacts: new Map(), lastAdded: undefined };
    this.#accounts.set(key, account);
    return account;
  }
}

/** When a contact is over unless it is refreshed; undefined where the PBX tells that itself. */
function expiryOf({ lifetime, expiresAt }: Contact): Micros | undefined {
  return lifetime === undefined ? undefined : expiresAt;
}

/** Whether a refresh told nothing that is worth the disk. */
function isAlike(before: KnownContact, now: KnownContact): boolean {
  return (
    before.isUnreachable === now.isUnreachable &&
    before.contact.address === now.contact.address &&
    before.contact.port === now.contact.port &&
    before.contact.userAgent === now.contact.userAgent &&
    expiryOf(before.contact) === expiryOf(now.contact)
  );
}
