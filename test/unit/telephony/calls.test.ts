import { describe, expect, it } from 'vitest';
import type { CallId } from '../../../src/model/ids.ts';
import { MAX_CHANNELS } from '../../../src/telephony/graph.ts';
import { FakePbx } from '../../support/fake-pbx.ts';

/** 1001 calls 1002, which rings and answers. */
function answeredCall(pbx: FakePbx) {
  const caller = pbx.dials('PJSIP/1001', '1002', { callerNumber: '1001', callerName: 'Alice' });
  const callee = pbx.channel('PJSIP/1002', caller);
  pbx.dial(caller, callee, '1002');
  pbx.pass(100);
  pbx.rings(callee);
  pbx.pass(2000);
  pbx.answers(caller, callee);
  pbx.bridge('b1', callee, caller);
  return { caller, callee };
}

describe('a call', () => {
  it('of a phone whose dial plan runs in a macro keeps the number dialled', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '1002');
    caller.exten = 's';
    const callee = pbx.channel('PJSIP/1002', caller);
    pbx.dial(caller, callee);
    pbx.answers(caller, callee);
    pbx.hangsUp(caller, callee);
    expect(pbx.types).toEqual(['call.started', 'call.answered', 'call.ended']);
    expect(pbx.only('call.ended')).toMatchObject({ to_extension: '1002', disposition: 'answered' });
  });

  it('from a trunk without a DID has no to_extension, and an absent caller is anonymous', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('DAHDI/1', 's');
    const callee = pbx.channel('PJSIP/1002', caller);
    pbx.dial(caller, callee);
    pbx.answers(caller, callee);
    pbx.hangsUp(callee, caller);
    const ended = pbx.only('call.ended');
    expect(ended).toMatchObject({ from_extension: 'anonymous', direction: 'inbound', hangup_by: 'callee' });
    expect(ended).not.toHaveProperty('to_extension');
    expect(ended).not.toHaveProperty('caller_number');
  });

  it('begins when chan_sip says Ring after Down', () => {
    const pbx = new FakePbx();
    const caller = pbx.channel('SIP/2001', undefined, { exten: '1002' });
    pbx.state(caller, 'down');
    expect(pbx.types).toEqual([]);
    pbx.state(caller, 'ring');
    expect(pbx.only('call.started')).toMatchObject({ from_extension: '2001', to_extension: '1002' });
  });

  it('ends only with its last channel, a Local one too', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '603');
    const [one, two] = pbx.local('1002@agents', caller);
    pbx.begin(caller, one);
    pbx.hangsUp(caller, one);
    expect(pbx.types).toEqual(['call.started']);
    pbx.gone(two);
    expect(pbx.types).toEqual(['call.started', 'call.ended']);
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'cancelled', hangup_by: 'caller' });
  });

  it('that only ever had Local channels is none', () => {
    const pbx = new FakePbx();
    const [one, two] = pbx.local('9000@internal');
    pbx.begin(undefined, one);
    pbx.answers(undefined, one);
    pbx.gone(one);
    pbx.gone(two);
    expect(pbx.events).toEqual([]);
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it('is not brought back by an event that comes after the hang-up', () => {
    const pbx = new FakePbx();
    const { caller, callee } = answeredCall(pbx);
    pbx.hangsUp(caller, callee);
    const told = pbx.events.length;
    pbx.of('channel.seen', caller);
    pbx.of('channel.held', callee);
    pbx.begin(caller, pbx.channel('PJSIP/1003', caller));
    pbx.gone(caller);
    expect(pbx.events).toHaveLength(told);
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it('whose caller was never told as created is known from its dial', () => {
    const pbx = new FakePbx();
    const caller = pbx.channel('PJSIP/1001', undefined, { exten: '1002' });
    caller.state = 'ring';
    const callee = pbx.channel('PJSIP/1002', caller);
    pbx.dial(caller, callee);
    expect(pbx.only('call.started')).toMatchObject({ from_extension: '1001', to_extension: '1002' });
    pbx.answers(caller, callee);
    pbx.hangsUp(callee);
    expect(pbx.types).not.toContain('call.ended');
    pbx.gone(caller);
    expect(pbx.only('call.ended')).toMatchObject({ hangup_by: 'callee' });
  });

  it('merges into an older one that was never seen, without an event that says so', () => {
    const pbx = new FakePbx();
    const { caller, callee } = answeredCall(pbx);
    caller.callId = '1799999999.7' as CallId;
    pbx.of('channel.seen', caller);
    expect(pbx.only('call.ended')).toMatchObject({ merged_into: '1799999999.7', disposition: 'answered' });
    pbx.hangsUp(callee, caller);
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it('names the caller as the dial plan last did', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/trunk1', '5550100', { callerNumber: '+49301', callerName: 'UNKNOWN' });
    caller.callerName = 'Müller GmbH';
    const callee = pbx.channel('PJSIP/1002', caller);
    pbx.dial(caller, callee);
    pbx.answers(caller, callee);
    expect(pbx.only('call.answered')).toMatchObject({ caller_name: 'Müller GmbH', did: '5550100' });
  });
});

describe('who ended it', () => {
  it('the first that asked, when both did', () => {
    const pbx = new FakePbx();
    const { caller, callee } = answeredCall(pbx);
    pbx.of('channel.hangup_requested', callee);
    pbx.pass(1);
    pbx.hangsUp(caller, callee);
    expect(pbx.only('call.ended')).toMatchObject({ hangup_by: 'callee' });
  });

  it('the dial plan, when it went on long after the other party had left', () => {
    const pbx = new FakePbx();
    const { caller, callee } = answeredCall(pbx);
    pbx.hangsUp(callee);
    pbx.pass(4000);
    pbx.gone(caller);
    expect(pbx.only('call.ended')).toMatchObject({ hangup_by: 'system' });
  });
});

describe('direction', () => {
  it('a short number that a trunk gets as it was dialled is outside', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '112');
    expect(pbx.only('call.started')).toMatchObject({ direction: 'internal' });
    const trunk = pbx.channel('PJSIP/trunk1', caller);
    pbx.dial(caller, trunk, '112@trunk1');
    pbx.answers(caller, trunk);
    expect(pbx.only('call.answered')).toMatchObject({
      direction: 'outbound',
      answered_by: '112',
      trunk: 'trunk1',
    });
  });

  it('an extension that is forwarded to a mobile was called internally', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '1002');
    const trunk = pbx.channel('PJSIP/trunk1', caller);
    pbx.dial(caller, trunk, '4915112345@trunk1');
    pbx.answers(caller, trunk);
    pbx.hangsUp(caller, trunk);
    expect(pbx.only('call.ended')).toMatchObject({ direction: 'internal', answered_by: '4915112345' });
  });

  it('a speed dial that goes out first of all is outbound', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '*01');
    const trunk = pbx.channel('PJSIP/trunk1', caller);
    pbx.dial(caller, trunk, '4915112345@trunk1');
    pbx.hangsUp(caller, trunk);
    expect(pbx.only('call.ended')).toMatchObject({ direction: 'outbound' });
  });

  it('from outside to outside is inbound', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/trunk1', '5550103', { callerNumber: '+4930' });
    const out = pbx.channel('PJSIP/provider', caller);
    pbx.dial(caller, out, '4915112345@provider');
    pbx.answers(caller, out);
    pbx.hangsUp(out, caller);
    expect(pbx.only('call.ended')).toMatchObject({ direction: 'inbound', trunk: 'trunk1' });
  });
});

