import type { Keeper, Memory } from './memory.ts';

/**
 * What has been listed before, on whichever connection and in whichever run: what the very first list shows was
 * there already and is no news, what a later one shows is.
 */
export class Listed implements Keeper {
  readonly #memory: Memory;
  readonly #kind: string;
  readonly #before = new Set<string>();

  /** @param kind begins the keys under which it is remembered. */
  constructor(memory: Memory, kind: string) {
    this.#memory = memory;
    this.#kind = kind;
    memory.keep(kind, this);
  }

  has(what: string): boolean {
    return this.#before.has(what);
  }

  add(what: string): void {
    this.#before.add(what);
    this.#memory.touch(this.#kind, what);
  }

  stateOf(what: string): unknown {
    return this.#before.has(what) ? true : undefined;
  }

  recall(what: string): boolean {
    this.#before.add(what);
    return true;
  }

  ids(): Iterable<string> {
    return this.#before;
  }
}
