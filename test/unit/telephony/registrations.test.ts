import { describe, expect, test } from 'vitest';
import type { PbxName } from '../../../src/model/ids.ts';
import type { Fact } from '../../../src/telephony/facts.ts';
import type { AccountKind, Contact, RefusalReason } from '../../../src/telephony/registration-facts.ts';
import { createRegistrations } from '../../../src/telephony/registrations.ts';
import { micro } from '../../../src/util/clock.ts';
import { wrongByCatalogue } from '../../support/catalogue.ts';

const at = (seconds: number) => micro((1_795_448_700 + seconds) * 1e6);

const phone = (host: string, more: Partial<Contact> = {}): Contact => ({
  accountKind: 'pjsip',
  account: '1004',
  uri: `sip:1004@${host}:5060`,
  ...more,
});
const peer = (address?: string): Contact => ({ accountKind: 'sip', account: '2001', address, port: 5060 });

type ContactKind = 'added' | 'reachable' | 'unreachable' | 'removed';
const told = (kind: ContactKind, contact: Contact, seconds: number): Fact => ({
  kind: `contact.${kind}`,
  at: at(seconds),
  contact,
});
const login = (
  kind: 'challenged' | 'authenticated',
  seconds: number,
  account = '1004',
  accountKind: AccountKind = 'pjsip',
  address?: string,
): Fact => ({ kind: `account.${kind}`, at: at(seconds), accountKind, account, address });
const refused = (
  seconds: number,
  account = '1004',
  address = '10.0.0.4',
  reason: RefusalReason = 'wrong_password',
): Fact => ({
  kind: 'account.refused',
  at: at(seconds),
  accountKind: 'pjsip',
  account,
  address,
  port: 5060,
  reason,
});
const connected = (seconds: number): Fact => ({ kind: 'pbx.connected', at: at(seconds) });
const booted = (seconds: number): Fact => ({ kind: 'pbx.booted', at: at(seconds) });
const list = (seconds: number, ...contacts: Contact[]): Fact => ({
  kind: 'contacts.listed',
  at: at(seconds),
  accountKinds: ['pjsip', 'sip', 'iax2'],
  contacts,
});

/** What is told, each as its type, what tells devices apart, and the count. */
function eventsOf(...facts: Fact[]): Record<string, unknown>[] {
  const registrations = createRegistrations({
    pbx: 'main' as PbxName,
    extensionPattern: /^(\d{4})(?:-app)?$/,
    trunks: ['1099'],
    pagingExtensions: [],
  });
  return facts.flatMap((fact) =>
    registrations.apply(fact).map((event) => {
      expect(wrongByCatalogue(event)).toBe('');
      return { type: event.type, ...event.data };
    }),
  );
}

const running = [connected(0), booted(0.1)];

