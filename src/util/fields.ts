/** What crosses a thread or comes out of a table: flat, since cloning an object costs several times its values. */
export type Field = string | number | null;

/** Reads a flat list in the order in which it was written; a value of another kind is a bug and throws. */
export class FieldReader {
  readonly #fields: readonly unknown[];
  readonly #end: number;
  #at: number;

  /** Reads those from `begin` on up to, but not including, `end`; by default all of them. */
  constructor(fields: readonly unknown[], begin = 0, end = fields.length) {
    this.#fields = fields;
    this.#end = end;
    this.#at = begin;
  }

  get more(): boolean {
    return this.#at < this.#end;
  }

  text(): string {
    const value = this.#fields[this.#at++];
    return typeof value === 'string' ? value : this.#wrong('text', value);
  }

  number(): number {
    const value = this.#fields[this.#at++];
    return typeof value === 'number' ? value : this.#wrong('a number', value);
  }

  optionalText(): string | undefined {
    const value = this.#fields[this.#at++];
    return typeof value === 'string'
      ? value
      : value === null
        ? undefined
        : this.#wrong('text or null', value);
  }

  optionalNumber(): number | undefined {
    const value = this.#fields[this.#at++];
    return typeof value === 'number'
      ? value
      : value === null
        ? undefined
        : this.#wrong('a number or null', value);
  }

  #wrong(expected: string, value: unknown): never {
    throw new TypeError(`expected ${expected} in field ${this.#at - 1}, got ${typeof value}`);
  }
}
