import { describe, expect, it } from 'vitest';
import { type FakeChannel, FakePbx } from '../../support/fake-pbx.ts';

function waiting(pbx: FakePbx): FakeChannel {
  const caller = pbx.dials('PJSIP/trunk1', '5550102', { callerNumber: '+49301' });
  pbx.state(caller, 'up');
  joins(pbx, caller, 'support');
  pbx.pass(5000);
  return caller;
}

function joins(pbx: FakePbx, caller: FakeChannel, queue: string): void {
  pbx.tell({ kind: 'queue.joined', at: pbx.now, channel: { ...caller }, queue, position: 2, waiting: 2 });
}

function leaves(pbx: FakePbx, caller: FakeChannel): void {
  pbx.tell({ kind: 'queue.left', at: pbx.now, channel: { ...caller }, queue: 'support', position: 1 });
}

function offers(pbx: FakePbx, caller: FakeChannel, agent: FakeChannel): void {
  const of = { channel: { ...caller }, dest: { ...agent }, agent: 'Bob Brown', agentDevice: 'PJSIP/1002' };
  pbx.tell({ kind: 'queue.agent_called', at: pbx.now, queue: 'support', ...of });
}

/** An agent is offered the call and answers, not yet joined with the caller. */
function takenByAgent(pbx: FakePbx, caller: FakeChannel): FakeChannel {
  const agent = pbx.channel('PJSIP/1002', caller);
  offers(pbx, caller, agent);
  pbx.dial(caller, agent);
  pbx.answers(caller, agent);
  return agent;
}

function givesUp(pbx: FakePbx, caller: FakeChannel): void {
  pbx.tell({
    kind: 'queue.given_up',
    at: pbx.now,
    channel: { ...caller },
    queue: 'support',
    position: 1,
    originalPosition: 2,
    waitSeconds: 5,
  });
}

describe('a caller in a queue', () => {
  it.each(['before', 'after'])('that asked to hang up %s it was told to leave, abandoned', (order) => {
    const pbx = new FakePbx();
    const caller = waiting(pbx);
    if (order === 'before') pbx.of('channel.hangup_requested', caller);
    givesUp(pbx, caller);
    if (order === 'after') pbx.of('channel.hangup_requested', caller);
    pbx.gone(caller, 0);
    expect(pbx.only('queue.call_abandoned')).toMatchObject({
      queue: 'support',
      position: 1,
      original_position: 2,
      wait_seconds: 5,
    });
    const ended = pbx.only('call.ended');
    expect(ended).toMatchObject({ disposition: 'abandoned', hangup_by: 'caller' });
    expect(ended).not.toHaveProperty('hangup_cause');
  });

  it.each([
    ['timeout', undefined],
    ['key', '1'],
    [undefined, '5550199'],
  ])('that did not ask to hang up exited: %s', (reason, exten) => {
    const pbx = new FakePbx();
    const caller = waiting(pbx);
    if (exten !== undefined) caller.exten = exten;
    givesUp(pbx, caller);
    if (reason === 'timeout') {
      pbx.tell({ kind: 'queue.status', at: pbx.now, channel: { ...caller }, reason, refused: false });
    }
    pbx.settle();
    expect(pbx.only('queue.call_exited')['reason']).toBe(reason);
    pbx.gone(caller);
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'no_answer', hangup_by: 'system' });
  });

  it('that only left was sent on by a key', () => {
    const pbx = new FakePbx();
    const caller = waiting(pbx);
    leaves(pbx, caller);
    pbx.settle();
    expect(pbx.only('queue.call_exited')).toMatchObject({
      reason: 'key',
      position: 1,
      original_position: 2,
      wait_seconds: 5,
    });
  });

  it('that left to an agent who is not yet joined with it has not exited', () => {
    const pbx = new FakePbx();
    const caller = waiting(pbx);
    const agent = takenByAgent(pbx, caller);
    leaves(pbx, caller);
    pbx.settle();
    pbx.pass(2000);
    pbx.hangsUp(agent, caller);
    expect(pbx.types).not.toContain('queue.call_exited');
  });

  it('that was not let in is told as exited, and nobody answered it', () => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '450');
    pbx.state(caller, 'up');
    const of = { at: pbx.now, channel: { ...caller } };
    pbx.tell({ kind: 'queue.tried', ...of, queue: 'support' });
    pbx.tell({ kind: 'queue.status', ...of, reason: 'full', refused: true });
    pbx.gone(caller);
    expect(pbx.only('queue.call_exited')).toMatchObject({ queue: 'support', reason: 'full' });
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'no_answer' });
  });

  it('may go from one queue to the next', () => {
    const pbx = new FakePbx();
    const caller = waiting(pbx);
    givesUp(pbx, caller);
    joins(pbx, caller, 'sales');
    joins(pbx, caller, 'sales');
    expect(pbx.types.slice(1)).toEqual(['queue.call_added', 'queue.call_exited', 'queue.call_added']);
  });

  it('whose agent is told before its answer was answered in the queue', () => {
    const pbx = new FakePbx();
    const caller = waiting(pbx);
    const agent = pbx.channel('PJSIP/1002', caller);
    pbx.dial(caller, agent);
    pbx.rings(agent);
    pbx.pass(1500);
    pbx.state(agent, 'up');
    pbx.tell({
      kind: 'queue.agent_connected',
      at: pbx.now,
      channel: { ...caller },
      queue: 'support',
      dest: { ...agent },
      agent: 'Bob Brown',
      agentDevice: 'PJSIP/1002',
      ringSeconds: 1,
      waitSeconds: 6,
    });
    pbx.dialEnds(caller, agent, 'answer');
    expect(pbx.only('call.answered')).toMatchObject({ queue: 'support', ring_seconds: 1.5 });
    expect(pbx.only('queue.call_answered')).toMatchObject({
      agent: 'Bob Brown',
      agent_extension: '1002',
      wait_seconds: 6.5,
    });
    pbx.hangsUp(agent, caller);
    expect(pbx.types).not.toContain('queue.call_exited');
  });

  it.each(['is named', 'is left out'])(
    'that is gone while its agent is still there, and %s, was served in its call',
    (how) => {
      const pbx = new FakePbx();
      const caller = waiting(pbx);
      const agent = takenByAgent(pbx, caller);
      pbx.gone(caller);
      pbx.tell({
        kind: 'queue.agent_completed',
        at: pbx.now,
        channel: how === 'is named' ? { ...caller } : undefined,
        queue: 'support',
        dest: { ...agent },
        agent: 'Bob Brown',
        agentDevice: 'PJSIP/1002',
        talkSeconds: 3,
        waitSeconds: 6,
        reason: 'caller',
      });
      expect(pbx.only('queue.agent_complete')).toHaveProperty('call_id', pbx.only('call.started')['call_id']);
      pbx.gone(agent);
      expect(pbx.types.at(-1)).toBe('call.ended');
    },
  );

  it('is answered in no queue once it left that one', () => {
    const pbx = new FakePbx();
    const caller = waiting(pbx);
    givesUp(pbx, caller);
    const fallback = pbx.channel('PJSIP/1003', caller);
    pbx.dial(caller, fallback);
    pbx.answers(caller, fallback);
    expect(pbx.only('call.answered')).not.toHaveProperty('queue');
  });
});
