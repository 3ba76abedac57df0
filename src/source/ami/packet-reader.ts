import type { AmiPacket } from './connection.ts';
import { isNoise } from './noise.ts';
import { readPacket } from './packet.ts';
import { inspectEvent } from './snapshot-guard.ts';

const END = '\r\n\r\n';

/** The longest that Asterisk sends is a UserEvent of the manager action: 128 lines of 1,024 bytes. */
export const MAX_PACKET_CHARS = 256 * 1024;

/**
 * Makes packets of what the wire brings, and tells the whole, genuine, wanted ones:
 *
 * - only whole ones, so that half a packet never meets the next connection;
 * - only what Asterisk itself began: an event has `Privilege` as its second header (manager.c writes it into
 *   each), unless it answers an action of ours, as a response does. A CR LF CR LF in the value of a UserEvent or
 *   of dial-plan data tears that packet; what follows is taken neither for an event nor for a response. What a phone
 *   dialled is put back into its value (`snapshot-guard.ts`). Only a text of many lines that the dial plan itself puts
 *   into a UserEvent or a channel variable, and that was written to look like an event with all its headers, can't be
 *   told from one: keep such texts out, or exclude UserEvent from the account (docs/asterisk.md);
 * - not the loud ones that nobody wants (`noise.ts`): of more than half of all bytes no packet is made.
 */
export class PacketReader {
  readonly #isOwnActionId: (actionId: string) => boolean;
  readonly #onPacket: (packet: AmiPacket) => void;
  #pending = '';
  /** Where in `#pending` the end of a packet may lie: what is before was searched. */
  #searched = 0;
  #rejected = 0;
  #passed = 0;

  /** @param onPacket what it throws comes out of {@link push}, after which there is no going on. */
  constructor(isOwnActionId: (actionId: string) => boolean, onPacket: (packet: AmiPacket) => void) {
    this.#isOwnActionId = isOwnActionId;
    this.#onPacket = onPacket;
  }

  /** Packets so far that were neither a genuine event nor an answer to an action of ours. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Packets so far that were one of them, noise included. */
  get passed(): number {
    return this.#passed;
  }

  /** Characters of a packet that has not ended yet. */
  get unfinished(): number {
    return this.#pending.length;
  }

  /** Takes what the wire brought, cut anywhere. False, once a packet grew over the limit. */
  push(chunk: string): boolean {
    const text = this.#pending === '' ? chunk : this.#pending + chunk;
    let start = 0;
    let waits = false;
    for (;;) {
      while (text.startsWith('\r\n', start)) start += 2;
      const end = text.indexOf(END, Math.max(start, this.#searched));
      if (end === -1) break;
      if (end - start > MAX_PACKET_CHARS) return false;
      this.#searched = 0;
      const ended = this.#take(text, start, end);
      waits = ended === 'waits';
      if (ended === 'waits') break;
      start = ended + END.length;
    }
    if (text.length - start > MAX_PACKET_CHARS) return false;
    this.#pending = start === 0 ? text : text.slice(start);
    this.#searched = waits ? 0 : Math.max(0, this.#pending.length - END.length + 1);
    return true;
  }

  /** Where the packet ends that begins at `start` and seems to end at `end`; `waits`: its rest has not come. */
  #take(text: string, start: number, end: number): number | 'waits' {
    const packet = text.slice(start, end);
    const nameEnd = packet.indexOf('\r\n');
    if (packet.startsWith('Event: ') && packet.startsWith('Privilege: ', nameEnd + 2)) {
      return this.#takeEvent(packet.slice(7, nameEnd), text, start, end);
    }
    if (this.#answersUs(packet)) this.#pass(packet);
    else this.#rejected += 1;
    return end;
  }

  #takeEvent(name: string, text: string, start: number, end: number): number | 'waits' {
    const found = inspectEvent(text, start, end);
    if (found === 'wait') return 'waits';
    if (found === 'forged') {
      this.#rejected += 1;
      return end;
    }
    const event = found === 'sound' ? { packet: text.slice(start, end), end } : found;
    if (isNoise(name, event.packet)) this.#passed += 1;
    else this.#pass(event.packet);
    return event.end;
  }

  #pass(packet: string): void {
    this.#passed += 1;
    this.#onPacket(readPacket(packet));
  }

  #answersUs(packet: string): boolean {
    if (!packet.startsWith('Event: ') && !packet.startsWith('Response: ')) return false;
    const header = packet.indexOf(ACTION_ID);
    if (header === -1) return false;
    const value = header + ACTION_ID.length;
    const valueEnd = packet.indexOf('\r\n', value);
    return this.#isOwnActionId(packet.slice(value, valueEnd === -1 ? packet.length : valueEnd));
  }
}

const ACTION_ID = '\r\nActionID: ';
