import { describe, expect, it } from 'vitest';
import { type FakeChannel, FakePbx } from '../../support/fake-pbx.ts';

const FILE = '/var/spool/asterisk/voicemail/default/1002/INBOX/msg0003';

function counts(pbx: FakePbx, newCount: number, oldCount: number, channel?: FakeChannel): void {
  pbx.tell({
    kind: 'voicemail.counted',
    at: pbx.now,
    mailbox: '1002@default',
    newCount,
    oldCount,
    channel: channel && { ...channel },
  });
}

function told(pbx: FakePbx): string[] {
  pbx.settle();
  return pbx.events.filter(({ type }) => type.startsWith('voicemail.')).map(({ type }) => type);
}

describe('counts of a mailbox', () => {
  it('heard for the first time are taken over silently', () => {
    const pbx = new FakePbx();
    counts(pbx, 3, 2);
    counts(pbx, 3, 2);
    expect(told(pbx)).toEqual([]);
  });

  it.each([
    ['one read', [2, 0], [1, 1], ['voicemail.read']],
    ['one new deleted', [1, 1], [0, 1], ['voicemail.deleted']],
    ['one old deleted', [0, 2], [0, 1], ['voicemail.deleted']],
    ['one arrived', [0, 1], [1, 1], ['voicemail.new']],
    ['one read, one deleted', [3, 0], [1, 1], ['voicemail.read', 'voicemail.deleted']],
    ['one made new again', [0, 1], [1, 0], []],
  ] as const)('change: %s', (_title, before, after, types) => {
    const pbx = new FakePbx();
    counts(pbx, before[0], before[1]);
    counts(pbx, after[0], after[1]);
    expect(told(pbx)).toEqual(types);
  });

  it('of a message that is copied first and removed later tell one read', () => {
    const pbx = new FakePbx();
    const owner = pbx.dials('PJSIP/1002', '8500');
    counts(pbx, 2, 1);
    counts(pbx, 2, 2);
    counts(pbx, 2, 3);
    counts(pbx, 0, 3, owner);
    expect(told(pbx)).toEqual(['voicemail.read', 'voicemail.read']);
  });
});

describe('a message', () => {
  it.each(['before', 'after'])('whose file is told %s the counts is new, also at first sight', (order) => {
    const pbx = new FakePbx();
    const caller = pbx.dials('PJSIP/1001', '*1002', { callerNumber: '1001', callerName: 'Alice' });
    const recorded = (): void =>
      pbx.tell({ kind: 'voicemail.recorded', at: pbx.now, channel: { ...caller }, file: FILE });
    if (order === 'before') recorded();
    counts(pbx, 4, 0, caller);
    if (order === 'after') recorded();
    pbx.hangsUp(caller);
    expect(pbx.types).toEqual(['call.started', 'voicemail.new', 'call.ended']);
    expect(pbx.only('voicemail.new')).toMatchObject({
      extension: '1002',
      caller_id: '1001',
      caller_name: 'Alice',
      file_path: FILE,
      folder: 'INBOX',
      new_count: 4,
      old_count: 0,
      call_id: caller.callId,
    });
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'voicemail' });
  });

  it('is told while its call is open, when no file is ever told', () => {
    const pbx = new FakePbx();
    counts(pbx, 0, 0);
    const caller = pbx.dials('PJSIP/1001', '*1002');
    counts(pbx, 1, 0, caller);
    pbx.hangsUp(caller);
    expect(pbx.types).toEqual(['call.started', 'voicemail.new', 'call.ended']);
    expect(pbx.only('voicemail.new')).not.toHaveProperty('file_path');
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'voicemail' });
  });
});
