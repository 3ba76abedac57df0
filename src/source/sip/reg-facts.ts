import type { Contact, RegistrationFact, RemovalReason } from '../../telephony/registration-facts.ts';
import { type Micros, micro } from '../../util/clock.ts';
import type { RegInfo, Registration, ReportedContact } from './reg-info.ts';

/** What the reports of one subscription tell, one after the other. */
export class RegFacts {
  #version: number | undefined;
  /** Contacts that the registrar has, by account and its ids for them. */
  readonly #accounts = new Map<string, Map<string, Contact>>();

  /** Undefined where a report is missing before this one: all there is must be asked for again. */
  take(info: RegInfo, at: Micros): readonly RegistrationFact[] | undefined {
    const isFirst = this.#version === undefined;
    const follows = this.#version !== undefined && info.version === this.#version + 1;
    if (!info.isFull && !follows) return undefined;
    this.#version = info.version;
    return info.registrations.flatMap((registration) =>
      isFirst ? this.#list(registration, at) : this.#changes(registration, info.isFull, at),
    );
  }

  /** The first report says what there was already. */
  #list({ account, contacts }: Registration, at: Micros): RegistrationFact[] {
    const active = contacts.filter(({ isActive }) => isActive);
    const known = new Map(active.map((one) => [one.id, contactOf(account, one, at)]));
    this.#accounts.set(account, known);
    return [{ kind: 'contacts.listed', at, accountKinds: ['sip'], account, contacts: [...known.values()] }];
  }

  #changes({ account, state, contacts }: Registration, isFull: boolean, at: Micros): RegistrationFact[] {
    const known = this.#accounts.get(account) ?? new Map<string, Contact>();
    this.#accounts.set(account, known);
    const facts: RegistrationFact[] = [];
    const remove = (id: string, contact: Contact, reason: RemovalReason): void => {
      known.delete(id);
      facts.push({ kind: 'contact.removed', at, contact, reason });
    };
    for (const one of contacts) {
      const contact = contactOf(account, one, at);
      if (one.isActive) {
        known.set(one.id, contact);
        facts.push({ kind: 'contact.added', at, contact });
      } else if (known.has(one.id)) remove(one.id, contact, one.event === 'expired' ? 'expired' : 'removed');
    }
    const isOver = state === 'terminated' || isFull;
    const told = new Set(contacts.map(({ id }) => id));
    for (const [id, contact] of isOver ? [...known] : []) if (!told.has(id)) remove(id, contact, 'removed');
    return facts;
  }
}

function contactOf(account: string, { uri, expires, device }: ReportedContact, at: Micros): Contact {
  const seconds = expires !== undefined && expires > 0 ? expires : undefined;
  const expiresAt = seconds === undefined ? undefined : micro(at + seconds * 1e6);
  return { accountKind: 'sip', account, uri, expiresAt, device };
}
