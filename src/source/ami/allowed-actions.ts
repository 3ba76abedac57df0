import type { AmiConnection } from './connection.ts';

/**
 * The actions that this PBX has and this account may send, in lower case; undefined if that can't be known. Asked
 * first, since an action that is unknown or forbidden is a security event on the PBX.
 */
export async function allowedActions(
  connection: Pick<AmiConnection, 'action'>,
): Promise<ReadonlySet<string> | undefined> {
  const answer = await connection.action({ Action: 'ListCommands' });
  const names = new Set(answer.ok ? Object.keys(answer.value) : []);
  // Every account may list them, so that a list without that action is none.
  return names.has('listcommands') ? names : undefined;
}
