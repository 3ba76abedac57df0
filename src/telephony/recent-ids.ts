/** The last ids, between one and two thousand of them: enough to know what comes late, bounded for ever. */
export class RecentIds<Id extends string> {
  readonly #half: number;
  #young = new Set<Id>();
  #old = new Set<Id>();

  constructor(half = 1024) {
    this.#half = half;
  }

  add(id: Id): void {
    this.#young.add(id);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  has(id: Id): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }
}
