/** From so many characters on (a batch) a body is encoded by way of memory that is there already: half the time. */
const LONG = 8_192;

/** A longer one may have memory of its own: what is kept for the next stays small. */
const VERY_LONG = 262_144;

/** UTF-8 takes three bytes at most for what is one character to JavaScript. */
const MOST_BYTES = 3;

const encoder = new TextEncoder();
let spare = new Uint8Array(0);

/** The text as UTF-8, in memory of its own. */
export function utf8(text: string): Buffer {
  if (text.length < LONG || text.length > VERY_LONG) return Buffer.from(text);
  if (spare.length < text.length * MOST_BYTES) spare = new Uint8Array(text.length * MOST_BYTES);
  const { written } = encoder.encodeInto(text, spare);
  return Buffer.from(spare.subarray(0, written));
}
