import { beforeEach, describe, expect, it } from 'vitest';
import type { BridgeId, ChannelId, Fact } from '../../../src/telephony/facts.ts';
import type { ChannelRole, ListedChannel, StockFact } from '../../../src/telephony/stock.ts';
import { micro } from '../../../src/util/clock.ts';
import { type FakeChannel, FakePbx } from '../../support/fake-pbx.ts';

const OTHER: ChannelRole = { is: 'other' };
const DIALLED: ChannelRole = { is: 'dialled', by: 'dial' };
const dials = (target: string): ChannelRole => ({ is: 'dialling', target });
const TALK = 'talk' as BridgeId;

let pbx: FakePbx;
beforeEach(() => {
  pbx = new FakePbx();
});

function listed(channel: FakeChannel, role = OTHER, secondsAgo = 0, bridgeId?: BridgeId): ListedChannel {
  return { channel: { ...channel }, role, since: micro(pbx.now - secondsAgo * 1_000_000), bridgeId };
}

function takeStock(lists: Partial<StockFact>): void {
  const none = { channels: undefined, parked: undefined, queues: undefined, rooms: undefined };
  pbx.tell({
    kind: 'pbx.stock_taken',
    at: pbx.now,
    ...none,
    mailboxes: undefined,
    streamed: new Set<ChannelId>(),
    ...lists,
  });
}

/** A list of each kind with nothing in it: what comes later is news. */
function startEmpty(): void {
  takeStock({ channels: [], parked: [], queues: [], rooms: [], mailboxes: [] });
}

/** 1001 talks with 1002; nothing was told of it. */
function talk(): { readonly caller: FakeChannel; readonly callee: FakeChannel } {
  const caller = pbx.channel('PJSIP/1001', undefined, { exten: '1002', callerNumber: '1001' });
  const callee = pbx.channel('PJSIP/1002', caller, { callerNumber: '1002' });
  caller.state = 'up';
  callee.state = 'up';
  return { caller, callee };
}

const talking = ({ caller, callee }: ReturnType<typeof talk>): ListedChannel[] => [
  listed(callee, DIALLED, 55, TALK),
  listed(caller, dials('PJSIP/1002,30'), 60, TALK),
];

function gone(channel: FakeChannel): void {
  pbx.tell({ kind: 'channel.gone', at: pbx.now, channel: { ...channel }, cause: 16, causeText: undefined });
}

describe('the very first list', () => {
  it('is taken over silently', () => {
    takeStock({
      channels: talking(talk()),
      mailboxes: [{ mailbox: '1002@default', newCount: 2, oldCount: 0 }],
    });
    pbx.settle();
    expect(pbx.types).toEqual([]);
  });

  it('lets a call that was there be told from its next event on, its start first', () => {
    const call = talk();
    takeStock({ channels: talking(call) });
    pbx.pass(10_000);
    pbx.of('channel.held', call.callee);
    expect(pbx.types).toEqual(['call.started', 'call.hold']);
    expect(pbx.only('call.started')).toMatchObject({
      from_extension: '1001',
      to_extension: '1002',
      inferred: true,
    });
    expect(pbx.only('call.hold')).toMatchObject({ held_by: '1002', sequence: 2 });
    expect(pbx.only('call.hold')).not.toHaveProperty('inferred');
    pbx.of('channel.hangup_requested', call.caller);
    gone(call.callee);
    gone(call.caller);
    expect(pbx.types.slice(2)).toEqual(['call.ended']);
    expect(pbx.only('call.ended')).toMatchObject({
      disposition: 'answered',
      answered_by: '1002',
      duration: 70,
      billsec: 10,
      hangup_by: 'caller',
    });
  });
});

describe('the very first list, when something was told before it', () => {
  it('ends the call and the conference that are gone', () => {
    const caller = pbx.dials('PJSIP/1001', '9000');
    pbx.tell({ kind: 'conference.opened', at: pbx.now, room: '9000' });
    pbx.tell({
      kind: 'conference.joined',
      at: pbx.now,
      room: '9000',
      channel: { ...caller },
      admin: false,
      muted: false,
    });
    pbx.events.length = 0;
    startEmpty();
    expect(pbx.events.map(({ type, data }) => [type, data['inferred']])).toEqual([
      ['conference.participant_left', true],
      ['call.ended', true],
      ['conference.ended', true],
    ]);
  });

  it('tells that an agent who was told to join a queue is no longer in it', () => {
    const agent = {
      queue: 'support',
      agent: 'Ann',
      agentDevice: 'PJSIP/1001',
      reason: undefined,
      isPaused: false,
    };
    pbx.tell({ kind: 'queue.agent_added', at: pbx.now, ...agent });
    startEmpty();
    expect(pbx.types).toEqual(['queue.agent_added', 'queue.agent_removed']);
    expect(pbx.only('queue.agent_removed')).toMatchObject({ agent_extension: '1001', inferred: true });
  });

  it('tells that a call was answered meanwhile, and nothing of the calls that were there', () => {
    const { caller, callee } = talk();
    pbx.state(caller, 'ring');
    caller.state = 'up';
    takeStock({ channels: [...talking({ caller, callee }), ...talking(talk())] });
    expect(pbx.types).toEqual(['call.started', 'call.answered']);
    expect(pbx.only('call.answered')).toMatchObject({ answered_by: '1002', inferred: true });
  });
});

