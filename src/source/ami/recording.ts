import type { AmiPacket } from './connection.ts';
import { packetOf } from './packet.ts';
import { PacketGate } from './packet-gate.ts';
import { createParser } from './parser-socket.ts';

/** Reads the recorded bytes of a connection as the connection itself would have: same gate, same parser. */
export class RecordingReader {
  readonly #gate = new PacketGate(() => false);
  readonly #parse: (text: string) => void;

  /** @param onPacket gets each event that is wanted; what it throws comes out of `push`. */
  constructor(onPacket: (packet: AmiPacket) => void) {
    this.#parse = createParser((item) => onPacket(packetOf(item)));
  }

  /** Takes the next piece of the stream, cut anywhere. False, once a packet is longer than any of Asterisk's. */
  push(text: string): boolean {
    const wanted = this.#gate.push(text);
    if (wanted === undefined) return false;
    if (wanted !== '') this.#parse(wanted);
    return true;
  }

  /** Events so far, those that nobody needs included. */
  get events(): number {
    return this.#gate.passed;
  }

  /** Whether the stream so far ends within a packet. */
  get isBrokenOff(): boolean {
    return this.#gate.unfinished > 0;
  }
}
