import type { Micros } from '../util/clock.ts';

/** Whether the PBX is seen, and whether what it says is news. */
export type PbxFact =
  /** Logged in. Until `pbx.booted` the PBX may be loading: what it tells of contacts is state, not news. */
  | { readonly kind: 'pbx.connected'; readonly at: Micros }
  /** The PBX has loaded everything (AMI: FullyBooted, also sent after a login into a running Asterisk). */
  | { readonly kind: 'pbx.booted'; readonly at: Micros }
  | { readonly kind: 'pbx.disconnected'; readonly at: Micros; readonly reason: string };

/** Kinds of accounts; of one PBX, two kinds may have an account of the same name. */
export type AccountKind = 'pjsip' | 'sip' | 'iax2';

/** One registered device of an account. */
export interface Contact {
  readonly accountKind: AccountKind;
  /** Name of the endpoint or peer, such as `1001`. */
  readonly account: string;
  /** SIP URI of the contact. Absent for chan_sip and IAX, whose accounts have one contact, known by its address. */
  readonly uri?: string | undefined;
  /** How the registrar lists it, which need not be how its device does. */
  readonly listedAs?: string | undefined;
  /** IP address as the PBX knows it; IPv6 without brackets. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly userAgent?: string | undefined;
  readonly expiresAt?: Micros | undefined;
  /** Microseconds that it was granted for, where nobody tells when they are over. */
  readonly lifetime?: number | undefined;
  /** What tells its device from others, whatever address that has. */
  readonly device?: string | undefined;
}

/** Why a contact is gone: its device took it back, another one took its place, or it was not refreshed in time. */
export type RemovalReason = 'removed' | 'replaced' | 'expired';

/** What a registrar granted one REGISTER. */
export interface GrantFact {
  readonly kind: 'contacts.granted';
  readonly at: Micros;
  readonly accountKind: AccountKind;
  readonly account: string;
  /** What the device asked for. */
  readonly contacts: readonly Contact[];
  /** What the registrar lists beside. Some list nothing but what was asked for; those who list more list all. */
  readonly others: readonly Contact[];
  /** What the device took back: these, or all that the account had. */
  readonly removed: readonly Contact[] | 'all';
}

/** What sources tell of registrations; free of any PBX's wire names. */
export type RegistrationFact =
  /** Told of a contact that is there: new, or for chan_sip and IAX also refreshed. */
  | ContactFact<'contact.added'>
  | ContactFact<'contact.reachable'>
  | ContactFact<'contact.unreachable'>
  | (ContactFact<'contact.removed'> & { readonly reason?: RemovalReason | undefined })
  | GrantFact
  /** A challenge was sent, answered well, or answered badly: tells an un-REGISTER from an expiry. */
  | AccountFact<'account.challenged'>
  | AccountFact<'account.authenticated'>
  | (AccountFact<'account.refused'> & { readonly reason: RefusalReason })
  /** All contacts there are, of the kinds of accounts that could be asked; asked for once on each connection. */
  | {
      readonly kind: 'contacts.listed';
      readonly at: Micros;
      readonly accountKinds: readonly AccountKind[];
      /** Of this account only. */
      readonly account?: string | undefined;
      readonly contacts: readonly Contact[];
    };

interface ContactFact<Kind extends string> {
  readonly kind: Kind;
  readonly at: Micros;
  readonly contact: Contact;
}

/** Why a device was not let in: its secret, the address that it came from, or that the account has enough contacts. */
export type RefusalReason = 'wrong_password' | 'address_not_allowed' | 'too_many_contacts';

interface AccountFact<Kind extends string> {
  readonly kind: Kind;
  readonly at: Micros;
  readonly accountKind: AccountKind;
  readonly account: string;
  /** IP address that the device came from; IPv6 without brackets. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}