describe('registered', () => {
  test('a contact that was there before, and only answers, is no news; that it goes is', () => {
    const events = eventsOf(
      ...running,
      told('reachable', phone('10.0.0.4'), 1),
      told('removed', phone('10.0.0.4'), 60),
    );
    expect(events).toMatchObject([{ type: 'extension.unregistered', contacts: 0 }]);
  });

  test('a new contact is told once, whatever is told of it afterwards', () => {
    const events = eventsOf(
      ...running,
      told('added', phone('10.0.0.4'), 1),
      told('reachable', phone('10.0.0.4'), 1.1),
      told('added', phone('10.0.0.4'), 60),
    );
    expect(events).toEqual([
      {
        type: 'extension.registered',
        timestamp: '2026-11-23T15:45:01Z',
        pbx: 'main',
        extension: '1004',
        ip_address: '10.0.0.4',
        port: 5060,
        contact_uri: 'sip:1004@10.0.0.4:5060',
        transport: 'udp',
        contacts: 1,
      },
    ]);
  });

  test('what the PBX knows of the device comes before what its URI says', () => {
    const [event] = eventsOf(
      ...running,
      told(
        'added',
        phone('192.168.1.5', { address: '203.0.113.7', port: 1024, userAgent: 'T54W', expiresAt: at(3600) }),
        1,
      ),
    );
    expect(event).toMatchObject({
      ip_address: '203.0.113.7',
      port: 1024,
      user_agent: 'T54W',
      expires_at: '2026-11-23T16:45:00Z',
    });
  });

  test('each device of an extension counts', () => {
    const events = eventsOf(
      ...running,
      told('added', phone('10.0.0.4'), 1),
      told('added', phone('10.0.0.5'), 2),
      login('authenticated', 3),
      told('removed', phone('10.0.0.4'), 3),
      login('authenticated', 4),
      told('removed', phone('10.0.0.5'), 4),
    );
    expect(events.map(({ type, contacts, reason }) => [type, contacts, reason])).toEqual([
      ['extension.registered', 1, undefined],
      ['extension.registered', 2, undefined],
      ['extension.unregistered', 1, 'removed'],
      ['extension.unregistered', 0, 'removed'],
    ]);
  });

  test('trunks, and endpoints that are no extensions, are not told', () => {
    const others = ['1099', 'trunk1', 'anonymous', '10041'];
    expect(
      eventsOf(...running, ...others.map((account) => told('added', phone('10.0.0.4', { account }), 1))),
    ).toEqual([]);
  });

  test('an endpoint with a suffix is the extension that the pattern picks', () => {
    const [event] = eventsOf(...running, told('added', phone('10.0.0.4', { account: '1004-app' }), 1));
    expect(event).toMatchObject({ extension: '1004' });
  });

  test('a peer registers anew from another address, and at each refresh from its own', () => {
    const events = eventsOf(
      ...running,
      told('added', peer('10.0.0.4'), 1),
      told('reachable', peer(), 1.1),
      told('added', peer('10.0.0.4'), 60),
      told('added', peer('10.0.0.5'), 90),
    );
    expect(
      events.map(({ type, ip_address, contacts, reason }) => [type, ip_address, contacts, reason]),
    ).toEqual([
      ['extension.registered', '10.0.0.4', 1, undefined],
      ['extension.registered', '10.0.0.5', 1, undefined],
      ['extension.unregistered', '10.0.0.4', 1, 'replaced'],
    ]);
  });

  test('a peer that is only told as reachable is not registered', () => {
    expect(eventsOf(...running, told('reachable', peer(), 1))).toEqual([]);
  });
});

describe('unregistered', () => {
  const registered = [...running, login('authenticated', 1), told('added', phone('10.0.0.4'), 1)];
  const reasonAfter = (...facts: Fact[]) => eventsOf(...registered, ...facts).at(-1)?.['reason'];

  test('expired, if nobody logged in just before', () => {
    expect(reasonAfter(told('removed', phone('10.0.0.4'), 30))).toBe('expired');
    expect(reasonAfter(login('authenticated', 28), told('removed', phone('10.0.0.4'), 30))).toBe('expired');
    expect(reasonAfter(login('authenticated', 30, '1005'), told('removed', phone('10.0.0.4'), 30))).toBe(
      'expired',
    );
  });

  test('removed, if its account logged in just before', () => {
    expect(reasonAfter(login('authenticated', 30), told('removed', phone('10.0.0.4'), 30.001))).toBe(
      'removed',
    );
  });

  test('removed, if the PBX tells of the login only afterwards', () => {
    expect(
      reasonAfter(
        login('challenged', 29.999),
        told('removed', phone('10.0.0.4'), 30),
        login('authenticated', 30),
      ),
    ).toBe('removed');
  });

  test('expired, if the login just before was refused', () => {
    expect(
      reasonAfter(login('challenged', 29.9), refused(29.95), told('removed', phone('10.0.0.4'), 30)),
    ).toBe('expired');
  });

  test('replaced, if another contact came at the same moment', () => {
    expect(
      reasonAfter(
        login('authenticated', 30),
        told('added', phone('10.0.0.9'), 30.002),
        told('removed', phone('10.0.0.4'), 30.004),
      ),
    ).toBe('replaced');
  });

  test('not replaced by a contact that was there before', () => {
    const events = eventsOf(
      ...registered,
      told('added', phone('10.0.0.9'), 30),
      login('authenticated', 30.1),
      told('removed', phone('10.0.0.9'), 30.1),
    );
    expect(events.at(-1)).toMatchObject({ reason: 'removed', contacts: 1 });
  });

  test('tells what was known of the device', () => {
    const events = eventsOf(
      ...running,
      told('added', phone('10.0.0.4', { userAgent: 'T54W', address: '203.0.113.7', port: 1024 }), 1),
      told('removed', phone('10.0.0.4'), 30),
    );
    expect(events.at(-1)).toMatchObject({
      user_agent: 'T54W',
      ip_address: '203.0.113.7',
      port: 1024,
      contacts: 0,
    });
  });

  test('a contact that was never heard of is told, and counts nothing', () => {
    expect(eventsOf(...running, told('removed', phone('10.0.0.4'), 1))).toMatchObject([
      { type: 'extension.unregistered', ip_address: '10.0.0.4', contacts: 0 },
    ]);
  });

  test('a peer without an address is told with the one that it had, and once', () => {
    const events = eventsOf(
      ...running,
      told('added', peer('10.0.0.4'), 1),
      told('removed', peer(), 30),
      told('removed', peer(), 31),
    );
    expect(events).toMatchObject([
      { type: 'extension.registered' },
      { type: 'extension.unregistered', extension: '2001', ip_address: '10.0.0.4', contacts: 0 },
    ]);
  });
});

