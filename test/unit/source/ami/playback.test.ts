import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createPlayback, type PlaybackOptions } from '../../../../src/source/ami/playback.ts';
import { RecordingReader } from '../../../../src/source/ami/recording.ts';
import { FakeClock } from '../../../support/clock.ts';
import { createRecorder, type Recorder } from '../../../support/recorder.ts';

const CALL = readFileSync('test/fixtures/ami/22/02a_internal_caller_hangs.ami');
const event = (name: string, seconds: number): string =>
  `Event: ${name}\r\nPrivilege: call,all\r\nTimestamp: ${seconds.toFixed(6)}\r\n\r\n`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Client {
  readonly socket: Socket;
  /** All that came, each time something came. */
  readonly received: Recorder<string>;
}

async function play(options: PlaybackOptions, login = 'Username: u\r\nSecret: s'): Promise<Client> {
  const playback = createPlayback(options);
  cleanups.push(() => playback.close());
  const socket = connect(await playback.listen(), '127.0.0.1');
  cleanups.push(() => socket.destroy());
  const received = createRecorder<string>();
  let all = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    all += text;
    received.add(all);
  });
  socket.on('close', () => received.add(`${all}CLOSED`));
  socket.write(`Action: Login\r\nActionID: 1\r\n${login}\r\n\r\n`);
  return { socket, received };
}

/** What was played to a client, up to the end of its connection. */
async function playedTo(client: Client): Promise<string> {
  const all = await client.received.first((text) => text.endsWith('CLOSED'));
  return all.slice(all.indexOf('Authentication accepted\r\n\r\n') + 27, -6);
}

test.each([
  ['whole', 'whole'],
  ['in pieces', { pieces: 7 }],
  ['at a speed', { speed: 1e6 }],
] as const)('plays %s what was recorded, byte for byte', async (_name, pace) => {
  const client = await play({ streams: [CALL, Buffer.from(event('Last', 1))], pace, atEnd: 'end' });
  expect(await playedTo(client)).toBe(CALL.toString('latin1') + event('Last', 1));
});

test('refuses a wrong secret as Asterisk does', async () => {
  const account = { username: 'u', secret: 'right' };
  const { received } = await play({ streams: [CALL], pace: 'whole', account });
  const all = await received.first((text) => text.endsWith('CLOSED'));
  expect(all).toBe(
    'Asterisk Call Manager/11.0.0\r\nResponse: Error\r\nActionID: 1\r\nMessage: Authentication failed\r\n\r\nCLOSED',
  );
});

test('answers between packets, never within one', async () => {
  const client = await play({ streams: [CALL], pace: { pieces: 50 }, atEnd: 'end' });
  await client.received.first((text) => text.includes('Event: '));
  client.socket.write(
    'Action: Ping\r\nActionID: ping\r\n\r\nAction: CoreShowChannels\r\nActionID: list\r\n\r\n',
  );
  const played = await playedTo(client);
  const answers = played.match(/(?<=\r\n\r\n)Response: Success\r\nActionID: (?:ping|list)\r\n/g);
  expect(answers).toHaveLength(2);
  expect(played).toContain('Event: CoreShowChannelsComplete\r\nActionID: list\r\nEventList: Complete\r\n');
});

test('keeps the distances between packets, at the speed that is asked for', async () => {
  const clock = new FakeClock();
  const stream = Buffer.from(event('A', 1000) + event('B', 1002) + event('C', 1005));
  const { received } = await play({ streams: [stream], pace: { speed: 2 }, atEnd: 'end', clock });
  await received.first((text) => text.includes('Event: A'));
  await clock.armed(1_000);
  clock.advance(1_000);
  await received.first((text) => text.includes('Event: B') && !text.includes('Event: C'));
  await clock.armed(1_500);
  clock.advance(1_500);
  await received.first((text) => text.endsWith('CLOSED') && text.includes('Event: C'));
});

test('plays over and over, each time as another call of just now', async () => {
  const { received } = await play({ streams: [CALL], pace: { speed: 1e6 }, rewrite: true, atEnd: 'repeat' });
  const beginning = 'Event: FullyBooted';
  const played = await received.first((text) => text.split(beginning).length > 4);
  const three = played.split(beginning).slice(0, 4).join(beginning);
  const calls = new Map<string, Set<string | undefined>>();
  new RecordingReader((packet) => {
    const id = packet['linkedid'];
    if (id === undefined) return;
    expect(Math.abs(Number(packet['timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    calls.set(id, (calls.get(id) ?? new Set()).add(packet['channel']).add(packet['bridgeuniqueid']));
  }).push(three);
  const [first, second, third] = [...calls.values()];
  expect(calls.size).toBe(3);
  expect(first?.size).toBe(second?.size);
  expect(third?.size).toBe(second?.size);
  const names = [...calls.values()].flatMap((set) => [...set]).filter((name) => name !== undefined);
  expect(new Set(names).size).toBe(names.length);
  const ids = [...calls.keys()].map((id) => Number(id.split('.')[1]));
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
});
