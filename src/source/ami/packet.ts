import type { AmiPacket } from './connection.ts';

/**
 * Reads the text of a packet, without the empty line that ends it: a header in each line, `Name: value`, or
 * `name:value` as dial plans write it into a UserEvent. Lines end with CR LF; a bare LF belongs to its value. Blanks
 * around a name don't count; a line without a colon is a name without a value.
 */
export function readPacket(text: string): AmiPacket {
  const packet: Record<string, string> = Object.create(null);
  let colon = text.indexOf(':');
  for (let start = 0; start < text.length; ) {
    const lineEnd = text.indexOf('\r\n', start);
    const end = lineEnd === -1 ? text.length : lineEnd;
    // Not searched anew for each of many lines without one: that would take the square of their number.
    if (colon !== -1 && colon < start) colon = text.indexOf(':', start);
    const nameEnd = colon === -1 || colon > end ? end : colon;
    const name = keyOf(text.slice(start, nameEnd));
    // Of a repeated header the first one counts.
    if (packet[name] === undefined) packet[name] = text.slice(valueAt(text, nameEnd), end);
    start = end + 2;
  }
  return packet;
}

function valueAt(text: string, colon: number): number {
  return text.startsWith(': ', colon) ? colon + 2 : colon + 1;
}

/** Names that came before: Asterisk's are few and come again and again, while dial plans may make up any. */
const keys = new Map<string, string>();
const MAX_KEYS = 1_000;
const MAX_KEY_CHARS = 64;

function keyOf(name: string): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  if (keys.size >= MAX_KEYS || name.length > MAX_KEY_CHARS) return name.trim().toLowerCase();
  // A copy: a part of a text keeps all of it in memory.
  const own = Buffer.from(name).toString();
  const key = own.trim().toLowerCase();
  keys.set(own, key);
  return key;
}
