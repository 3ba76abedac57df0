import type { AccountKind } from '../../telephony/registration-facts.ts';
import type { ListedTrunk, TrunkFact, TrunkState } from '../../telephony/trunk-facts.ts';
import type { Micros } from '../../util/clock.ts';
import type { AmiConnection, AmiPacket, AmiResult } from './connection.ts';
import { listOfModule } from './contacts.ts';

const ACCOUNT_KINDS: Readonly<Record<string, AccountKind>> = { PJSIP: 'pjsip', SIP: 'sip', IAX2: 'iax2' };

/** Of res_pjsip_outbound_registration.c, chan_sip.c and chan_iax2.c (regstate2str). */
const STATUSES: Readonly<Record<string, TrunkState['status']>> = {
  Registered: 'registered',
  Unregistered: 'ended',
  Stopping: 'ended',
  Stopped: 'ended',
  // Told by chan_sip each time that it asks again, for want of an answer.
  'Request Sent': 'ended',
  'Auth. Sent': 'ended',
  Rejected: 'failed',
  Failed: 'failed',
  Timeout: 'failed',
  'No Authentication': 'failed',
};

/** What a `Registry` event tells; nothing of a status that is not known. */
export function trunkTold(packet: AmiPacket, at: Micros): readonly TrunkFact[] {
  const accountKind = ACCOUNT_KINDS[packet['channeltype'] ?? ''];
  const trunk = accountKind && trunkOf(accountKind, packet, packet['domain'], packet['status']);
  return trunk === undefined ? [] : [{ kind: 'trunk.told', at, trunk }];
}

/** How each registration stands, on every channel driver that the PBX has; see `listContacts`. */
export async function listTrunks(
  connection: Pick<AmiConnection, 'action' | 'list'>,
  now: () => Micros,
): Promise<TrunkFact> {
  const lists = await Promise.all([
    listOfModule(connection, 'res_pjsip_outbound_registration', 'PJSIPShowRegistrationsOutbound'),
    listOfModule(connection, 'chan_sip', 'SIPshowregistry'),
    listOfModule(connection, 'chan_iax2', 'IAXregistry'),
  ]);
  const accountKinds: AccountKind[] = [];
  const trunks: ListedTrunk[] = [];
  for (const [index, accountKind] of (['pjsip', 'sip', 'iax2'] as const).entries()) {
    const listed: AmiResult<readonly AmiPacket[]> | undefined = lists[index];
    if (listed?.ok !== true) continue;
    accountKinds.push(accountKind);
    trunks.push(...listed.value.flatMap((item) => listedTrunk(accountKind, item) ?? []));
  }
  return { kind: 'trunks.listed', at: now(), accountKinds, trunks };
}

/** PJSIP lists the credentials of each registration as well, as items of another type. */
function listedTrunk(accountKind: AccountKind, item: AmiPacket): ListedTrunk | undefined {
  if (accountKind !== 'pjsip') return trunkOf(accountKind, item, item['host'], item['state']);
  if (item['event'] !== 'OutboundRegistrationDetail') return undefined;
  const account = { ...item, username: item['clienturi'] };
  const trunk = trunkOf(accountKind, account, item['serveruri'], item['status']);
  return trunk && { ...trunk, name: item['objectname'] || undefined };
}

function trunkOf(
  accountKind: AccountKind,
  packet: AmiPacket,
  server: string | undefined,
  statusText: string | undefined,
): TrunkState | undefined {
  const account = packet['username'];
  if (!account || !server) return undefined;
  const status = STATUSES[statusText ?? ''];
  if (status === undefined) return undefined;
  if (status === 'registered') return { accountKind, account, server, status };
  return { accountKind, account, server, status, reason: packet['cause'] || reasonOf(statusText) };
}

function reasonOf(statusText = ''): string {
  return statusText.endsWith(' Sent') ? 'timeout' : statusText.toLowerCase().replaceAll(' ', '_');
}
