import type { z } from 'zod';
import type { PbxName } from '../model/ids.ts';
import type { Memo } from '../model/memo.ts';

/** A part of the trackers that must know something again after a restart. */
export interface Keeper {
  /** Plain data, as `recall` takes it; undefined when there is nothing to remember of it. */
  stateOf(id: string): unknown;
  /** Takes a state back; false if it is none that it can read. */
  recall(id: string, state: unknown): boolean;
  /** All that it would remember now. */
  ids(): Iterable<string>;
}

const KEY = /^([^:]+):(.*)$/s;

/**
 * What the trackers of one PBX remember: each part touches what it changed, and the states of all that was touched
 * are taken once the trackers have done with a fact, so that none is half a step.
 */
export class Memory {
  readonly #pbx: PbxName;
  readonly #isKept: boolean;
  readonly #keepers = new Map<string, Keeper>();
  readonly #touched = new Set<string>();

  /** @param isKept whether anybody takes what is remembered; if not, nothing gathers. */
  constructor(pbx: PbxName, isKept: boolean) {
    this.#pbx = pbx;
    this.#isKept = isKept;
  }

  /** @param kind begins the keys of what `keeper` remembers; without a colon. */
  keep(kind: string, keeper: Keeper): void {
    this.#keepers.set(kind, keeper);
  }

  touch(kind: string, id: string): void {
    if (this.#isKept) this.#touched.add(`${kind}:${id}`);
  }

  /** Gives everything back to its keeper; gives the keys of what can't be read. */
  recall(memos: readonly Memo[]): readonly string[] {
    return memos.filter((memo) => !this.#recallOne(memo)).map(({ key }) => key);
  }

  /** What was touched since the last time. */
  take(): readonly Memo[] {
    if (this.#touched.size === 0) return NOTHING;
    const keys = [...this.#touched];
    this.#touched.clear();
    return keys.map((key) => this.#memo(key));
  }

  all(): readonly Memo[] {
    for (const [kind, keeper] of this.#keepers) for (const id of keeper.ids()) this.touch(kind, id);
    return this.take();
  }

  #recallOne({ key, state }: Memo): boolean {
    const [, kind = '', id = ''] = KEY.exec(key) ?? [];
    try {
      return this.#keepers.get(kind)?.recall(id, JSON.parse(state ?? 'null')) ?? false;
    } catch {
      return false;
    }
  }

  #memo(key: string): Memo {
    const [, kind = '', id = ''] = KEY.exec(key) ?? [];
    const state = this.#keepers.get(kind)?.stateOf(id);
    return { pbx: this.#pbx, key, state: state === undefined ? null : JSON.stringify(state) };
  }
}

const NOTHING: readonly Memo[] = [];

/** A value of a state that may be missing; then it is undefined. */
export function maybe<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().transform((value): z.output<Schema> | undefined => value);
}
