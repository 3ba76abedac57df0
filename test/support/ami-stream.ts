import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { PbxEvent } from '../../src/model/event.ts';
import type { PbxName } from '../../src/model/ids.ts';
import type { AmiPacket } from '../../src/source/ami/connection.ts';
import { createAmiFacts } from '../../src/source/ami/facts.ts';
import type { Fact } from '../../src/telephony/facts.ts';
import { DEFAULT_EXTENSION_PATTERN, type TelephonyOptions } from '../../src/telephony/options.ts';
import { createTracker } from '../../src/telephony/tracker.ts';
import { micro } from '../../src/util/clock.ts';
import type { Expectation } from './expectation.ts';

export const TEST_OPTIONS: TelephonyOptions = {
  pbx: 'test' as PbxName,
  extensionPattern: DEFAULT_EXTENSION_PATTERN,
  trunks: ['trunk1'],
  pagingExtensions: [],
};

const callsConfig = z.strictObject({
  extension_pattern: z.string().optional(),
  trunks: z.array(z.string()).optional(),
  paging_extensions: z.array(z.string()).optional(),
});

/** The options of a recording's own `config`. */
export function optionsOf({ config }: Pick<Expectation, 'config'>): TelephonyOptions {
  const calls = callsConfig.parse(config?.calls ?? {});
  return {
    pbx: TEST_OPTIONS.pbx,
    extensionPattern:
      calls.extension_pattern === undefined
        ? TEST_OPTIONS.extensionPattern
        : new RegExp(calls.extension_pattern),
    trunks: calls.trunks ?? TEST_OPTIONS.trunks,
    pagingExtensions: calls.paging_extensions ?? TEST_OPTIONS.pagingExtensions,
  };
}

/** Splits a recorded stream into packets, for tests of what stands behind the parser. */
export function readPackets(file: string): AmiPacket[] {
  return parsePackets(readFileSync(file).toString('utf8'));
}

export function parsePackets(text: string): AmiPacket[] {
  return text
    .split('\r\n\r\n')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const packet: Record<string, string> = Object.create(null);
      for (const line of part.split('\r\n')) {
        const colon = line.indexOf(':');
        if (colon === -1) continue;
        const key = line.slice(0, colon).toLowerCase();
        packet[key] ??= line.slice(colon + 1).replace(/^ /, '');
      }
      return packet;
    });
}

export function factsOf(packets: readonly AmiPacket[]): Fact[] {
  const ami = createAmiFacts();
  return packets.flatMap((packet) => [...ami.facts(packet, micro(0))]);
}

/** What a tracker tells of these facts, from the first to the last and when nothing more comes. */
export function eventsOf(facts: readonly Fact[], options: TelephonyOptions = TEST_OPTIONS): PbxEvent[] {
  const tracker = createTracker(options);
  const events = facts.flatMap((fact) => [...tracker.apply(fact)]);
  return [...events, ...tracker.settle(micro(Number.POSITIVE_INFINITY))];
}
