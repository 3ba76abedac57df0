import type { Micros } from '../util/clock.ts';
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

/** The contacts of each account. An account that lost its last contact stays known as one without. */
export class ContactBook {
  readonly #accounts = new Map<string, Account>();

  get(contact: Contact): KnownContact | undefined {
    return this.#accounts.get(accountKeyOf(contact))?.contacts.get(contactKeyOf(contact));
  }

  put(known: KnownContact): void {
    this.#account(known.contact).contacts.set(contactKeyOf(known.contact), known);
  }

  add(known: KnownContact, at: Micros): void {
    this.put(known);
    this.#account(known.contact).lastAdded = { key: contactKeyOf(known.contact), at };
  }

  remove(contact: Contact): void {
    this.#account(contact).contacts.delete(contactKeyOf(contact));
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

  all(): KnownContact[] {
    return [...this.#accounts.values()].flatMap(({ contacts }) => [...contacts.values()]);
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
