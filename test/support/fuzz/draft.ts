/** A request while it is being made and spoilt. */
import fc from 'fast-check';
import type { OperationKey } from '../../../src/api/operations/operations.ts';

export interface Edit {
  readonly at: number;
  readonly put: Uint8Array;
}

export interface Draft {
  readonly key: OperationKey;
  method: string;
  path: string;
  readonly query: [string, string][];
  readonly headers: [string, string][];
  body: unknown;
  /** The body's bytes, where they are not the JSON of `body`. */
  bytes?: Buffer;
  edits: Edit[];
}

export const editsOf = (length: number): fc.Arbitrary<Edit[]> =>
  fc.array(fc.record({ at: fc.nat(Math.max(0, length)), put: fc.uint8Array({ maxLength: 8 }) }), {
    minLength: 1,
    maxLength: 6,
  });

export function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  return edits.reduce<Buffer>(
    (all, { at, put }) => Buffer.concat([all.subarray(0, at), put, all.subarray(at + put.length)]),
    bytes,
  );
}

/** With the `index`-th value in it, counted from the outside, another one; urls stay. */
export function replaced(value: unknown, index: number, by: unknown): unknown {
  let left = index;
  const walk = (one: unknown, name: string): unknown => {
    if (name === 'url') return one;
    if (left === 0) {
      left -= 1;
      return by;
    }
    left -= 1;
    if (Array.isArray(one)) return one.map((entry) => walk(entry, ''));
    if (!isObject(one)) return one;
    return Object.fromEntries(Object.entries(one).map(([key, entry]) => [key, walk(entry, key)]));
  };
  return walk(value, '');
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
