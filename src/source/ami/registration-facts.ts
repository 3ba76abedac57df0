import type {
  AccountKind,
  Contact,
  PbxFact,
  RefusalReason,
  RegistrationFact,
} from '../../telephony/registration-facts.ts';
import type { Micros } from '../../util/clock.ts';
import { type Address, addressOf } from './address.ts';
import type { AmiPacket } from './connection.ts';

const NOTHING: readonly never[] = [];

/** `Service` of security events, technology of a peer, to the kind of account; other services are none of ours. */
const ACCOUNT_KINDS: Readonly<Record<string, AccountKind>> = { PJSIP: 'pjsip', SIP: 'sip', IAX2: 'iax2' };

/** What one AMI event tells of registrations, and of Asterisk having booted. */
export function registrationFacts(packet: AmiPacket, at: Micros): readonly (RegistrationFact | PbxFact)[] {
  switch (packet['event']) {
    case 'FullyBooted':
      return [{ kind: 'pbx.booted', at }];
    case 'ContactStatus':
      return contactStatus(packet, at);
    case 'PeerStatus':
      return peerStatus(packet, at);
    case 'ChallengeSent':
      return accountFacts(packet, (account) => ({ kind: 'account.challenged', at, ...account }));
    case 'SuccessfulAuth':
      return accountFacts(packet, (account) => ({ kind: 'account.authenticated', at, ...account }));
    case 'ChallengeResponseFailed':
    case 'InvalidPassword':
      return refused(packet, at, 'wrong_password');
    case 'FailedACL':
      return refused(packet, at, isFull(packet) ? 'too_many_contacts' : 'address_not_allowed');
    default:
      return NOTHING;
  }
}

/** PJSIP: one event for each contact. A refresh is `Updated` on some versions, and nothing on others. */
function contactStatus(packet: AmiPacket, at: Micros): readonly RegistrationFact[] {
  const account = packet['endpointname'] || packet['aor'];
  const uri = packet['uri'];
  if (!account || !uri) return NOTHING;
  const contact: Contact = { accountKind: 'pjsip', account, uri };
  switch (packet['contactstatus']) {
    case 'Removed':
      return [{ kind: 'contact.removed', at, contact }];
    case 'Unreachable':
      return [{ kind: 'contact.unreachable', at, contact }];
    case 'Reachable':
      return [{ kind: 'contact.reachable', at, contact }];
    default:
      return [{ kind: 'contact.added', at, contact }];
  }
}

/** chan_sip and chan_iax2; PJSIP's PeerStatus repeats what ContactStatus tells. */
function peerStatus(packet: AmiPacket, at: Micros): readonly RegistrationFact[] {
  const [technology = '', ...rest] = (packet['peer'] ?? '').split('/');
  const accountKind = ACCOUNT_KINDS[technology];
  const account = rest.join('/');
  if (accountKind === undefined || accountKind === 'pjsip' || account === '') return NOTHING;
  const contact: Contact = { accountKind, account, ...addressOf(packet['address'], packet['port']) };
  switch (packet['peerstatus']) {
    case 'Registered':
      return [{ kind: 'contact.added', at, contact }];
    case 'Unregistered':
      return [{ kind: 'contact.removed', at, contact }];
    case 'Unreachable':
      return [{ kind: 'contact.unreachable', at, contact }];
    case 'Reachable':
    case 'Lagged':
      return [{ kind: 'contact.reachable', at, contact }];
    default:
      return NOTHING;
  }
}

type Account = Pick<
  Extract<RegistrationFact, { kind: `account.${string}` }>,
  'accountKind' | 'account' | 'address' | 'port'
>;

/** What a security event tells of a login; nothing of one to an account that the PBX does not have. */
function accountFacts(
  packet: AmiPacket,
  make: (account: Account) => RegistrationFact,
): readonly RegistrationFact[] {
  const accountKind = ACCOUNT_KINDS[packet['service'] ?? ''];
  const account = packet['accountid'];
  if (accountKind === undefined || !account || account === '<unknown>') return NOTHING;
  return [make({ accountKind, account, ...remoteAddress(packet['remoteaddress']) })];
}

function refused(packet: AmiPacket, at: Micros, reason: RefusalReason): readonly RegistrationFact[] {
  return accountFacts(packet, (account) => ({ kind: 'account.refused', at, reason, ...account }));
}

/** The registrar of PJSIP names an ACL, though it compared with `max_contacts` (res_pjsip_registrar.c). */
function isFull(packet: AmiPacket): boolean {
  return packet['aclname'] === 'registrar_attempt_exceeds_maximum_configured_contacts';
}

/** `IPV4/UDP/127.0.0.19/5060` */
function remoteAddress(text: string | undefined): Address {
  const [, , address, port] = (text ?? '').split('/');
  return addressOf(address, port);
}
