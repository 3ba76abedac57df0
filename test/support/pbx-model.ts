import type { CallId } from '../../src/model/ids.ts';
import type { BridgeId, ChannelId, ChannelSnapshot, Fact } from '../../src/telephony/facts.ts';
import type { ChannelRole, StockFact } from '../../src/telephony/stock.ts';
import { type Micros, micro } from '../../src/util/clock.ts';

interface Listed {
  channel: ChannelSnapshot;
  since: Micros;
  role: ChannelRole;
  bridgeId: BridgeId | undefined;
}

/** A PBX that does what recorded facts tell, and can be asked at any moment what there is. */
export class PbxModel {
  readonly #channels = new Map<ChannelId, Listed>();
  readonly #gone = new Set<ChannelId>();
  readonly #rooms = new Map<string, Map<ChannelId, { admin: boolean; muted: boolean }>>();
  readonly #parked = new Map<ChannelId, Extract<Fact, { kind: 'parking.parked' }>>();
  readonly #waiting = new Map<ChannelId, { queue: string; position: number | undefined; since: Micros }>();

  apply(fact: Fact): void {
    for (const value of Object.values(fact)) if (isSnapshot(value)) this.#see(value, fact.at);
    switch (fact.kind) {
      case 'channel.gone':
        this.#hangUp(fact.channel.id);
        break;
      case 'dial.begun':
        this.#dials(fact.caller, fact.dest, fact.dialString ?? '');
        break;
      case 'bridge.entered':
        this.#bridge(fact.channel.id, fact.bridgeId);
        break;
      case 'bridge.left':
        this.#bridge(fact.channel.id, undefined);
        break;
      case 'parking.parked':
        this.#parked.set(fact.parkee.id, fact);
        break;
      case 'parking.retrieved':
        this.#parked.delete(fact.parkee.id);
        this.#role(fact.retriever.id, { is: 'retrieving' });
        break;
      case 'parking.timed_out':
      case 'parking.abandoned':
        this.#parked.delete(fact.parkee.id);
        break;
      case 'queue.joined':
        this.#role(fact.channel.id, { is: 'queueing' });
        this.#waiting.set(fact.channel.id, { queue: fact.queue, position: fact.position, since: fact.at });
        break;
      case 'queue.left':
        this.#waiting.delete(fact.channel.id);
        break;
      case 'page.begun':
        this.#role(fact.channel.id, { is: 'paging' });
        break;
      case 'conference.opened':
        this.#rooms.set(fact.room, new Map());
        break;
      case 'conference.closed':
        this.#rooms.delete(fact.room);
        break;
      case 'conference.joined':
        this.#rooms.get(fact.room)?.set(fact.channel.id, { admin: fact.admin, muted: fact.muted });
        break;
      case 'conference.left':
        this.#rooms.get(fact.room)?.delete(fact.channel.id);
        break;
      default:
    }
  }

  stock(at: Micros): StockFact {
    return {
      kind: 'pbx.stock_taken',
      at,
      channels: [...this.#channels.values()],
      parked: [...this.#parked.values()].map(({ kind: _, at: since, ...one }) => ({ ...one, since })),
      queues: [...Map.groupBy(this.#waiting, ([, { queue }]) => queue)].map(([queue, callers]) => ({
        queue,
        members: [],
        callers: callers.map(([channelId, { position, since }]) => ({ channelId, position, since })),
      })),
      rooms: [...this.#rooms].map(([room, participants]) => ({
        room,
        participants: [...participants].flatMap(([id, more]) => {
          const channel = this.#channels.get(id)?.channel;
          return channel === undefined ? [] : [{ channel, ...more }];
        }),
      })),
      mailboxes: undefined,
      streamed: new Set(),
    };
  }

  #see(channel: ChannelSnapshot, at: Micros): void {
    if (this.#gone.has(channel.id)) return;
    const known = this.#channels.get(channel.id);
    if (known !== undefined) known.channel = channel;
    else this.#channels.set(channel.id, { channel, since: at, role: { is: 'other' }, bridgeId: undefined });
  }

  #hangUp(id: ChannelId): void {
    this.#gone.add(id);
    this.#channels.delete(id);
    this.#parked.delete(id);
    this.#waiting.delete(id);
    for (const participants of this.#rooms.values()) participants.delete(id);
  }

  #dials(caller: ChannelSnapshot | undefined, dest: ChannelSnapshot, target: string): void {
    const by = caller && this.#channels.get(caller.id)?.role.is === 'queueing' ? 'queue' : 'dial';
    this.#role(dest.id, caller === undefined ? { is: 'originated' } : { is: 'dialled', by });
    if (caller !== undefined && by === 'dial') this.#role(caller.id, { is: 'dialling', target });
  }

  #role(id: ChannelId, role: ChannelRole): void {
    const listed = this.#channels.get(id);
    if (listed !== undefined) listed.role = role;
  }

  #bridge(id: ChannelId, bridgeId: BridgeId | undefined): void {
    const listed = this.#channels.get(id);
    if (listed !== undefined) listed.bridgeId = bridgeId;
  }
}

function isSnapshot(value: unknown): value is ChannelSnapshot {
  return (
    typeof value === 'object' && value !== null && 'id' in value && 'callId' in value && 'state' in value
  );
}

/** Call ids whose channels a model still has. */
export function openCalls(stock: StockFact): Set<CallId> {
  return new Set(stock.channels?.map(({ channel }) => channel.callId));
}

export function shortlyAfter(fact: Fact | undefined): Micros {
  return micro((fact?.at ?? 0) + 1_000);
}
