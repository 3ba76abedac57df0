import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AmiPacket } from '../../../../src/source/ami/connection.ts';
import { RecordingReader } from '../../../../src/source/ami/recording.ts';

const OWN = '1795466523.9';
const VICTIM = '1795466517.0';

/** What a phone, or a caller from outside, decides on; Asterisk cuts either after 79 bytes. */
interface Caller {
  readonly number: string;
  readonly dialled: string;
}

function block({ number, dialled }: Caller, prefix = '', id = OWN): string {
  return [
    `Channel: PJSIP/1001-0000000${id.at(-1)}`,
    'ChannelState: 4',
    'ChannelStateDesc: Ring',
    `CallerIDNum: ${number}`,
    'CallerIDName: Alice Adams',
    'ConnectedLineNum: <unknown>',
    'ConnectedLineName: <unknown>',
    'Language: en',
    'AccountCode: ',
    'Context: internal',
    `Exten: ${dialled}`,
    'Priority: 1',
    `Uniqueid: ${id}`,
    `Linkedid: ${OWN}`,
  ]
    .map((line) => `${prefix}${line}\r\n`)
    .join('');
}

/** What Asterisk tells of a call that is dialled, noise included. */
function call(caller: Caller): string {
  const head = (name: string): string =>
    `Event: ${name}\r\nPrivilege: call,all\r\nTimestamp: 1795466523.1\r\n`;
  return [
    `${head('Newchannel')}${block(caller)}`,
    `${head('VarSet')}${block(caller)}Variable: X\r\nValue: y\r\n`,
    `${head('Newexten')}${block(caller)}Extension: 1\r\nApplication: Dial\r\nAppData: ${caller.dialled}\r\n`,
    `${head('DialBegin')}${block(caller)}${block(caller, 'Dest', '1795466523.10')}DialString: ${caller.dialled}@trunk1\r\n`,
    `${head('Hangup')}${block(caller)}Cause: 16\r\nCause-txt: Normal Clearing\r\n`,
    `Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\nAfter: ${'x'.repeat(120)}\r\n`,
  ]
    .map((packet) => `${packet}\r\n`)
    .join('');
}

function read(stream: string): AmiPacket[] {
  const packets: AmiPacket[] = [];
  new RecordingReader((packet) => packets.push(packet)).push(stream);
  return packets;
}

const told = (caller: Caller) =>
  read(call(caller)).map((packet) => [
    packet['event'],
    packet['uniqueid'],
    packet['linkedid'],
    packet['destuniqueid'],
  ]);

const GENUINE = [
  ['Newchannel', OWN, OWN, undefined],
  ['DialBegin', OWN, OWN, '1795466523.10'],
  ['Hangup', OWN, OWN, undefined],
  ['FullyBooted', undefined, undefined, undefined],
];

test('an ordinary call is told as it is', () => {
  expect(told({ number: '1001', dialled: '1002' })).toEqual(GENUINE);
});

describe('a phone that dials', () => {
  test.each([
    ['a line break', '555\r\nX'],
    ['ids of another channel', `5\r\nPriority: 1\r\nUniqueid: ${VICTIM}\r\nLinkedid: ${VICTIM}`],
    ['the id of another call', `5\r\nLinkedid: ${VICTIM}`],
    ['the id of another call behind two CR', `5\r\r\nLinkedid: ${VICTIM}\r\r\nUniqueid: ${VICTIM}`],
    ['an end of its packet', '555\r\n\r\n'],
    ['many ends of its packet', `5${'\r\n\r\n'.repeat(19)}`],
    ['an event', `5\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nUniqueid: ${VICTIM}`],
    [
      'an event, and an end of its own',
      '5\r\nUniqueid: 1\r\nLinkedid: 1\r\n\r\nEvent: Hangup\r\nPrivilege: a',
    ],
    ['a response', '5\r\n\r\nResponse: Follows\r\nActionID: 1'],
  ])('%s changes nothing', (_name, dialled) => {
    expect(dialled.length).toBeLessThan(80);
    expect(told({ number: '1001', dialled })).toEqual(GENUINE);
  });

  test('what it dialled stays readable', () => {
    const [packet] = read(call({ number: '1001', dialled: '555\r\n\r\nEvent: Hangup' }));
    expect(packet?.['exten']).toBe('555\n\nEvent: Hangup');
  });
});

