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
  /** IP address as the PBX knows it; IPv6 without brackets. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly userAgent?: string | undefined;
  readonly expiresAt?: Micros | undefined;
}

/** What sources tell of registrations; free of any PBX's wire names. */
export type RegistrationFact =
  /** Told of a contact that is there: new, or for chan_sip and IAX also refreshed. */
  | ContactFact<'contact.added'>
  | ContactFact<'contact.reachable'>
  | ContactFact<'contact.unreachable'>
  | ContactFact<'contact.removed'>
  /** A challenge was sent, answered well, or answered badly: tells an un-REGISTER from an expiry. */
  | AccountFact<'account.challenged'>
  | AccountFact<'account.authenticated'>
  | (AccountFact<'account.refused'> & { readonly reason: RefusalReason })
  /** All contacts there are, of the kinds of accounts that could be asked; asked for once on each connection. */
  | {
      readonly kind: 'contacts.listed';
      readonly at: Micros;
      readonly accountKinds: readonly AccountKind[];
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
