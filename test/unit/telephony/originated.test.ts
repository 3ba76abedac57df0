import { describe, expect, it } from 'vitest';
import { FakePbx } from '../../support/fake-pbx.ts';

describe('a click-to-call through a Local channel, as FreePBX and CTI servers make it', () => {
  it.each([
    ['told in order', true],
    ['the inner dial told first', false],
  ])('is from the device rung first to where it is sent: %s', (_title, inOrder) => {
    const pbx = new FakePbx();
    const [one, two] = pbx.local('1001@from-internal');
    const device = pbx.channel('PJSIP/1001', one, { callerNumber: '1001', callerName: 'Alice' });
    if (inOrder) pbx.begin(undefined, one);
    pbx.dial(two, device, '1001');
    if (!inOrder) pbx.begin(undefined, one);
    expect(pbx.only('call.started')).toMatchObject({ from_extension: '1001' });
    pbx.rings(device);
    pbx.pass(2000);
    pbx.answers(two, device);
    pbx.answers(undefined, one);
    pbx.bridge('b1', device, two);
    expect(pbx.types).toEqual(['call.started']);

    one.exten = 's';
    const callee = pbx.channel('PJSIP/1002', one);
    pbx.dial(one, callee, '1002');
    pbx.rings(callee);
    pbx.pass(3000);
    pbx.answers(one, callee);
    pbx.bridge('b2', callee, one);
    expect(pbx.only('call.ringing')).toMatchObject({ to_extension: '1002' });
    expect(pbx.only('call.answered')).toMatchObject({
      from_extension: '1001',
      to_extension: '1002',
      answered_by: '1002',
      ring_seconds: 3,
      direction: 'internal',
    });

    pbx.hangsUp(device, two, one, callee);
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'answered', hangup_by: 'caller' });
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it('to an outside number is outbound, though its device was dialled by its own number', () => {
    const pbx = new FakePbx();
    const [one, two] = pbx.local('1001@from-internal');
    const device = pbx.channel('PJSIP/1001', one);
    pbx.begin(undefined, one);
    pbx.dial(two, device, '1001');
    device.exten = '1001';
    pbx.answers(two, device);
    pbx.answers(undefined, one);
    one.exten = '004915112345';
    const trunk = pbx.channel('PJSIP/trunk1', one);
    pbx.dial(one, trunk, '4915112345@trunk1');
    pbx.answers(one, trunk);
    expect(pbx.only('call.answered')).toMatchObject({
      from_extension: '1001',
      to_extension: '004915112345',
      direction: 'outbound',
    });
  });

  it('that rings several devices first is from the one picked up', () => {
    const pbx = new FakePbx();
    const [one, two] = pbx.local('600@from-internal');
    pbx.begin(undefined, one);
    const first = pbx.channel('PJSIP/1001', one);
    const second = pbx.channel('PJSIP/1003', one);
    pbx.dial(two, first);
    pbx.dial(two, second);
    pbx.rings(first);
    pbx.rings(second);
    pbx.dialEnds(two, first, 'cancel');
    pbx.answers(two, second);
    pbx.gone(first, 26);
    const callee = pbx.channel('PJSIP/1002', one);
    one.exten = '1002';
    pbx.dial(one, callee);
    pbx.answers(one, callee);
    expect(pbx.types).toEqual(['call.started', 'call.answered']);
    expect(pbx.only('call.answered')).toMatchObject({ from_extension: '1003', answered_by: '1002' });
  });
});