test.each([
  [
    'an end of the packet',
    '1001\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1002-00000001',
  ],
  ['ids of another channel', `1\r\nExten: 5\r\nPriority: 1\r\nUniqueid: ${VICTIM}\r\nLinkedid: ${VICTIM}`],
])('a caller whose number holds %s changes nothing', (_name, number) => {
  expect(told({ number, dialled: '1002' })).toEqual(GENUINE);
});

const FRAGMENTS = [
  '\r',
  '\r\r\n',
  '\r\n',
  '\r\n\r\n',
  '\n',
  '5',
  'Event: Hangup',
  'Event: Newchannel',
  'Privilege: a',
  'Channel: PJSIP/1002-00000001',
  'ChannelState: 6',
  'CallerIDName: x',
  'ConnectedLineNum: 1',
  'Context: a',
  'Exten: 5',
  'Priority: 1',
  `Uniqueid: ${VICTIM}`,
  'Uniqueid: 1',
  `Linkedid: ${VICTIM}`,
  'Linkedid: 1',
  'DestUniqueid: 1',
  'ActionID: 1',
  'Response: Follows',
];

/** Header upon header, mostly; as long as Asterisk lets it be. */
const hostile = fc
  .array(
    fc.tuple(
      fc.constantFrom('\r\n', '\r\n', '\r\n\r\n', '\r\r\n', '\r\r\n\r\n', ''),
      fc.constantFrom(...FRAGMENTS),
    ),
    {
      maxLength: 10,
    },
  )
  .map((parts) => `5${parts.flat().join('')}`.slice(0, 79));

test('whatever a caller dials, and calls itself, no event is made up, and none tells of another channel', () => {
  fc.assert(
    fc.property(hostile, hostile, (number, dialled) => {
      const genuine = GENUINE.map((event) => event.join());
      for (const event of told({ number, dialled })) expect(genuine).toContain(event.join());
      for (const event of told({ number: '1001', dialled })) expect(genuine).toContain(event.join());
    }),
    { numRuns: 1_000 },
  );
});

test('whatever a caller dials, its call is told', () => {
  fc.assert(
    fc.property(hostile, (dialled) => {
      expect(told({ number: '1001', dialled })).toEqual(GENUINE);
    }),
    { numRuns: 1_000 },
  );
});

test('a long run of CR behind a torn number takes no longer than other texts of its length', () => {
  const torn = `Event: Newexten\r\nPrivilege: dialplan,all\r\n${block({ number: '1', dialled: '5\r\nX' })}`;
  const [packet] = read(`${torn}Application: Queue\r\nAppData: ${'\r'.repeat(200_000)}\r\n\r\n`);
  expect(packet?.['exten']).toBe('5\nX');
});

test('a UserEvent may have headers of a channel, in any number', () => {
  const body =
    'UserEvent: x\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nChannelState: 6\r\nPriority: 1\r\nUniqueid: 2.2\r\n\r\n';
  const byAction = `Event: UserEvent\r\nPrivilege: user,all\r\n${body}`;
  const byDialPlan = `Event: UserEvent\r\nPrivilege: user,all\r\n${block({ number: '1', dialled: '2' })}${body}`;
  expect(read(byAction + byDialPlan).map((packet) => packet['uniqueid'])).toEqual(['1.1', OWN]);
});

test('an event of few headers, without a whole description of a channel, is one', () => {
  const packet =
    'Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1001-1\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n\r\n';
  expect(read(packet)).toHaveLength(1);
});
