import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import type { Endpoint } from './transactions.ts';

/** One packet carries 20 ms of sound: 160 samples of PCMU, a byte each. */
const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
const SAMPLES_PER_MS = 8;

/** Payload types, as the session description names them. */
const PCMU = 0;
const TELEPHONE_EVENT = 101;

/** A digit lasts 6 packets, its last one is sent three times (RFC 4733 2.5.1.4); then a pause, as of a finger. */
const DIGIT_FRAMES = 6;
const LAST_FRAME_REPEATS = 2;
const BETWEEN_DIGITS_MS = 100;
const DIGITS = '0123456789*#';

/** 400 Hz, as a square wave: in PCMU 0x80 is the highest value and 0x00 the lowest. */
const TONE = Buffer.from(Array.from({ length: FRAME_SAMPLES }, (_, i) => (i % 20 < 10 ? 0x80 : 0x00)));

/**
 * What one side of a call says: a tone, and digits as telephone events (RTP, RFC 3550 and 4733). Nothing is sent, and
 * no socket is there, before the first of them. What comes from the other side is not listened to.
 */
export class Media {
  readonly #local: Endpoint;
  readonly #begun = performance.now();
  readonly #source = randomInt(2 ** 32);
  #remote: Endpoint | undefined;
  #socket: Socket | undefined;
  #tone: NodeJS.Timeout | undefined;
  #sequence = 0;
  #pressing = false;

  constructor(local: Endpoint) {
    this.#local = local;
  }

  /** Where the other side wants to hear it; until that is known, nothing is sent. */
  sendTo(remote: Endpoint | undefined): void {
    this.#remote = remote ?? this.#remote;
  }

  /** On a busy machine the timer is late; what is due is sent all the same, so that no sound is lost. */
  startTone(): void {
    let due = this.#now();
    this.#tone ??= setInterval(() => {
      for (; due <= this.#now(); due += FRAME_SAMPLES) {
        if (!this.#pressing) {
          this.#send(PCMU, false, due, TONE);
        }
      }
    }, FRAME_MS);
  }

  stopTone(): void {
    clearInterval(this.#tone);
    this.#tone = undefined;
  }

  /** Settles when the last digit was sent. */
  async press(digits: string): Promise<void> {
    this.#pressing = true;
    for (const digit of digits) {
      await this.#pressOne(DIGITS.indexOf(digit));
      await pause(BETWEEN_DIGITS_MS);
    }
    this.#pressing = false;
  }

  close(): void {
    this.stopTone();
    this.#socket?.close();
    this.#socket = undefined;
    this.#remote = undefined;
  }

  /** All packets of a digit bear the time of its beginning; only the duration grows. */
  async #pressOne(digit: number): Promise<void> {
    const timestamp = this.#now();
    for (let frame = 1; frame <= DIGIT_FRAMES + LAST_FRAME_REPEATS; frame += 1) {
      const payload = Buffer.alloc(4);
      payload.writeUInt8(digit, 0);
      payload.writeUInt8(10 | (frame >= DIGIT_FRAMES ? 0x80 : 0), 1);
      payload.writeUInt16BE(Math.min(frame, DIGIT_FRAMES) * FRAME_SAMPLES, 2);
      this.#send(TELEPHONE_EVENT, frame === 1, timestamp, payload);
      await pause(FRAME_MS);
    }
  }

  #now(): number {
    return Math.floor((performance.now() - this.#begun) * SAMPLES_PER_MS);
  }

  #send(payloadType: number, marker: boolean, timestamp: number, payload: Buffer): void {
    if (this.#remote === undefined) {
      return;
    }
    const head = Buffer.alloc(12);
    head.writeUInt8(0x80, 0);
    head.writeUInt8(payloadType | (marker ? 0x80 : 0), 1);
    head.writeUInt16BE(this.#sequence & 0xffff, 2);
    head.writeUInt32BE(timestamp, 4);
    head.writeUInt32BE(this.#source, 8);
    this.#sequence += 1;
    this.#open().send([head, payload], this.#remote.port, this.#remote.address);
  }

  #open(): Socket {
    if (this.#socket === undefined) {
      this.#socket = createSocket('udp4');
      this.#socket.on('error', () => undefined); // the other side may have closed its port already
      this.#socket.bind(this.#local.port, this.#local.address);
    }
    return this.#socket;
  }
}
