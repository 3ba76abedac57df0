import type { AmiPacket } from '../connection.ts';
import { isNoise } from '../noise.ts';

/**
 * Whether an item of asterisk-manager's parser is an event of Asterisk's own. Its headers come in their order, so
 * that the remains of a packet which a CR LF CR LF in some value tore are told by what they begin with. A header in
 * such a value looks like one of the packet: an id that is there twice names no channel for sure. A value that was
 * made to look like the whole rest of an event can't be told from it here; on a connection of our own it can
 * (`snapshot-guard.ts`).
 */
export function isGenuine(item: object): boolean {
  const [first, second] = Object.keys(item).filter((key) => !isIndex(key));
  return first === 'event' && second === 'privilege' && !Object.entries(item).some(isAmbiguousId);
}

/** Whether it is an event that nobody needs. */
export function isNoisePacket(packet: AmiPacket): boolean {
  const headers = `\r\nVariable: ${packet['variable']}\r\nApplication: ${packet['application']}\r\n`;
  return isNoise(packet['event'] ?? '', headers);
}

/** How it answers a login, if it does; the remains of the connection before it may have grown together with it. */
export function loginAnswer(item: object): 'accepted' | 'refused' | undefined {
  const messages = [Reflect.get(item, 'message')].flat();
  if (messages.includes('Authentication accepted')) return 'accepted';
  return messages.includes('Authentication failed') ? 'refused' : undefined;
}

/** JavaScript puts such keys before all others. */
function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}

function isAmbiguousId([key, value]: readonly [string, unknown]): boolean {
  return /(?:uniqueid|linkedid)$/.test(key) && Array.isArray(value) && new Set(value).size > 1;
}
