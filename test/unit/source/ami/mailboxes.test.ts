import { describe, expect, test } from 'vitest';
import { allowedActions } from '../../../../src/source/ami/allowed-actions.ts';
import { failed } from '../../../../src/source/ami/connection.ts';
import { canListMessages, listedMailbox, listMessages } from '../../../../src/source/ami/mailboxes.ts';
import { parsePackets } from '../../../support/ami-stream.ts';

/** Lines of a recorded answer, as bytes of the wire. */
const wire = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

/** Of Asterisk 22, with the action's headers. */
const BOX =
  wire(
    'Event: VoicemailBoxDetail',
    'Folder: INBOX',
    'CallerID: "Alice Adams" <1001>',
    'Date: Wed Nov 25 07:43:00 PM UTC 2026',
    'Duration: 2',
    'Flag: ',
    'ID: 1795635780-00000001',
  ) +
  wire(
    'Event: VoicemailBoxDetail',
    'Folder: Old',
    'CallerID: Unknown',
    'Date: Wed Nov 25 07:41:00 PM UTC 2026',
    'Duration: 0',
    'Flag: ',
    'ID: 1795635660-00000000',
  ) +
  wire(
    'Event: VoicemailBoxDetail',
    'Folder: Deleted',
    'CallerID: ',
    'Date: ',
    'Duration: 1',
    'Flag: ',
    'ID: ',
  ) +
  wire(
    'Event: VoicemailBoxDetail',
    'Folder: Urgent',
    'CallerID: "Alice Adams" <1001>',
    'Date: Wed Nov 25 07:42:57 PM UTC 2026',
    'Duration: 2',
    'Flag: Urgent',
    'ID: 1795635777-00000000',
  );

const USERS =
  wire(
    'Event: VoicemailUserEntry',
    'VMContext: default',
    'VoiceMailbox: 1002',
    'NewMessageCount: 2',
    'OldMessageCount: 1',
  ) +
  wire(
    'Event: VoicemailUserEntry',
    'VMContext: sales',
    'VoiceMailbox: 500',
    'NewMessageCount: 0',
    'OldMessageCount: 0',
  );

const answers = (text: string) => ({ list: async () => ({ ok: true, value: parsePackets(text) }) as const });

describe('mailboxes', () => {
  test('are listed with their counts', async () => {
    expect(parsePackets(USERS).flatMap(listedMailbox)).toEqual([
      { mailbox: '1002@default', newCount: 2, oldCount: 1 },
      { mailbox: '500@sales', newCount: 0, oldCount: 0 },
    ]);
  });

  test('that can’t be listed say why', async () => {
    const refused = failed('refused', 'Permission denied');
    expect(await listMessages({ list: async () => refused }, '1002@default')).toBe(refused);
  });

  test('hold messages: urgent ones are new, deleted ones that Asterisk keeps are none', async () => {
    const listed = await listMessages(answers(BOX), '1002@default');
    expect(listed).toEqual({
      ok: true,
      value: [
        {
          id: '1795635780-00000001',
          status: 'new',
          folder: 'INBOX',
          callerNumber: '1001',
          callerName: 'Alice Adams',
          duration: 2,
          file: undefined,
          receivedAt: 1_795_635_780_000_000,
        },
        expect.objectContaining({
          status: 'old',
          callerNumber: undefined,
          callerName: undefined,
          duration: 0,
        }),
        expect.objectContaining({ status: 'new', folder: 'Urgent' }),
      ],
    });
  });

  test('are asked for by number and context', async () => {
    const asked: unknown[] = [];
    const list = async (action: unknown) => {
      asked.push(action);
      return { ok: true, value: [] } as const;
    };
    await listMessages({ list }, '500@sales');
    expect(asked).toEqual([{ Action: 'VoicemailBoxSummary', Mailbox: '500', Context: 'sales' }]);
  });

  test.each([
    [
      '22',
      'VoicemailBoxSummary: Show the mailbox contents of given voicemail user.  (Priv: call,reporting,all)',
      true,
    ],
    ['16', 'VoicemailUsersList: List All Voicemail User Information.  (Priv: call,reporting,all)', false],
  ])('of Asterisk %s are asked for only where that is an action', async (_version, line, can) => {
    const own = 'ListCommands: List available manager commands.  (Priv: <none>)';
    const [commands = {}] = parsePackets(wire('Response: Success', own, line));
    const allowed = await allowedActions({ action: async () => ({ ok: true, value: commands }) });
    expect(allowed && canListMessages(allowed)).toBe(can);
  });
});