describe('reach', () => {
  test('unreachable is not gone, and alternates with reachable', () => {
    const events = eventsOf(
      ...running,
      told('unreachable', phone('10.0.0.4'), 1),
      told('unreachable', phone('10.0.0.4'), 5),
      told('reachable', phone('10.0.0.4'), 9),
      told('reachable', phone('10.0.0.4'), 10),
      told('removed', phone('10.0.0.4'), 30),
    );
    expect(events.map(({ type }) => type)).toEqual([
      'extension.unreachable',
      'extension.reachable',
      'extension.unregistered',
    ]);
  });

  test('a refresh of an unreachable peer does not make it reachable', () => {
    const events = eventsOf(
      ...running,
      told('added', peer('10.0.0.4'), 1),
      told('unreachable', peer(), 2),
      told('added', peer('10.0.0.4'), 3),
      told('reachable', peer(), 4),
    );
    expect(events.map(({ type }) => type)).toEqual([
      'extension.registered',
      'extension.unreachable',
      'extension.reachable',
    ]);
  });
});

describe('taking stock', () => {
  test('what a PBX tells while it loads is taken over silently', () => {
    const events = eventsOf(
      connected(0),
      told('added', phone('10.0.0.4'), 1),
      booted(2),
      told('reachable', phone('10.0.0.4'), 3),
      told('removed', phone('10.0.0.4'), 30),
    );
    expect(events).toMatchObject([{ type: 'extension.unregistered', contacts: 0 }]);
  });

  test('the first list is silent, and makes the counts right', () => {
    const events = eventsOf(
      ...running,
      list(1, phone('10.0.0.4'), phone('10.0.0.5')),
      told('reachable', phone('10.0.0.4'), 2),
      told('removed', phone('10.0.0.5'), 30),
    );
    expect(events).toMatchObject([{ type: 'extension.unregistered', contacts: 1 }]);
  });

  test('what the stream told meanwhile is newer than the list', () => {
    const events = eventsOf(
      ...running,
      told('added', phone('10.0.0.4'), 1),
      told('removed', phone('10.0.0.5'), 1),
      list(1.1, phone('10.0.0.5')),
      told('added', phone('10.0.0.5'), 9),
    );
    expect(events.map(({ type, contacts }) => [type, contacts])).toEqual([
      ['extension.registered', 1],
      ['extension.unregistered', 1],
      ['extension.registered', 2],
    ]);
  });

  const before = [...running, list(1, phone('10.0.0.4'), phone('10.0.0.5'))];

  test('on a later connection the difference is told as inferred', () => {
    const events = eventsOf(
      ...before,
      connected(100),
      booted(100),
      list(101, phone('10.0.0.5'), phone('10.0.0.6')),
    );
    expect(events).toMatchObject([
      { type: 'extension.registered', ip_address: '10.0.0.6', inferred: true },
      { type: 'extension.unregistered', ip_address: '10.0.0.4', inferred: true, contacts: 2 },
    ]);
    expect(events[1]).not.toHaveProperty('reason');
  });

  test('what the list showed is not told again by a stream that lags behind', () => {
    const events = eventsOf(
      ...before,
      connected(100),
      booted(100),
      list(101, phone('10.0.0.5'), phone('10.0.0.6')),
      told('added', phone('10.0.0.6'), 101.1),
      told('removed', phone('10.0.0.4'), 101.1),
    );
    expect(events).toHaveLength(2);
  });

  test('a restarted PBX repeats its contacts: only one that it had not before is told', () => {
    const events = eventsOf(
      ...before,
      connected(100),
      told('added', phone('10.0.0.4'), 101),
      told('added', phone('10.0.0.6'), 101),
      booted(102),
      told('reachable', phone('10.0.0.6'), 102),
      list(103, phone('10.0.0.4'), phone('10.0.0.5'), phone('10.0.0.6')),
    );
    expect(events).toMatchObject([
      { type: 'extension.registered', ip_address: '10.0.0.6', inferred: true, contacts: 3 },
    ]);
  });

  test('accounts that could not be listed are left as they are', () => {
    const events = eventsOf(
      ...running,
      told('added', peer('10.0.0.4'), 1),
      list(1.1),
      connected(100),
      booted(100),
      { kind: 'contacts.listed', at: at(101), accountKinds: ['pjsip'], contacts: [] },
    );
    expect(events).toMatchObject([{ type: 'extension.registered' }]);
  });

  test('accounts that could be listed only later are taken over silently then', () => {
    const events = eventsOf(
      ...running,
      { kind: 'contacts.listed', at: at(1), accountKinds: [], contacts: [] },
      connected(100),
      booted(100),
      list(101, phone('10.0.0.4')),
    );
    expect(events).toEqual([]);
  });

  test('a peer that moved while nobody looked', () => {
    const events = eventsOf(
      ...running,
      list(1, peer('10.0.0.4')),
      connected(100),
      booted(100),
      list(101, peer('10.0.0.5')),
    );
    expect(events).toMatchObject([
      { type: 'extension.registered', ip_address: '10.0.0.5', inferred: true },
      { type: 'extension.unregistered', ip_address: '10.0.0.4', inferred: true, reason: 'replaced' },
    ]);
  });
});

