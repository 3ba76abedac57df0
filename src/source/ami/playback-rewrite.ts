import { randomUUID } from 'node:crypto';
import { type Micros, micro } from '../../util/clock.ts';

const TIMESTAMP = /^Timestamp: (\d+\.\d+)/m;
const CHANNEL_ID = /\b(\d{9,10})\.(\d{1,5})(?!\d)/g;
const CHANNEL_NAME = /(\w+\/[\w@.-]+-)([0-9a-f]{8})\b/g;
const BRIDGE_ID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** The time that a packet tells, if it tells one. */
export function timestampOf(packet: string): Micros | undefined {
  const seconds = TIMESTAMP.exec(packet)?.[1];
  return seconds === undefined ? undefined : micro(Number(seconds) * 1e6);
}

/** Moves recorded packets to another time: returns what to call with each packet in turn, and when it is sent. */
export type Rewrite = (packet: string, sentAt: Micros) => string;

/**
 * Gives the packets of one play of a recording fresh ids and times, so that a recorded day can be played over and
 * over: channel ids (`1795448459.6`) and channel names get numbers never used before, the older id staying the
 * older one; bridges get new UUIDs.
 */
export function createRewrite(numbers: { next(): number }): Rewrite {
  const renamed = new Map<string, string>();
  const once = (old: string, make: () => string): string => {
    const known = renamed.get(old);
    if (known !== undefined) return known;
    const fresh = make();
    renamed.set(old, fresh);
    return fresh;
  };
  const hex = (): string => numbers.next().toString(16).padStart(8, '0');
  return (packet, sentAt) => {
    const seconds = Math.floor(sentAt / 1e6);
    return packet
      .replace(CHANNEL_ID, (id) => once(id, () => `${seconds}.${numbers.next()}`))
      .replace(CHANNEL_NAME, (name, device: string) => once(name, () => device + hex()))
      .replace(BRIDGE_ID, (id) => once(id, randomUUID))
      .replace(TIMESTAMP, `Timestamp: ${(sentAt / 1e6).toFixed(6)}`);
  };
}
