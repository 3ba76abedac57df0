/** Powers of two: to begin with, and up to which an empty one keeps what it has. */
const FIRST_CAPACITY = 16;
const KEPT_CAPACITY = 1_024;

/** 2^32 divided by the golden ratio: spreads what follows each other, and what follows each other at intervals. */
const SPREAD = 0x9e3779b1;

/**
 * Whole numbers from 1 to 2^53 - 1 that come and go by the thousand. Each look costs a fraction of a Set's, and
 * what they lie in is one piece of memory outside of the garbage collector's heap. Linear probing; what is taken out
 * leaves no mark.
 */
export class IdSet {
  #table = new Float64Array(FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return this.#table[this.#find(id)] === id;
  }

  add(id: number): void {
    const place = this.#find(id);
    if (this.#table[place] === id) return;
    this.#table[place] = id;
    this.#size += 1;
    if (this.#size * 2 > this.#table.length) this.#grow();
  }

  delete(id: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let gap = this.#find(id);
    if (table[gap] !== id) return;
    this.#size -= 1;
    table[gap] = 0;
    if (this.#size === 0 && table.length > KEPT_CAPACITY) this.#table = new Float64Array(FIRST_CAPACITY);
    for (let at = (gap + 1) & mask; ; at = (at + 1) & mask) {
      const next = table[at] ?? 0;
      if (next === 0) return;
      // Whatever would not be found behind the gap moves into it.
      if (((at - this.#home(next)) & mask) < ((at - gap) & mask)) continue;
      table[gap] = next;
      table[at] = 0;
      gap = at;
    }
  }

  /** Where it is, or would be. */
  #find(id: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    let at = this.#home(id);
    for (let found = table[at]; found !== 0 && found !== id; found = table[at]) at = (at + 1) & mask;
    return at;
  }

  #home(id: number): number {
    return Math.imul(id, SPREAD) >>> (Math.clz32(this.#table.length) + 1);
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Float64Array(old.length * 2);
    for (const id of old) if (id !== 0) this.#table[this.#find(id)] = id;
  }
}