describe('a click-to-call', () => {
  it('of a busy device is busy, and the device ended it', () => {
    const pbx = new FakePbx();
    const device = pbx.channel('PJSIP/1001', undefined, { exten: 's', callerNumber: '1002' });
    pbx.dial(undefined, device, '1001');
    pbx.of('channel.hangup_requested', device);
    pbx.dialEnds(undefined, device, 'busy');
    pbx.gone(device, 17);
    expect(pbx.types).toEqual(['call.started', 'call.ended']);
    expect(pbx.only('call.ended')).toMatchObject({
      from_extension: '1001',
      disposition: 'busy',
      hangup_by: 'callee',
      hangup_cause: 17,
    });
  });

  it('whose callee does not answer is missed by the callee alone', () => {
    const pbx = new FakePbx();
    const device = pbx.channel('PJSIP/1001', undefined, { exten: 's' });
    pbx.dial(undefined, device, '1001');
    pbx.rings(device);
    pbx.answers(undefined, device);
    device.exten = '1002';
    const callee = pbx.channel('PJSIP/1002', device);
    pbx.dial(device, callee);
    pbx.rings(callee);
    pbx.pass(8000);
    pbx.dialEnds(device, callee, 'no_answer');
    pbx.gone(callee, 0);
    pbx.gone(device);
    expect(pbx.types).toEqual(['call.started', 'call.ringing', 'call.missed', 'call.ended']);
    expect(pbx.only('call.missed')).toMatchObject({ to_extension: '1002' });
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'no_answer', hangup_by: 'system' });
  });

  it.each([
    ['before the menu sends it on', true],
    ['after the menu sent it on', false],
  ])('to a menu is to the menu, whatever is chosen in it: its maker heard %s', (_title, isFirst) => {
    const pbx = new FakePbx();
    const device = pbx.channel('PJSIP/1001', undefined, { exten: 's' });
    const sentOn = { kind: 'dial.originated', at: pbx.now, channelId: device.id, target: '800' } as const;
    pbx.dial(undefined, device, '1001');
    pbx.answers(undefined, device);
    if (isFirst) pbx.tell(sentOn);
    device.exten = '1';
    pbx.of('channel.seen', device);
    if (!isFirst) pbx.tell(sentOn);
    const callee = pbx.channel('PJSIP/1002', device);
    pbx.dial(device, callee);
    pbx.answers(device, callee);
    expect(pbx.only('call.answered')).toMatchObject({ to_extension: '800', direction: 'internal' });
  });

  it('to an outside number rings the phone first and is outbound', () => {
    const pbx = new FakePbx();
    const device = pbx.channel('PJSIP/1001', undefined, { exten: 's' });
    pbx.dial(undefined, device, '1001');
    expect(pbx.only('call.started')).not.toHaveProperty('direction');
    pbx.answers(undefined, device);
    device.exten = '004915112345';
    const trunk = pbx.channel('PJSIP/trunk1', device);
    pbx.dial(device, trunk, '4915112345@trunk1');
    pbx.answers(device, trunk);
    expect(pbx.only('call.answered')).toMatchObject({
      direction: 'outbound',
      to_extension: '004915112345',
      answered_by: '4915112345',
    });
  });
});

describe('a page', () => {
  it('rings and misses nothing, also where a phone is told to ring before it is told as dialled', () => {
    const pbx = new FakePbx();
    const pager = pbx.dials('PJSIP/1001', '77');
    const phone = pbx.channel('PJSIP/1002', pager);
    pbx.rings(phone);
    pbx.begin(undefined, phone);
    pbx.pass(500);
    pbx.hangsUp(phone, pager);
    expect(pbx.types).toEqual(['call.started', 'call.ended']);
  });
});

describe('a page through Local channels', () => {
  it('rings, answers and misses nothing, in whatever order its dials are told', () => {
    const pbx = new FakePbx();
    const pager = pbx.dials('PJSIP/1001', '77');
    const [one, two] = pbx.local('1002@page', pager);
    const phone = pbx.channel('PJSIP/1002', pager);
    pbx.dial(two, phone);
    pbx.begin(undefined, one);
    pbx.pass(100);
    pbx.rings(phone);
    pbx.answers(two, phone);
    pbx.answers(undefined, one);
    const room = '123456789';
    pbx.tell({ kind: 'conference.opened', at: pbx.now, room });
    pbx.tell({
      kind: 'conference.joined',
      at: pbx.now,
      channel: { ...one },
      room,
      admin: false,
      muted: true,
    });
    expect(pbx.types).toEqual(['call.started', 'paging.started']);
    pbx.pass(2000);
    pbx.hangsUp(pager, one, two, phone);
    pbx.tell({ kind: 'conference.closed', at: pbx.now, room });
    expect(pbx.types).toEqual(['call.started', 'paging.started', 'paging.ended', 'call.ended']);
    expect(pbx.only('paging.ended')).toMatchObject({ targets: ['1002'], answered_by: ['1002'], duration: 2 });
    expect(pbx.only('call.ended')).toMatchObject({ disposition: 'application' });
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });

  it('does not make a conference of it that starts at the same time', () => {
    const pbx = new FakePbx();
    const pager = pbx.dials('PJSIP/1001', '77');
    pbx.tell({ kind: 'page.begun', at: pbx.now, channel: { ...pager } });
    pbx.tell({ kind: 'conference.opened', at: pbx.now, room: '5551234' });
    pbx.pass(3000);
    const guest = pbx.dials('PJSIP/1002', '9000');
    pbx.state(guest, 'up');
    expect(pbx.types).toEqual(['call.started', 'call.started']);
    const inRoom = { channel: { ...guest }, room: '5551234', admin: false, muted: false };
    pbx.tell({ kind: 'conference.joined', at: pbx.now, ...inRoom });
    expect(pbx.types.slice(2)).toEqual(['conference.started', 'conference.participant_joined']);
  });

  it('that ends before anybody heard it was no conference', () => {
    const pbx = new FakePbx();
    const pager = pbx.dials('PJSIP/1001', '77');
    pbx.tell({ kind: 'page.begun', at: pbx.now, channel: { ...pager } });
    pbx.tell({ kind: 'conference.opened', at: pbx.now, room: '5551234' });
    pbx.pass(500);
    pbx.hangsUp(pager);
    pbx.tell({ kind: 'conference.closed', at: pbx.now, room: '5551234' });
    expect(pbx.types).toEqual(['call.started', 'call.ended']);
    expect(pbx.tracker.size()).toEqual({ channels: 0, calls: 0, other: 0 });
  });
});
