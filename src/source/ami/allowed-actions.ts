import type { AmiConnection } from './connection.ts';

/** Below that many, the answer is no list of an Asterisk's actions. */
const FEWEST_ACTIONS = 10;

/**
 * The actions that this PBX has and this account may send, in lower case; undefined if that can't be known. Asked
 * first, since an action that is unknown or forbidden is a security event on the PBX.
 */
export async function allowedActions(
  connection: Pick<AmiConnection, 'action'>,
): Promise<ReadonlySet<string> | undefined> {
  const answer = await connection.action({ Action: 'ListCommands' });
  const names = answer.ok ? Object.keys(answer.value) : [];
  return names.length < FEWEST_ACTIONS ? undefined : new Set(names);
}
