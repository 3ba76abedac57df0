import { expect } from 'vitest';
import type { PbxEvent } from '../../src/model/event.ts';
import type { CallId } from '../../src/model/ids.ts';
import type { Memo } from '../../src/model/memo.ts';
import type {
  BridgeId,
  ChannelFact,
  ChannelId,
  ChannelSnapshot,
  ChannelState,
  DialStatus,
  Fact,
} from '../../src/telephony/facts.ts';
import type { TelephonyOptions } from '../../src/telephony/options.ts';
import { createTracker, type Tracker } from '../../src/telephony/tracker.ts';
import { type Micros, micro, microsFromMs } from '../../src/util/clock.ts';
import { TEST_OPTIONS } from './ami-stream.ts';
import { wrongByCatalogue } from './catalogue.ts';

type Changes = Partial<Omit<ChannelSnapshot, 'id' | 'name' | 'callId' | 'state'>>;

/** A channel of the fake PBX; what is said of it is what it is at that moment. */
export interface FakeChannel {
  readonly id: ChannelId;
  name: string;
  callId: CallId;
  state: ChannelState;
  callerNumber: string | undefined;
  callerName: string | undefined;
  exten: string | undefined;
  accountCode: string | undefined;
}

/** Tells a tracker what a PBX would, step by step, for what no recording shows. */
export class FakePbx {
  readonly tracker: Tracker;
  readonly events: PbxEvent[] = [];
  now: Micros = micro(1_800_000_000_000_000);
  #count = 0;

  /** @param memos what its tracker remembers of an earlier run; left out, it remembers nothing. */
  constructor(options: Partial<TelephonyOptions> = {}, memos?: readonly Memo[]) {
    this.tracker = createTracker({ ...TEST_OPTIONS, ...options }, memos);
  }

  tell(fact: Fact): void {
    this.#take(this.tracker.apply(fact));
  }

  pass(ms: number): void {
    this.now = micro(this.now + microsFromMs(ms));
  }

  settle(): void {
    this.#take(this.tracker.settle(micro(Number.POSITIVE_INFINITY)));
  }

  /** Whatever a test is about: all that is told stands in the catalogue. */
  #take(events: readonly PbxEvent[]): void {
    expect(events.map(wrongByCatalogue)).toEqual(events.map(() => ''));
    this.events.push(...events);
  }

  /** Types of all events so far. */
  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** `data` of the only event of this type. */
  only(type: string): Readonly<Record<string, unknown>> {
    const found = this.events.filter((event) => event.type === type);
    const [event] = found;
    if (event === undefined || found.length > 1) {
      throw new Error(`${found.length} events of type ${type} among ${this.types.join(', ')}`);
    }
    return event.data;
  }

  /** A channel that nothing was told of yet; of a call of its own unless one is given. */
  channel(name: string, call?: FakeChannel, changes: Changes = {}): FakeChannel {
    this.#count += 1;
    const id = `1800000000.${this.#count}`;
    return {
      id: id as ChannelId,
      name: name.includes(';') ? name : `${name}-${this.#count.toString().padStart(8, '0')}`,
      callId: call?.callId ?? (id as CallId),
      state: 'down',
      callerNumber: undefined,
      callerName: undefined,
      exten: undefined,
      accountCode: undefined,
      ...changes,
    };
  }

  /** A device dials: told as created, in state Ring. */
  dials(name: string, exten: string, changes: Changes = {}): FakeChannel {
    const channel = this.channel(name, undefined, { exten, ...changes });
    this.state(channel, 'ring');
    return channel;
  }

  /** Both halves of a Local pair, told as created. */
  local(where: string, call?: FakeChannel): readonly [FakeChannel, FakeChannel] {
    const name = `Local/${where}-${this.#count.toString().padStart(8, '0')}`;
    const one = this.channel(`${name};1`, call, { exten: where.split('@', 1)[0] });
    const two = this.channel(`${name};2`, one, { exten: where.split('@', 1)[0] });
    this.state(one, 'down');
    this.state(two, 'ring');
    return [one, two];
  }

  state(channel: FakeChannel, state: ChannelState): void {
    channel.state = state;
    this.of('channel.seen', channel);
  }

  of(kind: Exclude<ChannelFact['kind'], 'channel.gone' | 'channel.soft_hangup'>, channel: FakeChannel): void {
    this.tell({ kind, at: this.now, channel: { ...channel } });
  }

  dial(caller: FakeChannel | undefined, dest: FakeChannel, dialString?: string): void {
    this.of('channel.seen', dest);
    this.begin(caller, dest, dialString);
  }

  begin(caller: FakeChannel | undefined, dest: FakeChannel, dialString?: string): void {
    this.tell({
      kind: 'dial.begun',
      at: this.now,
      caller: caller && { ...caller },
      dest: { ...dest },
      dialString,
    });
  }

  rings(dest: FakeChannel): void {
    this.state(dest, 'ringing');
  }

  dialEnds(caller: FakeChannel | undefined, dest: FakeChannel, status: DialStatus): void {
    this.tell({
      kind: 'dial.ended',
      at: this.now,
      caller: caller && { ...caller },
      dest: { ...dest },
      status,
      forward: undefined,
    });
  }

  /** A dialled device picks up, and who dialled hears it. */
  answers(caller: FakeChannel | undefined, dest: FakeChannel): void {
    this.state(dest, 'up');
    this.dialEnds(caller, dest, 'answer');
    if (caller !== undefined) this.state(caller, 'up');
  }

  bridge(name: string, ...channels: readonly FakeChannel[]): void {
    for (const channel of channels) {
      this.tell({
        kind: 'bridge.entered',
        at: this.now,
        channel: { ...channel },
        bridgeId: name as BridgeId,
      });
    }
  }

  hangsUp(channel: FakeChannel, ...others: readonly FakeChannel[]): void {
    this.of('channel.hangup_requested', channel);
    this.gone(channel);
    for (const other of others) this.gone(other);
  }

  gone(channel: FakeChannel, cause = 16): void {
    this.tell({ kind: 'channel.gone', at: this.now, channel: { ...channel }, cause, causeText: undefined });
  }
}