describe('what is lost', () => {
  it('the memory of channels whose end was never told is bounded', () => {
    const pbx = new FakePbx();
    for (let i = 0; i < MAX_CHANNELS + 50; i += 1) pbx.dials('PJSIP/1001', '1002');
    expect(pbx.tracker.size()).toMatchObject({ channels: MAX_CHANNELS, calls: MAX_CHANNELS });
    const ended = pbx.events.filter(({ type }) => type === 'call.ended');
    expect(ended).toHaveLength(50);
    expect(ended[0]?.data).toMatchObject({ disposition: 'unknown', inferred: true });
  });

  it('a PBX that started anew ends the calls that it had', () => {
    const pbx = new FakePbx();
    answeredCall(pbx);
    const waiting = pbx.dials('PJSIP/1003', '9000');
    pbx.tell({ kind: 'conference.opened', at: pbx.now, room: '9000' });
    pbx.tell({
      kind: 'conference.joined',
      at: pbx.now,
      channel: { ...waiting },
      room: '9000',
      admin: false,
      muted: false,
    });
    pbx.pass(5000);
    const since = pbx.now;
    pbx.pass(3000);
    pbx.tell({ kind: 'pbx.up_since', at: pbx.now, since });
    const ended = pbx.events.filter(({ type }) => type === 'call.ended').map(({ data }) => data);
    expect(ended).toMatchObject([
      { disposition: 'answered', inferred: true },
      { disposition: 'unknown', inferred: true },
    ]);
    expect(pbx.only('conference.participant_left')).toMatchObject({ inferred: true });
    expect(pbx.only('conference.ended')).toMatchObject({ inferred: true });
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it('a login into a running PBX ends nothing', () => {
    const pbx = new FakePbx();
    answeredCall(pbx);
    const told = pbx.events.length;
    pbx.tell({ kind: 'pbx.booted', at: pbx.now });
    pbx.tell({ kind: 'pbx.up_since', at: pbx.now, since: (pbx.now - 86_400_000_000) as typeof pbx.now });
    expect(pbx.events).toHaveLength(told);
  });
});
