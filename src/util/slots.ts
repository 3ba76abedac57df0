/**
 * Things that come and go by the thousand, each found by the number that it got; numbers are given out again. A Map
 * would do, but V8 chains every table that a Map outgrows to the next one (`OrderedHashTable::Rehash`): once one of
 * them has grown old, all that later ones ever held outlives each collection of young objects.
 */
export class Slots<T extends object> {
  readonly #items: (T | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#items.length - this.#free.length;
  }

  /** Tells its number, which is its own until it is taken. */
  put(item: T): number {
    const number = this.#free.pop() ?? this.#items.length;
    this.#items[number] = item;
    return number;
  }

  /** Undefined: nothing has that number. */
  take(number: number): T | undefined {
    const item = this.#items[number];
    if (item === undefined) return undefined;
    this.#items[number] = undefined;
    this.#free.push(number);
    return item;
  }

  /** All that is there, in no order. */
  *entries(): Generator<readonly [number: number, item: T]> {
    for (const [number, item] of this.#items.entries()) if (item !== undefined) yield [number, item];
  }

  clear(): void {
    this.#items.length = 0;
    this.#free.length = 0;
  }
}
