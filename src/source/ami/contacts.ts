import type { AccountKind, Contact, RegistrationFact } from '../../telephony/registration-facts.ts';
import { type Micros, micro } from '../../util/clock.ts';
import { addressOf } from './address.ts';
import type { AmiConnection, AmiPacket, AmiResult } from './connection.ts';

/** Every PJSIP contact there is, with what AMI's events leave out: user agent, real address, expiry. */
export async function listPjsipContacts(
  connection: Pick<AmiConnection, 'list'>,
): Promise<AmiResult<readonly Contact[]>> {
  const listed = await connection.list({ Action: 'PJSIPShowContacts' });
  if (listed.ok) return { ok: true, value: listed.value.flatMap(pjsipContact) };
  return isEmptyList(listed.failure.message) ? { ok: true, value: [] } : listed;
}

/**
 * What is registered now, on every channel driver that the PBX has. A kind of account that could not be asked for
 * is not among `accountKinds`.
 */
export async function listContacts(
  connection: Pick<AmiConnection, 'action' | 'list'>,
  now: () => Micros,
): Promise<RegistrationFact> {
  const [pjsip, sip, iax2] = await Promise.all([
    listPjsipContacts(connection),
    listPeers(connection, 'sip', 'chan_sip', 'SIPpeers'),
    listPeers(connection, 'iax2', 'chan_iax2', 'IAXpeerlist'),
  ]);
  const accountKinds: AccountKind[] = [];
  const contacts: Contact[] = [];
  for (const [kind, listed] of [
    ['pjsip', pjsip],
    ['sip', sip],
    ['iax2', iax2],
  ] as const) {
    if (!listed.ok) continue;
    accountKinds.push(kind);
    contacts.push(...listed.value);
  }
  return { kind: 'contacts.listed', at: now(), accountKinds, contacts };
}

async function listPeers(
  connection: Pick<AmiConnection, 'action' | 'list'>,
  accountKind: AccountKind,
  module: string,
  action: string,
): Promise<AmiResult<readonly Contact[]>> {
  const listed = await listOfModule(connection, module, action);
  if (!listed.ok) return listed;
  return { ok: true, value: listed.value.flatMap((item) => peerContact(item, accountKind)) };
}

/** Items of a list action. Asks for its module first: an unknown action is a security event on the PBX. */
export async function listOfModule(
  connection: Pick<AmiConnection, 'action' | 'list'>,
  module: string,
  action: string,
): Promise<AmiResult<readonly AmiPacket[]>> {
  const loaded = await connection.action({ Action: 'ModuleCheck', Module: module });
  return loaded.ok ? connection.list({ Action: action }) : loaded;
}

function pjsipContact(item: AmiPacket): Contact[] {
  const account = item['endpoint'] || item['objectname']?.split(';@')[0];
  const uri = item['uri'];
  if (!account || !uri) return [];
  const expires = Number(item['expirationtime']);
  return [
    {
      accountKind: 'pjsip',
      account,
      uri,
      ...addressOf(item['viaaddr'], item['viaport']),
      userAgent: item['useragent'] || undefined,
      expiresAt: expires > 0 ? micro(expires * 1e6) : undefined,
    },
  ];
}

/** A peer whose address is configured does not register. */
function peerContact(item: AmiPacket, accountKind: AccountKind): Contact[] {
  const account = item['objectname'];
  const place = addressOf(item['ipaddress'], item['ipport']);
  if (!account || place.address === undefined || item['dynamic'] !== 'yes') return [];
  return [{ accountKind, account, ...place }];
}

/** Asterisk answers some empty lists as an error: `No Contacts found`. */
function isEmptyList(message: string): boolean {
  return /^no \w+ found/i.test(message);
}
