import type { Micros } from '../util/clock.ts';
import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import { type Channel, isReal, type QueueStay } from './channel.ts';
import type { Dials } from './dials.ts';
import type { ChannelId, QueueFact } from './facts.ts';
import type { QueueMembers } from './queue-members.ts';
import type { Settling } from './settling.ts';
import type { ListedQueue } from './stock.ts';
import { secondsBetween, type Teller } from './teller.ts';

type Fact<Kind extends QueueFact['kind']> = Extract<QueueFact, { kind: Kind }>;
type Offer = Fact<'queue.agent_called' | 'queue.agent_no_answer'>;

/** Callers in queues, and the agents that they are offered to. */
export class Queues {
  readonly #calls: Calls;
  readonly #dials: Dials;
  readonly #members: QueueMembers;
  readonly #teller: Teller;
  readonly #settling: Settling;

  constructor(calls: Calls, dials: Dials, members: QueueMembers, teller: Teller, settling: Settling) {
    this.#teller = teller;
    this.#calls = calls;
    this.#dials = dials;
    this.#members = members;
    this.#settling = settling;
  }

  apply(fact: QueueFact): void {
    switch (fact.kind) {
      case 'queue.joined':
        this.#joined(fact);
        break;
      case 'queue.given_up':
        this.#givenUp(fact);
        break;
      case 'queue.tried':
        this.#tried(fact);
        break;
      case 'queue.status':
        this.#status(fact);
        break;
      case 'queue.left':
        this.#left(fact);
        break;
      case 'queue.agent_connected':
        this.#connected(fact);
        break;
      case 'queue.agent_called':
      case 'queue.agent_no_answer':
        this.#offered(fact);
        break;
      case 'queue.agent_completed':
        this.#completed(fact);
        break;
      case 'queue.agent_added':
      case 'queue.agent_removed':
      case 'queue.agent_paused':
      case 'queue.agent_unpaused':
        this.#members.apply(fact);
        break;
      default:
        fact satisfies never;
    }
  }

  /** A caller is gone: whatever its queue had to say has been said. */
  channelGone(channel: Channel, call: Call, at: Micros): void {
    const stay = channel.queue;
    if (stay === undefined) return;
    if (stay.givenUp === undefined && call.answer !== undefined && call.answer.at >= stay.joinedAt) {
      channel.queue = undefined;
      return;
    }
    stay.givenUp ??= {
      at,
      said: true,
      position: stay.position,
      originalPosition: stay.position,
      waitSeconds: undefined,
    };
    this.settle(channel.id);
  }

  /** What was found: who waits and who does so no longer. */
  found(queues: readonly ListedQueue[], streamed: ReadonlySet<ChannelId>, at: Micros): void {
    const { channels } = this.#calls.graph;
    const waiting = queues.flatMap(({ queue, callers }) => callers.map((caller) => ({ queue, ...caller })));
    const present = new Map(waiting.map(({ channelId, queue }) => [channelId, queue]));
    for (const channel of [...channels.values()]) {
      const isGone = channel.queue !== undefined && channel.queue.queue !== present.get(channel.id);
      if (isGone && !streamed.has(channel.id)) this.#foundGone(channel, at);
    }
    for (const { channelId, queue, position, since } of waiting) {
      const channel = channels.get(channelId);
      if (channel !== undefined) this.#join(channel, queue, position, undefined, since);
    }
  }

