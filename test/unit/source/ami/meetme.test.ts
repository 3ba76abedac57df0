import { expect, it } from 'vitest';
import { eventsOf, factsOf, parsePackets } from '../../../support/ami-stream.ts';

/** The headers by which every event of a channel tells of it. */
function channel(extension: string, id: string, more = ''): string {
  return `Channel: SIP/${extension}-0000000${id}
ChannelState: 6
ChannelStateDesc: Up
CallerIDNum: ${extension}
CallerIDName: <unknown>
ConnectedLineNum: <unknown>
ConnectedLineName: <unknown>
Language: en
AccountCode: 
Context: internal
Exten: 8600
Priority: 1
Uniqueid: 1795447161.${id}
Linkedid: 1795447161.${id}
${more}`;
}

/** What is told of packets that come a second apart. */
function told(...packets: readonly string[]): unknown[] {
  const timed = packets.map((packet, second) => `${packet.trimEnd()}\nTimestamp: ${1795447161 + second}.0`);
  return eventsOf(factsOf(parsePackets(timed.join('\n\n').replaceAll('\n', '\r\n')))).map(
    ({ type, data: { participant, conference, participant_count: count, seconds_in: seconds, ...data } }) =>
      type === 'conference.ended'
        ? [type, conference, data['duration'], data['participants_total'], data['peak_participants']]
        : [type, participant ?? conference ?? data['from_extension'], count, seconds].filter(
            (one) => one !== undefined,
          ),
  );
}

const newchannel = (extension: string, id: string) =>
  `Event: Newchannel\n${channel(extension, id).replace('ChannelState: 6', 'ChannelState: 4')}`;
const inRoom = (event: string, extension: string, id: string, more = '') =>
  `Event: ${event}\nPrivilege: call,all\nMeetme: 8600\nUser: ${id}\n${channel(extension, id, more)}`;

it('a conference of MeetMe is one like any other, opened by the first to join', () => {
  const events = told(
    newchannel('2001', '1'),
    inRoom('MeetmeJoin', '2001', '1'),
    newchannel('2002', '2'),
    inRoom('MeetmeJoin', '2002', '2'),
    inRoom('MeetmeMute', '2002', '2', 'Duration: 1\nStatus: on'),
    inRoom('MeetmeTalking', '2001', '1', 'Duration: 4\nStatus: on'),
    inRoom('MeetmeMute', '2002', '2', 'Duration: 3\nStatus: off'),
    inRoom('MeetmeLeave', '2001', '1', 'Duration: 6'),
    inRoom('MeetmeLeave', '2002', '2', 'Duration: 5'),
    'Event: MeetmeEnd\nPrivilege: call,all\nMeetme: 8600',
  );
  expect(events).toEqual([
    ['call.started', '2001'],
    ['conference.started', '8600'],
    ['conference.participant_joined', '2001', 1],
    ['call.started', '2002'],
    ['conference.participant_joined', '2002', 2],
    ['conference.participant_muted', '2002'],
    ['conference.participant_unmuted', '2002'],
    ['conference.participant_left', '2001', 1, 6],
    ['conference.participant_left', '2002', 0, 5],
    ['conference.ended', '8600', 8, 2, 2],
  ]);
});
