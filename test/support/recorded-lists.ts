import { readFileSync } from 'node:fs';
import { answerOf, type ReceivedAction } from '../../src/source/ami/playback-answers.ts';

/** The event that ends the list of an action. */
const COMPLETES: Readonly<Record<string, string>> = {
  CoreShowChannels: 'CoreShowChannelsComplete',
  ParkedCalls: 'ParkedCallsComplete',
  QueueStatus: 'QueueStatusComplete',
  ConfbridgeListRooms: 'ConfbridgeListRoomsComplete',
  ConfbridgeList: 'ConfbridgeListComplete',
  VoicemailUsersList: 'VoicemailUserEntryComplete',
};

/** Answers as the PBX of a recording did when it was asked what there is; what nobody asked there, as an empty one. */
export function recordedLists(file: string): (action: ReceivedAction) => string {
  const packets = readFileSync(file, 'utf8').split('\r\n\r\n');
  const listOf = (name: string): { id: string; packets: string[] } | undefined => {
    const end = packets.find((packet) => packet.startsWith(`Event: ${name}\r\n`));
    const id = end === undefined ? undefined : /^ActionID: (.+)$/m.exec(end)?.[1]?.trim();
    if (id === undefined) return undefined;
    return { id, packets: packets.filter((packet) => packet.includes(`ActionID: ${id}`)) };
  };
  return (action) => {
    const complete = COMPLETES[action.get('action') ?? ''];
    const list = complete === undefined ? undefined : listOf(complete);
    if (list === undefined) return answerOf(action);
    const text = list.packets.map((packet) => `${packet.trimStart()}\r\n\r\n`).join('');
    return text.replaceAll(list.id, action.get('actionid') ?? '');
  };
}
