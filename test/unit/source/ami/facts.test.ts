import { describe, expect, it } from 'vitest';
import { createAmiFacts } from '../../../../src/source/ami/facts.ts';
import { micro } from '../../../../src/util/clock.ts';
import { parsePackets } from '../../../support/ami-stream.ts';

const RECEIVED = micro(1_700_000_000_000_000);

function factsOf(...texts: readonly string[]) {
  const ami = createAmiFacts();
  return texts.flatMap((text) =>
    parsePackets(text.replaceAll('\n', '\r\n')).flatMap((packet) => [...ami.facts(packet, RECEIVED)]),
  );
}

const HANGUP = `Event: Hangup
Privilege: call,all
Channel: PJSIP/1001-00000000
ChannelState: 6
CallerIDNum: <unknown>
CallerIDName: Ann \\"The Boss\\" O\\'Neil \\\\ 1\\r\\nEvent: Fake
Exten: 1002
AccountCode: 
Uniqueid: 1795447161.0
Linkedid: 1795447161.0
Cause: 16
Cause-txt: Normal Clearing`;

describe('facts of AMI events', () => {
  it('undo escapes once, and tell nothing that is unknown or empty', () => {
    expect(factsOf(HANGUP)).toEqual([
      {
        kind: 'channel.gone',
        at: RECEIVED,
        channel: {
          id: '1795447161.0',
          name: 'PJSIP/1001-00000000',
          callId: '1795447161.0',
          state: 'up',
          callerNumber: undefined,
          callerName: 'Ann "The Boss" O\'Neil \\ 1\r\nEvent: Fake',
          exten: '1002',
          accountCode: undefined,
        },
        cause: 16,
        causeText: 'Normal Clearing',
      },
    ]);
  });

  it('bear the time of the PBX, to the microsecond', () => {
    const [fact] = factsOf(`${HANGUP}\nTimestamp: 1795447161.431807`);
    expect(fact?.at).toBe(1_795_447_161_431_807);
  });

  it('happened when the one before did, where others have a time', () => {
    const times = factsOf(HANGUP, `${HANGUP}\nTimestamp: 1795447161.5`, HANGUP).map(({ at }) => at);
    expect(times).toEqual([RECEIVED, 1_795_447_161_500_000, 1_795_447_161_500_000]);
  });

  it('are not dated by the author of a UserEvent', () => {
    const forged = 'Event: UserEvent\nPrivilege: user,all\nUserEvent: Door\nTimestamp: 1.5';
    expect(factsOf(forged, HANGUP).map(({ at }) => at)).toEqual([RECEIVED, RECEIVED]);
    expect(factsOf(`${HANGUP}\nTimestamp: soon`)[0]?.at).toBe(RECEIVED);
  });

  it('are none of the answer to an action', () => {
    expect(factsOf(`${HANGUP}\nActionID: 7`, 'Response: Success\nMessage: Event: Hangup')).toEqual([]);
  });

  it('of a UserEvent are its name and its own fields, whatever they are called', () => {
    const text = `Event: UserEvent
Privilege: user,all
UserEvent: Door
ActionID: 42
Event: Hangup
Uniqueid: 1795447161.0
constructor: x
Empty: 
Door: north`;
    expect(factsOf(text)).toEqual([
      {
        kind: 'user.event',
        at: RECEIVED,
        name: 'Door',
        fields: { constructor: 'x', empty: '', door: 'north' },
        channelId: '1795447161.0',
      },
    ]);
  });

  it('tell since when the PBX runs', () => {
    expect(factsOf('Event: FullyBooted\nPrivilege: system,all\nUptime: 60')).toEqual([
      { kind: 'pbx.booted', at: RECEIVED },
      { kind: 'pbx.up_since', at: RECEIVED, since: RECEIVED - 61_000_000 },
    ]);
  });

  it('are none of events without a channel, a failed transfer, or a variable that nobody needs', () => {
    expect(
      factsOf(
        'Event: Newchannel\nPrivilege: call,all',
        'Event: QueueCallerJoin\nPrivilege: agent,all\nQueue: support',
        'Event: BlindTransfer\nResult: Fail\nTransfererChannel: PJSIP/1-1\nTransfererUniqueid: 1.1',
        'Event: VarSet\nChannel: PJSIP/1-1\nUniqueid: 1.1\nVariable: FOO\nValue: bar',
        'Event: Newexten\nChannel: PJSIP/1-1\nUniqueid: 1.1\nApplication: Dial',
        'Event: constructor',
      ),
    ).toEqual([]);
  });

  it('count an agent’s ringing in seconds, which AgentRingNoAnswer tells in milliseconds', () => {
    const text = `Event: AgentRingNoAnswer
Channel: PJSIP/1001-00000000
Uniqueid: 1.1
Linkedid: 1.1
Queue: support
MemberName: Bob Brown
Interface: PJSIP/1002
RingTime: 6000`;
    expect(factsOf(text)).toMatchObject([{ kind: 'queue.agent_no_answer', ringSeconds: 6 }]);
  });

  it('tell of a pause under either name of the event, and why under either name of the header', () => {
    const member = 'Queue: support\nMemberName: Carol Clark';
    const now = `Event: QueueMemberPause\n${member}\nInterface: PJSIP/1003\nPaused: 1\nPausedReason: lunch`;
    const before = `Event: QueueMemberPaused\n${member}\nLocation: PJSIP/1003\nPaused: 0\nReason: back`;
    const agent = { queue: 'support', agent: 'Carol Clark', agentDevice: 'PJSIP/1003' };
    expect(factsOf(now, before)).toEqual([
      { kind: 'queue.agent_paused', at: RECEIVED, ...agent, reason: 'lunch', isPaused: true },
      { kind: 'queue.agent_unpaused', at: RECEIVED, ...agent, reason: 'back', isPaused: false },
    ]);
  });
});
