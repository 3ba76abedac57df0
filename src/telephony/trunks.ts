import { z } from 'zod';
import type { EventData } from '../model/event.ts';
import { type Micros, micro } from '../util/clock.ts';
import { Listed } from './listed.ts';
import { type Keeper, type Memory, maybe } from './memory.ts';
import type { AccountKind, PbxFact } from './registration-facts.ts';
import type { Teller } from './teller.ts';
import type { ListedTrunk, TrunkFact, TrunkId, TrunkState } from './trunk-facts.ts';

/**
 * How long a registration may take to come back before its end is told: an ordered one begins with an end, and after
 * a restart Asterisk waits for up to `max_random_initial_delay` (10 s) before it registers.
 */
export const RENEWAL_MICROS = 15_000_000;

/** Plain data. */
interface Trunk {
  readonly key: string;
  readonly accountKind: AccountKind;
  /** The registration's own name, else `account@server`. */
  name: string;
  /** What was told last, or taken over silently. */
  isRegistered: boolean;
  /** It ended, and may come back before this is due. */
  ending:
    | { readonly at: Micros; readonly reason: string | undefined; readonly inferred: boolean }
    | undefined;
}

const time = z.custom<Micros>(Number.isSafeInteger);
const written = z.object({
  key: z.string(),
  accountKind: z.enum(['pjsip', 'sip', 'iax2']),
  name: z.string(),
  isRegistered: z.boolean(),
  ending: maybe(z.object({ at: time, reason: maybe(z.string()), inferred: z.boolean() })),
});

/**
 * `trunk.registered` and `trunk.unregistered`. The PBX repeats how a registration stands at each refresh and each
 * attempt: only a change is news. Of the list, the first one is taken over silently; on a later connection the
 * difference is what was missed. What the stream told on a connection is newer than its list.
 */
export class Trunks implements Keeper {
  readonly #teller: Teller;
  readonly #memory: Memory;
  readonly #trunks = new Map<string, Trunk>();
  readonly #streamed = new Set<string>();
  readonly #listedBefore: Listed;
  #isLoading = true;
  /** Endings of an earlier run are not due before a list tells whether they still count. */
  #awaitsList = false;

  constructor(teller: Teller, memory: Memory) {
    this.#teller = teller;
    this.#memory = memory;
    this.#listedBefore = new Listed(memory, 'trunks');
    memory.keep('trunk', this);
  }

  stateOf(key: string): unknown {
    return this.#trunks.get(key);
  }

  recall(key: string, state: unknown): boolean {
    const read = written.safeParse(state);
    if (!read.success) return false;
    this.#trunks.set(key, read.data);
    this.#awaitsList ||= read.data.ending !== undefined;
    return true;
  }

  ids(): Iterable<string> {
    return this.#trunks.keys();
  }

  apply(fact: TrunkFact | PbxFact): void {
    switch (fact.kind) {
      case 'pbx.connected':
        this.#isLoading = true;
        this.#streamed.clear();
        break;
      case 'pbx.booted':
        this.#isLoading = false;
        break;
      case 'pbx.disconnected':
        break;
      case 'trunk.told':
        this.#told(fact.trunk, fact.at);
        break;
      case 'trunks.listed':
        this.#awaitsList = false;
        this.#listed(fact.accountKinds, fact.trunks, fact.at);
        break;
      default:
        fact satisfies never;
    }
  }

  /** When the first ending is due to be told; undefined when none waits. */
  deadline(): Micros | undefined {
    if (this.#awaitsList) return undefined;
    let first: Micros | undefined;
    for (const { ending } of this.#trunks.values()) {
      if (ending !== undefined && (first === undefined || ending.at < first)) first = ending.at;
    }
    return first && micro(first + RENEWAL_MICROS);
  }

  /** Tells the endings that are due. */
  settle(now: Micros): void {
    if (this.#awaitsList) return;
    for (const trunk of this.#trunks.values()) {
      const { ending } = trunk;
      if (ending === undefined || ending.at + RENEWAL_MICROS > now) continue;
      this.#ended(trunk, ending.at, { reason: ending.reason, inferred: ending.inferred || undefined });
    }
  }

  /** Before the PBX has loaded, nothing that it says is news, and what it lists afterwards is what counts. */
  #told(state: TrunkState, at: Micros): void {
    if (this.#isLoading) return;
    const key = keyOf(state);
    this.#streamed.add(key);
    const known = this.#trunks.get(key);
    if (known !== undefined) {
      this.#changed(known, state, at, false);
      return;
    }
    const isRegistered = state.status === 'registered';
    // It may just be refreshed; but where all were listed, it is new. That one is not registered is told once.
    const isNews = !isRegistered || this.#listedBefore.has(state.accountKind);
    const trunk = this.#add(key, state, isNews ? !isRegistered : isRegistered);
    this.#changed(trunk, state, at, false);
  }

  #listed(kinds: readonly AccountKind[], trunks: readonly ListedTrunk[], at: Micros): void {
    const listed = new Set(trunks.map(keyOf));
    for (const state of trunks) this.#onListed(state, at);
    for (const [key, trunk] of this.#trunks) {
      if (listed.has(key) || this.#streamed.has(key) || !kinds.includes(trunk.accountKind)) continue;
      if (trunk.isRegistered) this.#ended(trunk, at, { reason: 'removed', inferred: true });
      this.#trunks.delete(key);
      this.#memory.touch('trunk', key);
    }
    for (const kind of kinds) this.#listedBefore.add(kind);
  }

  #onListed(state: ListedTrunk, at: Micros): void {
    const key = keyOf(state);
    const known = this.#trunks.get(key);
    const isFirst = !this.#listedBefore.has(state.accountKind);
    const trunk = known ?? this.#add(key, state, isFirst && state.status === 'registered');
    if (state.name !== undefined) trunk.name = state.name;
    if (!isFirst && !this.#streamed.has(key)) this.#changed(trunk, state, at, true);
  }

  #add(key: string, id: TrunkId, isRegistered: boolean): Trunk {
    const name = `${id.account.replace(/^sips?:/, '').split('@')[0]}@${id.server.replace(/^sips?:/, '')}`;
    const trunk: Trunk = { key, accountKind: id.accountKind, name, isRegistered, ending: undefined };
    this.#trunks.set(key, trunk);
    this.#memory.touch('trunk', key);
    return trunk;
  }

  #changed(trunk: Trunk, { status, reason }: TrunkState, at: Micros, inferred: boolean): void {
    if (status === 'registered') {
      trunk.ending = undefined;
      if (!trunk.isRegistered) this.#began(trunk, at, { inferred: inferred || undefined });
    } else if (trunk.isRegistered && status === 'failed') {
      this.#ended(trunk, at, { reason, inferred: inferred || undefined });
    } else if (trunk.isRegistered) {
      trunk.ending ??= { at, reason, inferred };
    }
  }

  #began(trunk: Trunk, at: Micros, more: EventData): void {
    trunk.isRegistered = true;
    this.#memory.touch('trunk', trunk.key);
    this.#teller.tell('trunk.registered', at, { trunk: trunk.name, ...more });
  }

  #ended(trunk: Trunk, at: Micros, more: EventData): void {
    trunk.isRegistered = false;
    trunk.ending = undefined;
    this.#memory.touch('trunk', trunk.key);
    this.#teller.tell('trunk.unregistered', at, { trunk: trunk.name, ...more });
  }
}

function keyOf({ accountKind, account, server }: TrunkId): string {
  return `${accountKind} ${account} ${server}`;
}
