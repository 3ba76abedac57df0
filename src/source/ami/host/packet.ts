import type { AmiPacket } from '../connection.ts';

/**
 * Makes a packet of what asterisk-manager's parser gives: of a repeated header the first value (the parser makes
 * a list, headed by a function where the header is named `constructor`), `Variable: FOO` and `ChanVariable:
 * FOO=bar` as strings (the parser makes objects), no header `__proto__` (the parser makes it the prototype).
 */
export function packetOf(item: object): AmiPacket {
  const packet: Record<string, string> = Object.create(null);
  for (const key of Object.keys(item)) {
    const value: unknown = Reflect.get(item, key);
    const text = typeof value === 'string' ? value : firstText(key, value);
    if (text !== undefined) packet[key] = text;
  }
  return packet;
}

function firstText(key: string, value: unknown): string | undefined {
  if (Array.isArray(value)) return value.find((one) => typeof one === 'string');
  if (typeof value !== 'object' || value === null) return undefined;
  const [name, text] = Object.entries(value)[0] ?? ['', ''];
  return key === 'variable' && text === '' ? name : `${name}=${text}`;
}
