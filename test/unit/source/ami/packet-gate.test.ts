import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PACKET_CHARS, PacketGate } from '../../../../src/source/ami/packet-gate.ts';

const FIXTURES = new URL('../../../fixtures/ami/', import.meta.url);
const streams = ['16', '22'].flatMap((version) =>
  readdirSync(new URL(version, FIXTURES))
    .filter((file) => file.endsWith('.ami'))
    .map((file) => readFileSync(new URL(`${version}/${file}`, FIXTURES), 'utf8')),
);

const gateForOthers = (): PacketGate => new PacketGate(() => false);

function pushAll(gate: PacketGate, pieces: readonly string[]): string {
  return pieces.map((piece) => gate.push(piece)).join('');
}

/** A stream, and places to cut it at. */
const cutStreams = fc
  .constantFrom(...streams.filter((stream) => stream.length < 100_000))
  .chain((stream) =>
    fc.tuple(fc.constant(stream), fc.array(fc.nat(stream.length), { minLength: 1, maxLength: 40 })),
  );

function cut(stream: string, places: readonly number[]): string[] {
  const ends = [...places, stream.length].sort((a, b) => a - b);
  return ends.map((end, i) => stream.slice(ends[i - 1] ?? 0, end));
}

test('any split of any recorded stream gives the same packets', () => {
  fc.assert(
    fc.property(cutStreams, ([stream, places]) => {
      const whole = gateForOthers();
      const pieced = gateForOthers();
      expect(pushAll(pieced, cut(stream, places))).toBe(whole.push(stream));
      expect([pieced.passed, pieced.rejected]).toEqual([whole.passed, whole.rejected]);
    }),
    { numRuns: 200 },
  );
});

test('any split of any text made of line ends, headers and noise gives the same packets', () => {
  const bits = [
    '\r\n',
    '\r\n',
    '\n',
    '\r',
    'Event: A',
    'Event: VarSet',
    'Privilege: x',
    'Variable: V',
    'ActionID: 1',
    'b',
    ' ',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...bits), { maxLength: 60 }),
      fc.array(fc.nat(200)),
      (words, places) => {
        const text = words.join('');
        const within = places.filter((place) => place < text.length);
        expect(pushAll(gateForOthers(), cut(text, within))).toBe(gateForOthers().push(text));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('lets through every event of the recorded streams that is not noise, byte for byte', () => {
  for (const stream of streams) {
    const passed = gateForOthers().push(stream) ?? '';
    const told = passed.split('\r\n\r\n').filter((packet) => packet !== '');
    for (const packet of told) expect(stream).toContain(packet);
    const wanted =
      stream.match(/(?<=^|\r\n)Event: (?:Newchannel|Hangup|DialEnd|ContactStatus)\r\nPrivilege/g) ?? [];
    const kept =
      passed.match(/(?<=^|\r\n)Event: (?:Newchannel|Hangup|DialEnd|ContactStatus)\r\nPrivilege/g) ?? [];
    expect(kept).toHaveLength(wanted.length);
  }
});

test('answers pass by their ActionID, wherever it stands in the packet', () => {
  const gate = new PacketGate((actionId) => actionId === 'mine');
  const mine = 'Event: QueueMember\r\nQueue: a\r\nActionID: mine\r\n\r\n';
  const foreign = 'Event: QueueMember\r\nQueue: a\r\nActionID: theirs\r\n\r\n';
  expect(gate.push(foreign + mine)).toBe(mine);
  expect([gate.passed, gate.rejected]).toEqual([1, 1]);
});

test('a UserEvent with a foreign ActionID is an event', () => {
  const packet = 'Event: UserEvent\r\nPrivilege: user,all\r\nActionID: theirs\r\nUserEvent: x\r\n\r\n';
  expect(gateForOthers().push(packet)).toBe(packet);
});

test('gives up on a packet over the limit, however it arrives', () => {
  const long = 'x'.repeat(MAX_PACKET_CHARS + 1);
  expect(gateForOthers().push(long)).toBeUndefined();
  expect(gateForOthers().push(`${long}\r\n\r\n`)).toBeUndefined();
  const gate = gateForOthers();
  const pieces = Array.from({ length: 300 }, () => gate.push('x'.repeat(1024)));
  expect(pieces.indexOf(undefined)).toBe(MAX_PACKET_CHARS / 1024);
});