describe('a peer of IAX', () => {
  const iax = (port?: number): Contact => ({
    accountKind: 'iax2',
    account: '3001',
    address: '10.0.0.8',
    port,
  });

  test('is the same one in the list, which knows its port', () => {
    const events = eventsOf(
      ...running,
      list(0.2),
      told('added', iax(), 1),
      connected(60),
      booted(60.1),
      list(60.2, iax(4569)),
      told('removed', { accountKind: 'iax2', account: '3001' }, 90),
    );
    expect(events).toMatchObject([
      { type: 'extension.registered', ip_address: '10.0.0.8' },
      { type: 'extension.unregistered', ip_address: '10.0.0.8', port: 4569, reason: 'expired' },
    ]);
  });
});

describe('a login that fails', () => {
  const failures = (...facts: Fact[]) => eventsOf(...running, ...facts);

  test('is told with who, where from and why', () => {
    expect(failures(refused(1))).toEqual([
      {
        type: 'extension.auth_failed',
        timestamp: '2026-11-23T15:45:01Z',
        pbx: 'main',
        extension: '1004',
        ip_address: '10.0.0.4',
        port: 5060,
        reason: 'wrong_password',
        count: 1,
      },
    ]);
  });

  test('is told once a minute for each address that tries, with how many there were', () => {
    const attack = Array.from({ length: 5_000 }, (_, i) => refused(1 + i / 40));
    const other = refused(130, '1004', '10.0.0.5');
    expect(failures(...attack, other)).toMatchObject([
      { ip_address: '10.0.0.4', count: 1 },
      { ip_address: '10.0.0.4', count: 2400 },
      { ip_address: '10.0.0.4', count: 2400 },
      { ip_address: '10.0.0.5', count: 1 },
    ]);
  });

  test('is news again after one from the same address that succeeded', () => {
    const good = (address: string) => login('authenticated', 2, '1004', 'pjsip', address);
    expect(failures(refused(1), good('10.0.0.5'), refused(3))).toHaveLength(1);
    expect(failures(refused(1), good('10.0.0.4'), refused(3))).toHaveLength(2);
  });

  test('though the password was right, for a device too many, is no more often told', () => {
    const full = (seconds: number): Fact[] => [
      login('authenticated', seconds, '1004', 'pjsip', '10.0.0.4'),
      refused(seconds, '1004', '10.0.0.4', 'too_many_contacts'),
    ];
    expect(failures(...full(1), ...full(5), ...full(9))).toMatchObject([{ reason: 'too_many_contacts' }]);
  });

  test('from everywhere at once fills no memory, and tells a thousand times a minute at most', () => {
    const botnet = Array.from({ length: 3_000 }, (_, i) => refused(1, '1004', `10.1.${i >> 8}.${i & 255}`));
    expect(failures(...botnet)).toHaveLength(1_000);
    expect(failures(...botnet, refused(62, '1004', '10.9.9.9'))).toHaveLength(1_001);
  });

  test('is passed over where one address tries many accounts: it scans', () => {
    const scan = Array.from({ length: 2_000 }, (_, i) => refused(1 + i / 100, String(1100 + i)));
    expect(failures(...scan)).toHaveLength(10);
    expect(failures(...scan, refused(10, '1004', '10.0.0.9'))).toHaveLength(11);
  });

  test('of a trunk is nothing', () => {
    expect(failures(refused(1, '1099'), refused(2, 'provider'))).toEqual([]);
  });
});
