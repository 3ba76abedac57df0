import type { BridgeId, ChannelId } from '../../telephony/facts.ts';
import type {
  ChannelRole,
  ListedChannel,
  ListedParking,
  ListedQueue,
  ListedRoom,
  StockFact,
} from '../../telephony/stock.ts';
import { type Micros, micro } from '../../util/clock.ts';
import { CHANNEL, channelOf, numberOf, PARKEE, textOf } from './channel-fields.ts';
import type { AmiConnection, AmiPacket, AmiResult } from './connection.ts';
import { listedMailbox } from './mailboxes.ts';

export type Stock = Omit<StockFact, 'streamed'>;

type Connection = Pick<AmiConnection, 'list'>;

/**
 * Asks the PBX what there is of everything but contacts and trunks. A list that it does not give is undefined.
 * @param allowed the actions that may be sent; undefined if that is not known.
 */
export async function takeStock(
  connection: Connection,
  allowed: ReadonlySet<string> | undefined,
  now: () => Micros,
): Promise<Stock> {
  const list = async (action: string): Promise<readonly AmiPacket[] | undefined> => {
    if (allowed !== undefined && !allowed.has(action.toLowerCase())) return undefined;
    return itemsOf(await connection.list({ Action: action }));
  };
  const [channels, parked, queues, rooms, mailboxes] = await Promise.all([
    list('CoreShowChannels'),
    list('ParkedCalls'),
    list('QueueStatus'),
    list('ConfbridgeListRooms'),
    list('VoicemailUsersList'),
  ]);
  const participants = rooms && (await listParticipants(connection, rooms));
  const at = now();
  return {
    kind: 'pbx.stock_taken',
    at,
    channels: channels?.flatMap((item) => listedChannel(item, at) ?? []),
    parked: parked?.flatMap((item) => listedParking(item, at) ?? []),
    queues: queues && listedQueues(queues, at),
    rooms: participants,
    mailboxes: mailboxes?.flatMap(listedMailbox),
  };
}

function itemsOf(answer: AmiResult<readonly AmiPacket[]>): readonly AmiPacket[] | undefined {
  if (answer.ok) return answer.value;
  // Asterisk answers an empty list of conferences as an error: `No active conferences.`, and the participants of one
  // that has just ended too: `No Conference by that name found.`
  return /^no (?:active|conference)/i.test(answer.failure.message) ? [] : undefined;
}

/** `CoreShowChannels`; its `Application` (pbx.c, app_dial.c, app_queue.c, dial.c) says what a channel does. */
function listedChannel(item: AmiPacket, at: Micros): ListedChannel | undefined {
  const channel = channelOf(item, CHANNEL);
  const bridgeId = item['bridgeid'];
  return (
    channel && {
      channel,
      role: roleOf(item),
      since: before(at, secondsOf(item['duration'])),
      bridgeId: bridgeId ? (bridgeId as BridgeId) : undefined,
    }
  );
}

function roleOf(item: AmiPacket): ChannelRole {
  switch (item['application']) {
    case 'Dial':
      return { is: 'dialling', target: item['applicationdata'] ?? '' };
    case 'Queue':
      return { is: 'queueing' };
    case 'AppDial':
      return { is: 'dialled', by: 'dial' };
    case 'AppQueue':
      return { is: 'dialled', by: 'queue' };
    case 'AppDial2':
      return { is: 'originated' };
    case 'Page':
      return { is: 'paging' };
    case 'ParkedCall':
      return { is: 'retrieving' };
    default:
      return { is: 'other' };
  }
}

/** `00:01:05`, or whole seconds. */
function secondsOf(duration: string | undefined): number {
  return (duration ?? '').split(':').reduce((seconds, part) => seconds * 60 + (Number(part) || 0), 0);
}

function before(at: Micros, seconds: number | undefined): Micros {
  return micro(at - (seconds ?? 0) * 1_000_000);
}

/** `ParkedCalls`; of the time-out it tells what is left. */
function listedParking(item: AmiPacket, at: Micros): ListedParking | undefined {
  const parkee = channelOf(item, PARKEE);
  const left = numberOf(item, 'parkingtimeout');
  const parkedFor = numberOf(item, 'parkingduration') ?? 0;
  return (
    parkee && {
      parkee,
      lot: textOf(item, 'parkinglot'),
      space: textOf(item, 'parkingspace'),
      parker: textOf(item, 'parkerdialstring'),
      timeoutSeconds: left === undefined ? undefined : left + parkedFor,
      since: before(at, parkedFor),
    }
  );
}

/** `QueueStatus`: a `QueueParams` for each queue, then its members and who waits in it. */
function listedQueues(items: readonly AmiPacket[], at: Micros): readonly ListedQueue[] {
  const queues = Map.groupBy(items, (item) => item['queue'] ?? '');
  queues.delete('');
  return [...queues].map(([queue, ofQueue]) => ({
    queue,
    members: ofQueue.flatMap((item) => {
      const device = textOf(item, 'location');
      if (item['event'] !== 'QueueMember' || device === undefined) return [];
      return [{ device, name: textOf(item, 'name'), isPaused: item['paused'] === '1' }];
    }),
    callers: ofQueue.flatMap((item) => {
      const { uniqueid } = item;
      if (item['event'] !== 'QueueEntry' || !uniqueid) return [];
      const since = before(at, numberOf(item, 'wait'));
      return [{ channelId: uniqueid as ChannelId, position: numberOf(item, 'position'), since }];
    }),
  }));
}

async function listParticipants(
  connection: Connection,
  rooms: readonly AmiPacket[],
): Promise<readonly ListedRoom[] | undefined> {
  const listed = await Promise.all(
    rooms.flatMap(({ conference }) => (conference ? [listParticipantsOf(connection, conference)] : [])),
  );
  return listed.every((room) => room !== undefined) ? listed : undefined;
}

/** Who waits for a conference to begin has not joined yet. */
async function listParticipantsOf(connection: Connection, room: string): Promise<ListedRoom | undefined> {
  const items = itemsOf(await connection.list({ Action: 'ConfbridgeList', Conference: room }));
  const participants = items?.flatMap((item) => {
    const channel = channelOf(item, CHANNEL);
    if (channel === undefined || item['waiting'] === 'Yes') return [];
    return [{ channel, admin: item['admin'] === 'Yes', muted: item['muted'] === 'Yes' }];
  });
  return participants && { room, participants };
}
