import { contactKeyOf } from './contact-book.ts';
import type { Contact, GrantFact, RemovalReason } from './registration-facts.ts';

/** Which contacts of an account are gone after a registrar granted a REGISTER, and why. */
export function goneByGrant(
  { contacts, others, removed }: GrantFact,
  known: readonly Contact[],
): { readonly contact: Contact; readonly reason: RemovalReason }[] {
  if (removed === 'all') return known.map((contact) => ({ contact, reason: 'removed' }));
  const there = new Set([...contacts, ...others].map(contactKeyOf));
  const takenBack = new Set(removed.map(contactKeyOf));
  const newcomers = contacts.filter(
    (one) => !known.some((other) => contactKeyOf(other) === contactKeyOf(one)),
  );
  const gone = known.filter((contact) => !there.has(contactKeyOf(contact)));
  return gone.flatMap((contact) => {
    if (takenBack.has(contactKeyOf(contact))) return [{ contact, reason: 'removed' as const }];
    const isMoved = newcomers.some(({ device }) => device !== undefined && device === contact.device);
    // A registrar that lists other devices than the one that asks lists all that are left (RFC 3261 section 10.3).
    if (!isMoved && others.length === 0) return [];
    return [{ contact, reason: newcomers.length > 0 ? ('replaced' as const) : ('removed' as const) }];
  });
}
