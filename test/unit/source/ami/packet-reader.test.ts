import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AmiPacket } from '../../../../src/source/ami/connection.ts';
import { MAX_PACKET_CHARS, PacketReader } from '../../../../src/source/ami/packet-reader.ts';

const FIXTURES = new URL('../../../fixtures/ami/', import.meta.url);
const streams = ['16', '22'].flatMap((version) =>
  readdirSync(new URL(version, FIXTURES))
    .filter((file) => file.endsWith('.ami'))
    .map((file) => readFileSync(new URL(`${version}/${file}`, FIXTURES), 'utf8')),
);

/** What a connection is told of a stream that came in these pieces. */
interface Told {
  readonly packets: readonly AmiPacket[];
  readonly passed: number;
  readonly rejected: number;
  /** Of the pieces, whether each was taken. */
  readonly taken: readonly boolean[];
}

function read(pieces: readonly string[], isOwn = (_actionId: string): boolean => false): Told {
  const packets: AmiPacket[] = [];
  const reader = new PacketReader(isOwn, (packet) => packets.push(packet));
  const taken = pieces.map((piece) => reader.push(piece));
  return { packets, passed: reader.passed, rejected: reader.rejected, taken };
}

/** A packet of a stream, read without any of the product's code. */
function headersOf(packet: string): AmiPacket {
  const headers = packet.split('\r\n').map((line) => line.split(/: (.*)/s));
  return Object.fromEntries(headers.reverse().map(([name = '', value = '']) => [name.toLowerCase(), value]));
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
      const { taken, ...pieced } = read(cut(stream, places));
      expect(taken).not.toContain(false);
      expect(read([stream])).toMatchObject(pieced);
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
        expect(read(cut(text, within)).packets).toEqual(read([text]).packets);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('tells every event of the recorded streams that is not noise, header by header', () => {
  const types =
    /^Event: (?:Newchannel|Hangup|DialEnd|ContactStatus|UserEvent|QueueCallerJoin)\r\nPrivilege: /;
  for (const stream of streams) {
    const recorded = stream.split('\r\n\r\n').filter((packet) => types.test(packet));
    const names = new Set(recorded.map((packet) => headersOf(packet)['event']));
    const told = read([stream]).packets.filter((packet) => names.has(packet['event']));
    expect(told.map((packet) => ({ ...packet }))).toEqual(recorded.map(headersOf));
  }
});

test('headers as dial plans write them: without a blank, with blanks around their names, twice, with any name', () => {
  const lines = ['Event: UserEvent', 'Privilege: user,all', 'UserEvent: x', 'a:1', ' B b :  2', 'c: ', 'd'];
  const odd = ['constructor: 3', '__proto__: 4', 'a: 5', 'e: http://x: y', 'f: 1\n2\r3', ':g'];
  const [packet] = read([`${[...lines, ...odd].join('\r\n')}\r\n\r\n`]).packets;
  expect(Object.entries(packet ?? {}).slice(3)).toEqual([
    ['a', '1'],
    ['b b', ' 2'],
    ['c', ''],
    ['d', ''],
    ['constructor', '3'],
    ['__proto__', '4'],
    ['e', 'http://x: y'],
    ['f', '1\n2\r3'],
    ['', 'g'],
  ]);
});

test('a packet of many lines takes no longer than others of its length', () => {
  const head = 'Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: x\r\n';
  const lines = (line: (n: number) => string): string =>
    Array.from({ length: 25_000 }, (_, n) => line(n)).join('');
  const named = lines((n) => `${n}: 1\r\n`);
  const unnamed = lines((n) => `${n}\r\n`);
  const blank = `${' '.repeat(200_000)}a: 1\r\n`;
  const { packets } = read([named, unnamed, blank].map((rest) => `${head}${rest}\r\n`));
  expect(packets.map((packet) => Object.keys(packet).length)).toEqual([25_003, 25_003, 4]);
});

test('answers pass by their ActionID, wherever it stands in the packet', () => {
  const mine = 'Event: QueueMember\r\nQueue: a\r\nActionID: mine\r\n\r\n';
  const foreign = 'Event: QueueMember\r\nQueue: b\r\nActionID: theirs\r\n\r\n';
  const { packets, passed, rejected } = read([foreign + mine], (actionId) => actionId === 'mine');
  expect(packets).toEqual([headersOf(mine.trimEnd())]);
  expect([passed, rejected]).toEqual([1, 1]);
});

test('a UserEvent with a foreign ActionID is an event', () => {
  const packet = 'Event: UserEvent\r\nPrivilege: user,all\r\nActionID: theirs\r\nUserEvent: x';
  expect(read([`${packet}\r\n\r\n`]).packets).toEqual([headersOf(packet)]);
});

test('gives up on a packet over the limit, however it arrives', () => {
  const long = 'x'.repeat(MAX_PACKET_CHARS + 1);
  expect(read([long]).taken).toEqual([false]);
  expect(read([`${long}\r\n\r\n`]).taken).toEqual([false]);
  const pieces = Array.from({ length: 300 }, () => 'x'.repeat(1024));
  expect(read(pieces).taken.indexOf(false)).toBe(MAX_PACKET_CHARS / 1024);
});
