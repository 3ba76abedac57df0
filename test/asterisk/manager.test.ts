import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answersAfter, type Phone } from './phone/phone.ts';
import type { Asterisk } from './rig/asterisk.ts';
import { Manager, type Packet } from './rig/manager.ts';
import { bootAsterisk, isSkipped, openPhone } from './rig/stage.ts';

const guide = readFileSync(new URL('../../docs/asterisk.md', import.meta.url), 'utf8');
const configuration = readFileSync(new URL('./etc/manager.conf', import.meta.url), 'utf8');

describe('docs/asterisk.md', () => {
  const blocks = [...guide.matchAll(/```ini\n(.*?)```/gs)].map(([, lines]) => lines);

  test.each([
    ['the account', 0],
    ['filters for every version', 1],
    ['filters for Asterisk 22', 2],
  ])('shows as %s lines that the Asterisk of these tests runs with', (_, index) => {
    expect(blocks[index]).toBeDefined();
    expect(configuration).toContain(blocks[index]);
  });
});

describe.skipIf(isSkipped(22))('the manager account of docs/asterisk.md, on Asterisk 22', () => {
  let asterisk: Asterisk;
  let webhooks: Manager;
  let filtered: Manager[];
  let phones: Phone[];

  /** One registration of each phone; a call, a caller in a queue, a page; some variables, a UserEvent. */
  beforeAll(async () => {
    asterisk = await bootAsterisk(22);
    webhooks = await Manager.login('webhooks', 'change-me');
    filtered = await Promise.all(
      ['filters-anywhere', 'filters-22'].map((user) => Manager.login(user, 'rig-secret')),
    );
    phones = await Promise.all([openPhone('1001'), openPhone('1002')]);
    const [alice, bob] = phones;
    await alice?.register();
    await bob?.register();
    if (bob) {
      bob.whenCalled = answersAfter(100);
    }
    for (const [number, established] of [
      ['1002', 'BridgeEnter'],
      ['*45', 'QueueCallerJoin'],
      ['77', 'ConfbridgeStart'],
    ] as const) {
      const reached = asterisk.manager.next((packet) => packet.get('Event') === established);
      const over = asterisk.manager.next((packet) => packet.get('Event') === 'Hangup');
      const call = alice?.call(number);
      await reached;
      await call?.hangUp();
      await over;
    }
    for (const Variable of ['VM_MESSAGEFILE', 'VALUE', 'VMSTATUS', 'QUEUESTATUS', 'OTHER']) {
      await asterisk.manager.action('Setvar', { Variable, Value: '1' });
    }
    const noted = [asterisk.manager, ...filtered].map((manager) =>
      manager.next((packet) => packet.get('Event') === 'UserEvent'),
    );
    await asterisk.manager.action('UserEvent', { UserEvent: 'Note' });
    await Promise.all(noted);
    // What it got before this answer, it got because of the above.
    await webhooks.action('Ping');
  });

  afterAll(async () => {
    for (const each of [...(phones ?? []), webhooks, ...(filtered ?? [])]) {
      each?.close();
    }
    await asterisk?.stop();
  });

  test.each([
    ['system', ['FullyBooted', 'ContactStatus', 'PeerStatus']],
    ['call', ['Newchannel', 'DialBegin', 'DialEnd', 'BridgeEnter', 'HangupRequest', 'Hangup']],
    ['security', ['SuccessfulAuth']],
    ['agent', ['QueueCallerJoin', 'QueueCallerAbandon']],
    ['dialplan', ['VarSet', 'Newexten']],
    ['user', ['UserEvent']],
  ])('events of class %s are %j', (eventClass, names) => {
    for (const name of names) {
      const event = asterisk.manager.packets.find((packet) => packet.get('Event') === name);
      expect(event?.get('Privilege'), name).toBe(`${eventClass},all`);
    }
  });

  test('sees calls, registrations and logins of phones, and nothing of the classes that it did not ask for', () => {
    const seen = eventNames(webhooks.packets);
    expect(seen).toContain('ContactStatus');
    expect(seen).toContain('Newchannel');
    expect(seen).toContain('Hangup');
    expect(seen).toContain('SuccessfulAuth');
    expect(seen.filter((name) => /UserEvent|RTCP|TestEvent|DTMF|Cdr/.test(name))).toEqual([]);
  });

  test('gets each event with the time at which it happened, but for the FullyBooted of its login', () => {
    const events = webhooks.packets.filter((packet) => packet.has('Event') && !packet.has('ActionID'));
    for (const packet of events.filter((each) => each.get('Event') !== 'FullyBooted')) {
      expect(packet.get('Timestamp'), packet.get('Event')).toMatch(/^\d{10}\.\d{6}$/);
    }
  });

  test.each([
    ['Ping', {}],
    ['Events', { EventMask: 'system,call,security' }],
    ['Filter', { Operation: 'Add', Filter: '!Event: VarSet' }],
    ['ModuleCheck', { Module: 'chan_pjsip' }],
    ['PJSIPShowContacts', {}],
    ['PJSIPShowRegistrationInboundContactStatuses', {}],
    ['CoreStatus', {}],
    ['CoreShowChannels', {}],
    ['MailboxCount', { Mailbox: '1001@default' }],
    ['QueueStatus', {}],
  ])('may %s', async (action, fields) => {
    const response = await webhooks.action(action, fields);
    expect(response.get('Response'), response.get('Message')).toBe('Success');
  });

  test.each([
    ['Originate', { Channel: 'PJSIP/1001' }],
    ['Redirect', { Channel: 'PJSIP/1001' }],
    ['Command', { Command: 'core show version' }],
    ['UpdateConfig', { SrcFilename: 'manager.conf' }],
    ['Setvar', { Variable: 'A', Value: 'b' }],
    ['UserEvent', { UserEvent: 'x' }],
    ['QueueAdd', { Queue: 'support', Interface: 'PJSIP/1001' }],
  ])('may not %s', async (action, fields) => {
    expect((await webhooks.action(action, fields)).get('Message')).toBe('Permission denied');
  });

  test.each([
    ['Ping', 'nothing', 'system', 'reporting', 'call'],
    ['Events', 'nothing', 'system', 'reporting', 'call'],
    ['QueueStatus', 'nothing', 'system', 'reporting', 'call'],
    ['Filter', 'system'],
    ['ModuleCheck', 'system'],
    ['PJSIPShowContacts', 'system'],
    ['PJSIPShowRegistrationInboundContactStatuses', 'system'],
    ['CoreStatus', 'system', 'reporting'],
    ['Status', 'system', 'reporting', 'call'],
    ['CoreShowChannels', 'system', 'reporting'],
    ['MailboxCount', 'reporting', 'call'],
    ['DeviceStateList', 'reporting', 'call'],
    ['ConfbridgeList', 'reporting'],
    ['ParkedCalls', 'call'],
  ])('%s is allowed by the write classes that the table names', async (action, ...allowing) => {
    const allowed: string[] = [];
    for (const writes of ['nothing', 'system', 'reporting', 'call']) {
      const manager = await Manager.login(`writes-${writes}`, 'rig-secret');
      const response = await manager.action(action);
      manager.close();
      if (response.get('Message') !== 'Permission denied') {
        allowed.push(writes);
      }
    }
    expect(allowed).toEqual(allowing);
  });

  test.each([0, 1])(
    'both syntaxes of filters keep the same events away, and only those (%i)',
    async (which) => {
      const { packets } = filtered[which] ?? webhooks;
      const everything = eventNames(asterisk.manager.packets);
      const unwanted = ['DeviceStateChange', 'QueueMemberStatus', 'MusicOnHoldStart', 'MusicOnHoldStop'];
      expect(everything).toEqual(expect.arrayContaining(unwanted));
      expect(eventNames(packets).filter((name) => unwanted.includes(name))).toEqual([]);
      const wanted = ['Newchannel', 'Newstate', 'Hangup', 'ContactStatus', 'QueueCallerJoin', 'UserEvent'];
      expect(eventNames(packets)).toEqual(expect.arrayContaining(wanted));
      const variables = valuesOf(packets, 'VarSet', 'Variable');
      expect(variables).toEqual(expect.arrayContaining(['VM_MESSAGEFILE', 'QUEUESTATUS']));
      expect(variables.filter((name) => !/^(VM_|QU)/.test(name))).toEqual([]);
      expect(valuesOf(packets, 'Newexten', 'Application')).toEqual(['Queue', 'Page']);
    },
  );

  test('a login from an address that permit does not name fails', async () => {
    const socket = connect({ host: '127.0.0.1', port: 5038, localAddress: '127.0.0.9' });
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.write('Action: Login\r\nUsername: webhooks\r\nSecret: change-me\r\n\r\n');
    await once(socket, 'close');
    expect(answer).toContain('Message: Authentication failed');
  });
});

function eventNames(packets: readonly Packet[]): string[] {
  return packets.flatMap((packet) => packet.get('Event') ?? []);
}

function valuesOf(packets: readonly Packet[], event: string, header: string): string[] {
  return packets
    .filter((packet) => packet.get('Event') === event)
    .flatMap((packet) => packet.get(header) ?? []);
}