describe('a call that began while nobody looked', () => {
  beforeEach(startEmpty);

  it('gets its start at the time when it began, and its answer', () => {
    takeStock({ channels: talking(talk()) });
    expect(pbx.types).toEqual(['call.started', 'call.answered']);
    expect(pbx.events[0]?.occurredAt).toBe(pbx.now - 60_000_000);
    expect(pbx.only('call.answered')).toMatchObject({ answered_by: '1002', inferred: true });
    expect(pbx.only('call.answered')).not.toHaveProperty('ring_seconds');
  });

  it('that still rings gets its start and its ringing, and goes on as if it had been seen', () => {
    const caller = pbx.channel('PJSIP/1001', undefined, { exten: '1002' });
    const callee = pbx.channel('PJSIP/1002', caller);
    caller.state = 'ring';
    callee.state = 'ringing';
    takeStock({ channels: [listed(caller, dials('PJSIP/1002'), 3), listed(callee, DIALLED, 2)] });
    expect(pbx.types).toEqual(['call.started', 'call.ringing']);
    callee.state = 'up';
    pbx.tell({
      kind: 'dial.ended',
      at: pbx.now,
      caller: { ...caller },
      dest: { ...callee },
      status: 'answer',
      forward: undefined,
    });
    expect(pbx.only('call.answered')).toMatchObject({ answered_by: '1002', ring_seconds: 2 });
  });

  it('through Local channels is one call, answered by the phone at its end', () => {
    const caller = pbx.channel('PJSIP/1001', undefined, { exten: '600' });
    const one = pbx.channel('Local/1003@agents-00000001;1', caller);
    const two = pbx.channel('Local/1003@agents-00000001;2', caller);
    const phone = pbx.channel('PJSIP/1003', caller);
    for (const channel of [caller, one, two, phone]) channel.state = 'up';
    takeStock({
      channels: [
        listed(caller, dials('Local/1003@agents/n,20'), 9),
        listed(one, DIALLED, 8),
        listed(two, dials('PJSIP/1003,20'), 8),
        listed(phone, DIALLED, 7, TALK),
      ],
    });
    expect(pbx.types).toEqual(['call.started', 'call.answered']);
    expect(pbx.only('call.answered')).toMatchObject({ from_extension: '1001', answered_by: '1003' });
  });

  it('is not answered by a phone that was picked up and is asked first whether it takes the call', () => {
    const { caller, callee } = talk();
    takeStock({ channels: [listed(caller, dials('PJSIP/1002'), 9), listed(callee, DIALLED, 8)] });
    expect(pbx.types).toEqual(['call.started']);
  });

  it('by click-to-call is from the device that is rung first', () => {
    const first = pbx.channel('PJSIP/1001', undefined, { callerNumber: '1002' });
    first.state = 'ringing';
    takeStock({ channels: [listed(first, { is: 'originated' }, 2)] });
    expect(pbx.types).toEqual(['call.started']);
    expect(pbx.only('call.started')).toMatchObject({ from_extension: '1001' });
  });
});

describe('a call that is gone', () => {
  beforeEach(startEmpty);

  it('was answered if it had been, and its end is inferred', () => {
    takeStock({ channels: talking(talk()) });
    pbx.pass(30_000);
    takeStock({ channels: [] });
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'answered', inferred: true });
    expect(pbx.only('call.ended')).not.toHaveProperty('hangup_by');
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it('is unknown if nobody had answered, and nobody is told to have missed it', () => {
    const caller = pbx.dials('PJSIP/1001', '1002');
    pbx.dial(caller, pbx.channel('PJSIP/1002', caller));
    takeStock({ channels: [] });
    expect(pbx.types).toEqual(['call.started', 'call.ended']);
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'unknown', inferred: true });
  });

  it('is left to the stream, if that told of it meanwhile', () => {
    const caller = pbx.dials('PJSIP/1001', '1002');
    takeStock({ channels: [], streamed: new Set([caller.id]) });
    expect(pbx.types).toEqual(['call.started']);
  });

  it('is not judged by an account that may not ask', () => {
    pbx.dials('PJSIP/1001', '1002');
    takeStock({ channels: undefined });
    expect(pbx.types).toEqual(['call.started']);
  });
});

