import type { ListedMailbox, VoiceMessage } from '../../telephony/mailbox.ts';
import { micro } from '../../util/clock.ts';
import { parseCallerId } from '../caller-id.ts';
import { statusIn } from '../voicemail-folders.ts';
import { numberOf } from './channel-fields.ts';
import type { AmiConnection, AmiPacket, AmiResult } from './connection.ts';

/**
 * Whether this account may ask what lies in a mailbox (Asterisk 18.20, 20.5 and later; `write` of `call` or
 * `reporting`).
 */
export function canListMessages(allowed: ReadonlySet<string>): boolean {
  return allowed.has('voicemailboxsummary');
}

/** What lies in a mailbox such as `1002@default`. */
export async function listMessages(
  connection: Pick<AmiConnection, 'list'>,
  mailbox: string,
): Promise<AmiResult<readonly VoiceMessage[]>> {
  const [box = '', context = 'default'] = mailbox.split('@');
  const listed = await connection.list({ Action: 'VoicemailBoxSummary', Mailbox: box, Context: context });
  return listed.ok ? { ok: true, value: listed.value.flatMap(voiceMessage) } : listed;
}

/** An item of `VoicemailUsersList`: every mailbox that is configured, with its counts; urgent messages are new ones. */
export function listedMailbox(item: AmiPacket): ListedMailbox[] {
  const box = item['voicemailbox'];
  const newCount = numberOf(item, 'newmessagecount');
  const oldCount = numberOf(item, 'oldmessagecount');
  if (!box || newCount === undefined || oldCount === undefined) return [];
  return [{ mailbox: `${box}@${item['vmcontext'] || 'default'}`, newCount, oldCount }];
}

function voiceMessage(item: AmiPacket): VoiceMessage[] {
  const folder = item['folder'];
  const status = folder === undefined ? undefined : statusIn(folder);
  if (folder === undefined || status === undefined) return [];
  const id = item['id'] || undefined;
  const caller = parseCallerId(item['callerid']);
  // An id begins with the second in which it was made (app_voicemail.c, `generate_msg_id`).
  const seconds = Number(id?.split('-', 1)[0]);
  return [
    {
      id,
      status,
      folder,
      callerNumber: caller.number,
      callerName: caller.name,
      duration: numberOf(item, 'duration'),
      file: undefined,
      receivedAt: seconds > 0 ? micro(seconds * 1e6) : undefined,
    },
  ];
}