  /** Tells how a caller left a queue without an agent. */
  settle(channelId: ChannelId): void {
    const channel = this.#calls.graph.channels.get(channelId);
    const call = channel && this.#calls.graph.callOf(channel);
    const stay = channel?.queue;
    if (call === undefined || stay?.givenUp === undefined || channel === undefined) return;
    const { at, said, position, originalPosition, waitSeconds } = stay.givenUp;
    if (!said && this.#hasAgent(call, channel, stay.queue)) {
      stay.givenUp = undefined;
      return;
    }
    const hungUp = said && channel.hangupRequestedAt !== undefined;
    const reason = said ? stay.reason : (stay.reason ?? 'key');
    channel.queue = undefined;
    call.abandoned ||= hungUp && this.#isCallerGone(call, channel);
    this.#calls.tell(hungUp ? 'queue.call_abandoned' : 'queue.call_exited', call, at, {
      queue: stay.queue,
      reason: hungUp ? undefined : reason,
      position,
      original_position: originalPosition,
      wait_seconds: stay.joinedAt < at ? secondsBetween(stay.joinedAt, at) : waitSeconds,
    });
  }

  /** Whether it is the caller who hung up; behind a Local channel, which is hung up for any reason, its device tells. */
  #isCallerGone(call: Call, waiting: Channel): boolean {
    if (isReal(waiting)) return waiting.id === call.originId;
    const origin = call.originId && this.#calls.graph.channels.get(call.originId);
    return (origin?.hangupRequestedAt ?? call.originEnd?.requestedAt) !== undefined;
  }

  #joined({ channel: snapshot, queue, position, waiting, at }: Fact<'queue.joined'>): void {
    const channel = this.#calls.observe(snapshot, at);
    if (channel !== undefined) this.#join(channel, queue, position, waiting, at);
  }

  #join(
    channel: Channel,
    queue: string,
    position: number | undefined,
    waiting: number | undefined,
    at: Micros,
  ): void {
    const call = this.#calls.graph.callOf(channel);
    if (call === undefined) return;
    if (channel.queue !== undefined) {
      if (channel.queue.queue === queue && channel.queue.givenUp === undefined) return;
      channel.queue.givenUp ??= {
        at,
        said: true,
        position: undefined,
        originalPosition: undefined,
        waitSeconds: undefined,
      };
      this.settle(channel.id);
    }
    const { exten } = channel;
    channel.queue = { queue, joinedAt: at, exten, position, reason: undefined, givenUp: undefined };
    call.wasQueued = true;
    this.#calls.tell('queue.call_added', call, at, {
      queue,
      position,
      waiting_count: waiting,
      caller_id: this.#calls.callerIdOf(channel),
    });
  }

  /** Its call has been answered meanwhile, or it went on without an agent. */
  #foundGone(channel: Channel, at: Micros): void {
    const { queue: stay } = channel;
    const call = this.#calls.graph.callOf(channel);
    if (stay === undefined || call === undefined) return;
    if (call.answer === undefined || call.answer.at < stay.joinedAt) {
      this.channelGone(channel, call, at);
      return;
    }
    channel.queue = undefined;
    this.#calls.tell('queue.call_answered', call, at, { queue: stay.queue, agent_extension: call.answer.by });
  }

  #givenUp({ channel: snapshot, position, originalPosition, waitSeconds, at }: Fact<'queue.given_up'>): void {
    const channel = this.#calls.observe(snapshot, at);
    if (channel?.queue === undefined) return;
    channel.queue.givenUp = { at, said: true, position, originalPosition, waitSeconds };
    if (wasSentByKey(channel.queue, channel)) channel.queue.reason ??= 'key';
    if (channel.hangupRequestedAt !== undefined || channel.queue.reason !== undefined)
      this.settle(channel.id);
    else this.#settling.later(at, { what: 'queue', channelId: channel.id });
  }

  /**
   * Said also of who gave up, before this, and of who gets an agent, at once or after what the agent hears first.
   * Said alone it means a key: no other event tells of one (app_queue.c, EXITWITHKEY).
   */
  #left({ channel: snapshot, queue, position, at }: Fact<'queue.left'>): void {
    const channel = this.#calls.observe(snapshot, at);
    const stay = channel?.queue;
    if (channel === undefined || stay?.queue !== queue || stay.givenUp !== undefined) return;
    stay.givenUp = { at, said: false, position, originalPosition: stay.position, waitSeconds: undefined };
    this.#settling.later(at, { what: 'queue', channelId: channel.id });
  }

  #hasAgent(call: Call, caller: Channel, queue: string): boolean {
    for (const id of call.channels) {
      const leg = this.#calls.graph.channels.get(id)?.leg;
      if (leg?.queue === queue && leg.by === caller.id && leg.status === 'answer') return true;
    }
    return false;
  }

  #tried({ channel: snapshot, queue, at }: Fact<'queue.tried'>): void {
    const channel = this.#calls.observe(snapshot, at);
    if (channel !== undefined) channel.queueTried = queue;
  }

  #status({ channel: snapshot, reason, refused, at }: Fact<'queue.status'>): void {
    const channel = this.#calls.observe(snapshot, at);
    if (channel === undefined) return;
    if (refused) {
      this.#refused(channel, reason, at);
      return;
    }
    if (channel.queue === undefined) return;
    channel.queue.reason = reason;
    if (channel.queue.givenUp !== undefined) this.settle(channel.id);
  }

  /** It never entered; no other event tells of that. */
  #refused(channel: Channel, reason: string, at: Micros): void {
    const call = this.#calls.graph.callOf(channel);
    if (call === undefined || channel.queueTried === undefined) return;
    call.wasQueued = true;
    this.#calls.tell('queue.call_exited', call, at, { queue: channel.queueTried, reason });
  }

  #connected(fact: Fact<'queue.agent_connected'>): void {
    const { at, queue } = fact;
    const channel = this.#calls.observe(fact.channel, at);
    const call = channel && this.#calls.graph.callOf(channel);
    if (channel === undefined || call === undefined) return;
    const dest = fact.dest && this.#calls.observe(fact.dest, at);
    // The end of the dial may be told after this.
    if (dest !== undefined) this.#dials.offered(dest, undefined, queue, at);
    const agent = this.#agent(fact, dest);
    const joinedAt = channel.queue?.queue === queue ? channel.queue.joinedAt : undefined;
    channel.queue = undefined;
    this.#calls.tell('queue.call_answered', call, at, {
      queue,
      ...agent,
      wait_seconds: joinedAt === undefined ? fact.waitSeconds : secondsBetween(joinedAt, at),
      ring_seconds: fact.ringSeconds,
    });
  }

  #offered(fact: Offer): void {
    const { at, queue } = fact;
    const channel = this.#calls.observe(fact.channel, at);
    const call = channel && this.#calls.graph.callOf(channel);
    if (call === undefined) return;
    const dest = fact.dest && this.#calls.observe(fact.dest, at);
    const agent = this.#agent(fact, dest);
    switch (fact.kind) {
      case 'queue.agent_called':
        if (dest !== undefined) this.#dials.offered(dest, channel, queue, at);
        this.#calls.tell('queue.agent_ringing', call, at, { queue, ...agent });
        break;
      case 'queue.agent_no_answer':
        this.#calls.tell('queue.agent_no_answer', call, at, {
          queue,
          ...agent,
          ring_seconds: fact.ringSeconds,
        });
        break;
      default:
        fact satisfies never;
    }
  }

  #completed(fact: Fact<'queue.agent_completed'>): void {
    const { at, queue } = fact;
    const channel = fact.channel && this.#calls.observe(fact.channel, at);
    const dest = fact.dest && this.#calls.observe(fact.dest, at);
    // Who is gone by now may be left out: the caller, the agent, or both.
    const there = channel ?? dest;
    const call = there && this.#calls.graph.callOf(there);
    const data = {
      queue,
      ...this.#agent(fact, dest),
      talk_seconds: fact.talkSeconds,
      wait_seconds: fact.waitSeconds,
      reason: fact.reason,
    };
    if (call === undefined || !this.#calls.tell('queue.agent_complete', call, at, data)) {
      this.#teller.tell('queue.agent_complete', at, data);
    }
  }

  #agent(
    fact: { readonly agent: string | undefined; readonly agentDevice: string | undefined },
    dest: Channel | undefined,
  ): { agent: string | undefined; agent_extension: string | undefined } {
    return {
      agent: fact.agent,
      agent_extension: this.#members.extensionOf(fact.agentDevice) ?? (dest && this.#calls.partyOf(dest)),
    };
  }
}

/** A key sends the caller to the extension of that name; no `QUEUESTATUS` tells of it (app_queue.c, valid_exit). */
function wasSentByKey(stay: QueueStay, { exten }: Channel): boolean {
  return exten !== undefined && exten !== stay.exten && /^[0-9*#]$/.test(exten);
}
