import type { AmiPacket } from './connection.ts';
import { PacketReader } from './packet-reader.ts';

/** Reads the recorded bytes of a connection as the connection itself would have. */
export class RecordingReader {
  readonly #packets: PacketReader;

  /** @param onPacket gets each event that is wanted; what it throws comes out of `push`. */
  constructor(onPacket: (packet: AmiPacket) => void) {
    this.#packets = new PacketReader(() => false, onPacket);
  }

  /** Takes the next piece of the stream, cut anywhere. False, once a packet is longer than any of Asterisk's. */
  push(text: string): boolean {
    return this.#packets.push(text);
  }

  /** Events so far, those that nobody needs included. */
  get events(): number {
    return this.#packets.passed;
  }

  /** Whether the stream so far ends within a packet. */
  get isBrokenOff(): boolean {
    return this.#packets.unfinished > 0;
  }
}