describe('parked calls', () => {
  beforeEach(startEmpty);
  const slot = { lot: 'default', space: '701', parker: 'PJSIP/1002', timeoutSeconds: 45 };

  it('that were parked meanwhile are told, and fetched meanwhile too', () => {
    const { caller } = talk();
    const parked = { ...slot, parkee: { ...caller }, since: micro(pbx.now - 20_000_000) };
    takeStock({ channels: [listed(caller, OTHER, 60)], parked: [parked] });
    expect(pbx.types).toEqual(['call.started', 'call.parked']);
    expect(pbx.only('call.parked')).toMatchObject({
      parking_space: '701',
      parked_by: '1002',
      inferred: true,
    });
    const retriever = pbx.channel('PJSIP/1003', undefined, { exten: '701' });
    retriever.state = 'up';
    pbx.pass(5_000);
    const channels = [listed(caller, OTHER, 65, TALK), listed(retriever, { is: 'retrieving' }, 2, TALK)];
    takeStock({ channels, parked: [] });
    expect(pbx.only('call.retrieved')).toMatchObject({
      retrieved_by: '1003',
      parked_seconds: 25,
      inferred: true,
    });
  });
});

describe('queues', () => {
  const member = { device: 'PJSIP/1002', name: 'Bob', isPaused: false };
  const support = { queue: 'support', callers: [], members: [member] };

  it('tell which members came, went and paused meanwhile', () => {
    takeStock({ queues: [support] });
    expect(pbx.types).toEqual([]);
    const members = [
      { ...member, isPaused: true },
      { ...member, device: 'PJSIP/1003', name: 'Carol' },
    ];
    takeStock({ queues: [{ ...support, members }] });
    takeStock({ queues: [{ ...support, members: members.slice(1) }] });
    takeStock({ queues: [] });
    expect(pbx.events.map(({ type, data }) => [type, data['agent'], data['inferred']])).toEqual([
      ['queue.agent_paused', 'Bob', true],
      ['queue.agent_added', 'Carol', true],
      ['queue.agent_removed', 'Bob', true],
      ['queue.agent_removed', 'Carol', true],
    ]);
  });

  it('tell once that a member went, also if the stream still tells it', () => {
    const device = 'PJSIP/1002';
    const members = [{ device, name: 'Bob', isPaused: false }];
    takeStock({ queues: [{ queue: 'support', callers: [], members }] });
    takeStock({ queues: [{ queue: 'support', callers: [], members: [] }] });
    pbx.tell({
      kind: 'queue.agent_removed',
      at: pbx.now,
      queue: 'support',
      agent: 'Bob',
      agentDevice: device,
      reason: undefined,
      isPaused: undefined,
    });
    expect(pbx.types).toEqual(['queue.agent_removed']);
  });

  it('tell who waits, and that an agent got the caller', () => {
    startEmpty();
    const caller = pbx.channel('PJSIP/trunk1', undefined, { exten: '5550102', callerNumber: '030123' });
    caller.state = 'up';
    const waiting = { channelId: caller.id, position: 1, since: micro(pbx.now - 8_000_000) };
    takeStock({
      channels: [listed(caller, { is: 'queueing' }, 9)],
      queues: [{ ...support, members: [], callers: [waiting] }],
    });
    expect(pbx.types).toEqual(['call.started', 'queue.call_added']);
    const agent = pbx.channel('PJSIP/1002', caller);
    agent.state = 'up';
    pbx.pass(4_000);
    takeStock({
      channels: [
        listed(caller, { is: 'queueing' }, 13, TALK),
        listed(agent, { is: 'dialled', by: 'queue' }, 2, TALK),
      ],
      queues: [{ ...support, members: [] }],
    });
    expect(pbx.types.slice(2)).toEqual(['call.answered', 'queue.call_answered']);
    expect(pbx.only('call.answered')).toMatchObject({
      answered_by: '1002',
      queue: 'support',
      inferred: true,
    });
    expect(pbx.only('queue.call_answered')).toMatchObject({ agent_extension: '1002', inferred: true });
  });
});

