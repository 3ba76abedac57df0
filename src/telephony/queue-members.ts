import { z } from 'zod';
import type { Micros } from '../util/clock.ts';
import type { DeviceReader } from './devices.ts';
import type { QueueFact } from './facts.ts';
import { type Keeper, type Memory, maybe } from './memory.ts';
import { localNumber } from './numbers.ts';
import type { ListedQueue, QueueMember } from './stock.ts';
import type { Teller } from './teller.ts';

export type Membership = Extract<
  QueueFact,
  { kind: 'queue.agent_added' | 'queue.agent_removed' | 'queue.agent_paused' | 'queue.agent_unpaused' }
>;

const written = z.array(
  z.object({
    device: z.string(),
    name: maybe(z.string()),
    isPaused: z.boolean(),
  }),
);

/**
 * Who answers for a queue, and who pauses: `queue.agent_added`, `…_removed`, `…_paused`, `…_unpaused`. Members are
 * known from what is told of them; those who were there before only from a list.
 */
export class QueueMembers implements Keeper {
  readonly #reader: DeviceReader;
  readonly #teller: Teller;
  readonly #memory: Memory;
  /** As many as the PBX has. */
  readonly #queues = new Map<string, Map<string, QueueMember>>();
  /** Who is not known now is none; before, it may have been one all the time. */
  #wasListed = false;

  constructor(reader: DeviceReader, teller: Teller, memory: Memory) {
    this.#reader = reader;
    this.#teller = teller;
    this.#memory = memory;
    memory.keep('queue', this);
  }

  apply({ kind, queue, agent, agentDevice, reason, isPaused, at }: Membership): void {
    if (agentDevice !== undefined) {
      const known = this.#queues.get(queue)?.get(agentDevice);
      const member = { device: agentDevice, name: agent, isPaused: isPaused ?? known?.isPaused ?? false };
      this.#put(queue, member, kind === 'queue.agent_removed');
      const isNothingNew =
        kind === 'queue.agent_removed'
          ? known === undefined && this.#wasListed
          : known !== undefined && known.isPaused === member.isPaused;
      if (isNothingNew) return;
    }
    this.#tell(kind, queue, agent, agentDevice, reason, at);
  }

  /** What was found: the difference to what was known is told. */
  found(queues: readonly ListedQueue[], at: Micros): void {
    this.#wasListed = true;
    const present = new Map(queues.map(({ queue, members }) => [queue, members]));
    for (const [queue, known] of [...this.#queues]) {
      const there = new Set(present.get(queue)?.map(({ device }) => device));
      for (const member of [...known.values()]) {
        if (there.has(member.device)) continue;
        // Who is known although no list came yet was told.
        this.#teller.aloud(() => this.#found('queue.agent_removed', queue, member, at));
      }
    }
    for (const [queue, members] of present) {
      for (const member of members) this.#compare(queue, member, at);
    }
  }

  /** `PJSIP/1002` and `Local/1002@agents/n` to 1002. */
  extensionOf(device: string | undefined): string | undefined {
    if (device === undefined) return undefined;
    const read = this.#reader.ofDevice(device);
    if (read.kind === 'extension') return read.extension;
    const number = localNumber(device);
    return number === undefined ? undefined : this.#reader.extension(number);
  }

  stateOf(queue: string): unknown {
    const members = this.#queues.get(queue);
    return members && [...members.values()];
  }

  recall(queue: string, state: unknown): boolean {
    const read = written.safeParse(state);
    if (read.success) this.#queues.set(queue, new Map(read.data.map((member) => [member.device, member])));
    return read.success;
  }

  ids(): Iterable<string> {
    return this.#queues.keys();
  }

  #compare(queue: string, member: QueueMember, at: Micros): void {
    const known = this.#queues.get(queue)?.get(member.device);
    if (known === undefined) this.#found('queue.agent_added', queue, { ...member, isPaused: false }, at);
    if (member.isPaused !== (known?.isPaused ?? false)) {
      this.#found(member.isPaused ? 'queue.agent_paused' : 'queue.agent_unpaused', queue, member, at);
    }
  }

  #found(kind: Membership['kind'], queue: string, member: QueueMember, at: Micros): void {
    this.#put(queue, member, kind === 'queue.agent_removed');
    this.#tell(kind, queue, member.name, member.device, undefined, at);
  }

  #put(queue: string, member: QueueMember, isRemoved: boolean): void {
    const members = this.#queues.get(queue) ?? new Map<string, QueueMember>();
    if (isRemoved) members.delete(member.device);
    else members.set(member.device, member);
    if (members.size === 0) this.#queues.delete(queue);
    else this.#queues.set(queue, members);
    this.#memory.touch('queue', queue);
  }

  #tell(
    kind: Membership['kind'],
    queue: string,
    agent: string | undefined,
    device: string | undefined,
    reason: string | undefined,
    at: Micros,
  ): void {
    this.#teller.tell(kind, at, { queue, agent, agent_extension: this.extensionOf(device), reason });
  }
}
