import type { VoiceMessage } from '../telephony/mailbox.ts';

/** Folders of a mailbox (app_voicemail.c, `mailbox_folders`); what was deleted is none that anyone has any more. */
const STATUSES: ReadonlyMap<string, VoiceMessage['status']> = new Map([
  ['INBOX', 'new'],
  ['Urgent', 'new'],
  ['Old', 'old'],
  ...['Work', 'Family', 'Friends', 'Cust1', 'Cust2', 'Cust3', 'Cust4', 'Cust5'].map(
    (folder) => [folder, 'filed'] as const,
  ),
]);

export const VOICEMAIL_FOLDERS: readonly string[] = [...STATUSES.keys()];

/** What a folder says of the messages in it; undefined of a folder that holds no messages. */
export function statusIn(folder: string): VoiceMessage['status'] | undefined {
  return STATUSES.get(folder);
}
