import { describe, expect, it } from 'vitest';
import { SETTLE_MICROS } from '../../../src/telephony/settling.ts';
import { micro } from '../../../src/util/clock.ts';
import { type FakeChannel, FakePbx } from '../../support/fake-pbx.ts';

function talking(pbx: FakePbx) {
  const caller = pbx.dials('PJSIP/1001', '1002');
  const callee = pbx.channel('PJSIP/1002', caller);
  pbx.dial(caller, callee);
  pbx.answers(caller, callee);
  pbx.bridge('b1', callee, caller);
  pbx.pass(1000);
  return { caller, callee };
}

function blind(pbx: FakePbx, transferer: FakeChannel, transferee: FakeChannel, destination: string): void {
  const at = pbx.now;
  pbx.tell({
    kind: 'transfer.blind',
    at,
    transferer: { ...transferer },
    transferee: { ...transferee },
    destination,
  });
}

function park(pbx: FakePbx, parkee: FakeChannel, parker: string): void {
  const slot = { lot: 'default', space: '701' };
  pbx.tell({
    kind: 'parking.parked',
    at: pbx.now,
    parkee: { ...parkee },
    ...slot,
    parker,
    timeoutSeconds: 45,
  });
}

describe('hold', () => {
  it('of a party on two channels alternates, and a resume without a hold is nothing', () => {
    const pbx = new FakePbx();
    const { caller, callee } = talking(pbx);
    pbx.of('channel.resumed', callee);
    pbx.of('channel.held', callee);
    pbx.of('channel.held', callee);
    pbx.gone(callee);
    const again = pbx.channel('PJSIP/1002', caller);
    pbx.dial(caller, again);
    pbx.answers(caller, again);
    pbx.pass(500);
    pbx.of('channel.held', again);
    pbx.of('channel.resumed', again);
    expect(pbx.types.slice(2)).toEqual(['call.hold', 'call.resume', 'call.hold', 'call.resume']);
  });

  it('of a party whose number is not known is told all the same', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '004915112345');
    const trunk = pbx.channel('PJSIP/trunk1', caller);
    pbx.dial(caller, trunk);
    pbx.answers(caller, trunk);
    pbx.of('channel.held', trunk);
    pbx.of('channel.resumed', trunk);
    expect(pbx.types).toEqual(['call.started', 'call.answered', 'call.hold', 'call.resume']);
  });
});

describe('a blind transfer', () => {
  it('is told when no parked call followed in time', () => {
    const pbx = new FakePbx();
    const { caller, callee } = talking(pbx);
    blind(pbx, callee, caller, '1003');
    expect(pbx.types).not.toContain('call.transfer');
    const deadline = pbx.tracker.deadline();
    expect(deadline).toBe(pbx.now + SETTLE_MICROS);
    pbx.events.push(...pbx.tracker.settle(deadline ?? micro(0)));
    expect(pbx.only('call.transfer')).toMatchObject({ transfer_destination: '1003', transferred_by: '1002' });
    expect(pbx.tracker.deadline()).toBeUndefined();
  });

  it('is told at once when the transferee dials on, and ends the hold of the transferer before', () => {
    const pbx = new FakePbx();
    const { caller, callee } = talking(pbx);
    pbx.of('channel.held', callee);
    pbx.pass(2000);
    blind(pbx, callee, caller, '1003');
    pbx.gone(callee);
    pbx.dial(caller, pbx.channel('PJSIP/1003', caller));
    expect(pbx.types.slice(2)).toEqual(['call.hold', 'call.resume', 'call.transfer']);
    pbx.settle();
    expect(pbx.types.filter((type) => type === 'call.transfer')).toHaveLength(1);
  });

  it('is told before the end of a call that ends at once', () => {
    const pbx = new FakePbx();
    const { caller, callee } = talking(pbx);
    blind(pbx, callee, caller, '1003');
    pbx.gone(callee);
    pbx.gone(caller);
    expect(pbx.types.slice(2)).toEqual(['call.transfer', 'call.ended']);
  });

  it.each(['before', 'after'])('to the parking extension is parking: parked call told %s it', (order) => {
    const pbx = new FakePbx();
    const { caller, callee } = talking(pbx);
    if (order === 'before') park(pbx, caller, 'PJSIP/1009');
    blind(pbx, callee, caller, '700');
    if (order === 'after') park(pbx, caller, 'PJSIP/1009');
    expect(pbx.types.slice(2)).toEqual(['call.parked']);
    expect(pbx.only('call.parked')).toMatchObject({ parked_by: '1002', parked_party: '1001' });
    pbx.pass(500);
    pbx.settle();
    expect(pbx.types.slice(2)).toEqual(['call.parked']);
  });

  it('of a caller behind a Local channel names the device behind it', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/trunk1', '5550102', { callerNumber: '+49301' });
    const [one, two] = pbx.local('1003@agents', caller);
    const agent = pbx.channel('PJSIP/1003', caller);
    pbx.begin(caller, one);
    pbx.dial(two, agent);
    pbx.answers(two, agent);
    pbx.answers(caller, one);
    pbx.bridge('b1', agent, two);
    pbx.bridge('b2', one, caller);
    blind(pbx, agent, two, '1004');
    pbx.settle();
    expect(pbx.only('call.transfer')).toMatchObject({ transferred_by: '1003', transferred_party: '+49301' });
  });
});