describe('conferences', () => {
  beforeEach(startEmpty);

  it('tell who came and went meanwhile', () => {
    const [one, two, three] = ['1001', '1002', '1003'].map((name) => pbx.channel(`PJSIP/${name}`)) as [
      FakeChannel,
      FakeChannel,
      FakeChannel,
    ];
    for (const channel of [one, two, three]) channel.state = 'up';
    const room = (...channels: FakeChannel[]): Partial<StockFact> => ({
      channels: [one, two, three].map((channel) => listed(channel)),
      rooms:
        channels.length === 0
          ? []
          : [
              {
                room: '9000',
                participants: channels.map((channel) => ({
                  channel: { ...channel },
                  admin: false,
                  muted: false,
                })),
              },
            ],
    });
    takeStock(room(one, two));
    takeStock(room(two, three));
    takeStock(room());
    const told = pbx.events.filter(({ type }) => type.startsWith('conference.'));
    expect(told.map(({ type, data }) => [type, data['participant']])).toEqual([
      ['conference.started', undefined],
      ['conference.participant_joined', '1001'],
      ['conference.participant_joined', '1002'],
      ['conference.participant_left', '1001'],
      ['conference.participant_joined', '1003'],
      ['conference.participant_left', '1002'],
      ['conference.participant_left', '1003'],
      ['conference.ended', undefined],
    ]);
    expect(told.every(({ data }) => data['inferred'] === true)).toBe(true);
    expect(pbx.only('conference.ended')).toMatchObject({ participants_total: 3, peak_participants: 2 });
  });
});

describe('who is muted in a conference', () => {
  const joined = (channel: FakeChannel, muted = false): Partial<StockFact> => ({
    channels: [listed(channel)],
    rooms: [{ room: '9000', participants: [{ channel: { ...channel }, admin: false, muted }] }],
  });

  it('while nobody looked is told as found out', () => {
    startEmpty();
    const channel = pbx.channel('PJSIP/1001', undefined, { exten: '9000' });
    channel.state = 'up';
    for (const muted of [false, true, true, false]) takeStock(joined(channel, muted));
    expect(pbx.events.map(({ type, data }) => [type, data['inferred']]).slice(-2)).toEqual([
      ['conference.participant_muted', true],
      ['conference.participant_unmuted', true],
    ]);
  });

  it('is known after a restart', () => {
    pbx = new FakePbx({}, []);
    startEmpty();
    const channel = pbx.channel('PJSIP/1001', undefined, { exten: '9000' });
    channel.state = 'up';
    takeStock(joined(channel));
    const at = pbx.now;
    const memos = new Map(pbx.tracker.memos().map((memo) => [memo.key, memo]));
    pbx.tell({ kind: 'conference.muted', at, room: '9000', channel: { ...channel } });
    for (const memo of pbx.tracker.memos()) memos.set(memo.key, memo);
    pbx = new FakePbx({}, [...memos.values()]);
    pbx.tell({ kind: 'conference.unmuted', at, room: '9000', channel: { ...channel } });
    expect(pbx.types).toEqual(['conference.participant_unmuted']);
  });
});

describe('mailboxes', () => {
  it('are compared with what was known', () => {
    const box = (newCount: number, oldCount: number): Partial<StockFact> => ({
      mailboxes: [{ mailbox: '1002@default', newCount, oldCount }],
    });
    takeStock(box(1, 0));
    takeStock(box(2, 0));
    takeStock(box(1, 1));
    takeStock(box(1, 0));
    expect(pbx.events.map(({ type, data }) => [type, data['inferred']])).toEqual([
      ['voicemail.new', true],
      ['voicemail.read', true],
      ['voicemail.deleted', true],
    ]);
  });
});

it('whatever a PBX lists, nothing throws', () => {
  startEmpty();
  const stranger = pbx.channel('Local/x@y-1;2');
  const facts: Partial<StockFact>[] = [
    {
      channels: [listed(stranger, DIALLED)],
      queues: [
        {
          queue: 'q',
          callers: [{ channelId: 'x' as ChannelId, position: undefined, since: pbx.now }],
          members: [],
        },
      ],
    },
    {
      parked: [
        {
          parkee: { ...stranger },
          lot: undefined,
          space: undefined,
          parker: undefined,
          timeoutSeconds: undefined,
          since: pbx.now,
        },
      ],
    },
    { rooms: [{ room: '', participants: [{ channel: { ...stranger }, admin: true, muted: true }] }] },
  ];
  for (const one of facts) takeStock(one);
  const seen: Fact = { kind: 'channel.seen', at: pbx.now, channel: { ...stranger } };
  pbx.tell(seen);
  expect(pbx.types.filter((type) => type.startsWith('call.'))).toEqual([]);
});
