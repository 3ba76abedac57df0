/** From so many characters on (a batch) a body is encoded by way of memory that is there already: half the time. */
const LONG = 8_192;

/** A longer one may have memory of its own: what is kept for the next stays small. */
const VERY_LONG = 262_144;

/** UTF-8 takes three bytes at most for what is one character to JavaScript. */
const MOST_BYTES = 3;

const encoder = new TextEncoder();
let spare = new Uint8Array(0);

/**
 * What is sent of a text: its UTF-8. A short one that is all ASCII stays what it is, as its characters are its bytes; each is
 * made into bytes where it is used, by what uses it, for less than it costs to have them made here.
 */
export type Utf8 = string | Buffer;

/** In memory of its own; the length is that in bytes. */
export function utf8(text: string): Utf8 {
  if (text.length < LONG && Buffer.byteLength(text) === text.length) return text;
  if (text.length < LONG || text.length > VERY_LONG) return Buffer.from(text);
  if (spare.length < text.length * MOST_BYTES) spare = new Uint8Array(text.length * MOST_BYTES);
  const { written } = encoder.encodeInto(text, spare);
  return Buffer.from(spare.subarray(0, written));
}