describe('an attended transfer', () => {
  it('whose consultation is the older call goes on in that one', () => {
    const pbx = new FakePbx();
    const older = talking(pbx);
    const caller = pbx.dials('PJSIP/1004', '1002');
    const second = pbx.channel('PJSIP/1002', caller);
    pbx.dial(caller, second);
    pbx.answers(caller, second);
    pbx.pass(1000);
    pbx.tell({
      kind: 'transfer.attended',
      at: pbx.now,
      transferer: { ...second },
      consulting: { ...older.callee },
      transferee: { ...caller },
      target: { ...older.caller },
      threeWay: false,
      intoApplication: false,
    });
    expect(pbx.only('call.transfer')).toMatchObject({
      call_id: older.caller.callId,
      transferred_by: '1002',
      transferred_party: '1004',
      transfer_destination: '1001',
      consultation_call_id: caller.callId,
    });
    expect(pbx.only('call.ended')).toMatchObject({
      call_id: caller.callId,
      merged_into: older.caller.callId,
    });
    pbx.gone(second);
    pbx.gone(older.callee);
    caller.callId = older.caller.callId;
    pbx.hangsUp(caller, older.caller);
    expect(pbx.types.filter((type) => type === 'call.ended')).toHaveLength(2);
  });

  it('to a service that the transferer dialled names the number', () => {
    const pbx = new FakePbx();
    const { caller, callee } = talking(pbx);
    const consulting = pbx.dials('PJSIP/1002', '9000');
    pbx.state(consulting, 'up');
    pbx.tell({
      kind: 'transfer.attended',
      at: pbx.now,
      transferer: { ...callee },
      consulting: { ...consulting },
      transferee: { ...caller },
      target: undefined,
      threeWay: false,
      intoApplication: true,
    });
    expect(pbx.only('call.transfer')).toMatchObject({
      transfer_destination: '9000',
      consultation_call_id: consulting.callId,
    });
    expect(pbx.only('call.ended')).not.toHaveProperty('disposition');
  });
});

describe('a parked caller who hangs up', () => {
  it.each(['before', 'after'])('has abandoned the call, once: told %s the hang-up', (order) => {
    const pbx = new FakePbx();
    const { caller, callee } = talking(pbx);
    park(pbx, caller, 'PJSIP/1002');
    pbx.gone(callee);
    pbx.pass(3000);
    const givenUp = (): void =>
      pbx.tell({
        kind: 'parking.abandoned',
        at: pbx.now,
        parkee: { ...caller },
        lot: 'default',
        space: '701',
      });
    if (order === 'before') givenUp();
    pbx.gone(caller);
    if (order === 'after') givenUp();
    expect(pbx.types.slice(2)).toEqual(['call.parked', 'call.park_abandoned', 'call.ended']);
    expect(pbx.only('call.park_abandoned')).toMatchObject({ parking_space: '701', parked_seconds: 3 });
  });
});

describe('a retrieval', () => {
  it('answers a parked call that nobody had answered', () => {
    const pbx = new FakePbx();
    const parkee = pbx.dials('PJSIP/1001', '700');
    pbx.state(parkee, 'up');
    park(pbx, parkee, 'PJSIP/1001');
    pbx.pass(3000);
    const retriever = pbx.dials('PJSIP/1003', '701');
    pbx.tell({
      kind: 'parking.retrieved',
      at: pbx.now,
      parkee: { ...parkee },
      retriever: { ...retriever },
      lot: 'default',
      space: '701',
    });
    expect(pbx.only('call.parked')).toMatchObject({ parked_by: '1001' });
    expect(pbx.only('call.retrieved')).toMatchObject({ retrieved_by: '1003', parked_seconds: 3 });
    expect(pbx.only('call.answered')).toMatchObject({ call_id: parkee.callId, answered_by: '1003' });
    expect(pbx.only('call.ended')).toMatchObject({
      call_id: retriever.callId,
      merged_into: parkee.callId,
      disposition: 'application',
    });
  });
});

describe('who ended a call that was transferred', () => {
  it('is not the transferer, however short before it left', () => {
    const pbx = new FakePbx();
    const { caller, callee } = talking(pbx);
    const target = pbx.channel('PJSIP/1003', caller);
    blind(pbx, callee, caller, '1003');
    pbx.dial(caller, target);
    pbx.answers(caller, target);
    pbx.bridge('b2', target, caller);
    pbx.hangsUp(callee);
    pbx.pass(200);
    pbx.hangsUp(caller, target);
    expect(pbx.only('call.ended')).toMatchObject({ hangup_by: 'caller' });
  });
});
