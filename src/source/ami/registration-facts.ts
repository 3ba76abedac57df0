import type { AccountKind, Contact, PbxFact, RegistrationFact } from '../../telephony/registration-facts.ts';
import type { Micros } from '../../util/clock.ts';
import { addressOf } from './address.ts';
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
      return accountFact('account.challenged', packet, at);
    case 'SuccessfulAuth':
      return accountFact('account.authenticated', packet, at);
    case 'ChallengeResponseFailed':
    case 'FailedACL':
    case 'InvalidPassword':
      return accountFact('account.refused', packet, at);
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
    case 'Rejected':
      return [{ kind: 'account.refused', at, accountKind, account }];
    default:
      return NOTHING;
  }
}

function accountFact(
  kind: 'account.challenged' | 'account.authenticated' | 'account.refused',
  packet: AmiPacket,
  at: Micros,
): readonly RegistrationFact[] {
  const accountKind = ACCOUNT_KINDS[packet['service'] ?? ''];
  const account = packet['accountid'];
  if (accountKind === undefined || !account) return NOTHING;
  return [{ kind, at, accountKind, account }];
}
