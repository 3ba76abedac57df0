import { afterEach, describe, expect, test } from 'vitest';
import type { PbxName } from '../../../../src/model/ids.ts';
import { DEFAULT_DEADLINES } from '../../../../src/source/ami/connection.ts';
import { NOISE_FILTERS } from '../../../../src/source/ami/noise.ts';
import { answerOf, type ReceivedAction, responseTo } from '../../../../src/source/ami/playback-answers.ts';
import { type AmiSourceOptions, createAmiSource } from '../../../../src/source/ami/source.ts';
import type { Source } from '../../../../src/source/source.ts';
import type { Fact } from '../../../../src/telephony/facts.ts';
import { type AmiFaults, type AmiServer, startAmiServer } from '../../../support/ami-server.ts';
import { FakeClock } from '../../../support/clock.ts';
import { createRecorder, type Recorder } from '../../../support/recorder.ts';

const BOOTED = 'Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n';
const contactStatus = (status: string, account: string): string =>
  `Event: ContactStatus\r\nPrivilege: system,all\r\nURI: sip:${account}@10.0.0.1:5060\r\n` +
  `ContactStatus: ${status}\r\nAOR: ${account}\r\nEndpointName: ${account}\r\n\r\n`;
const newchannel = (id: string): string =>
  `Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/1001-00000001\r\nChannelState: 4\r\n` +
  `ChannelStateDesc: Ring\r\nExten: 1002\r\nUniqueid: ${id}\r\nLinkedid: ${id}\r\n\r\n`;

/** Answers as an Asterisk that has these PJSIP contacts and SIP peers. */
function withContacts(pjsip: readonly string[], peers: readonly string[] = []) {
  return (action: ReceivedAction): string => {
    const id = `ActionID: ${action.get('actionid')}\r\n`;
    const items = (name: string, complete: string, list: readonly string[]): string =>
      responseTo(action, 'Success', 'EventList: start\r\n') +
      list.map((item) => `Event: ${name}\r\n${id}${item}\r\n`).join('') +
      `Event: ${complete}\r\n${id}EventList: Complete\r\n\r\n`;
    switch (action.get('action')) {
      case 'PJSIPShowContacts':
        return items(
          'ContactList',
          'ContactListComplete',
          pjsip.map(
            (account) =>
              `ObjectName: ${account};@1\r\nViaAddr: 203.0.113.7\r\nViaPort: 1024\r\nEndpoint: ${account}\r\n` +
              `Uri: sip:${account}@10.0.0.1:5060\r\nUserAgent: Phone of ${account}\r\nExpirationTime: 1795452045\r\n`,
          ),
        );
      case 'ModuleCheck':
        return responseTo(
          action,
          peers.length > 0 && action.get('module') === 'chan_sip' ? 'Success' : 'Error',
          '',
        );
      case 'SIPpeers':
        return items(
          'PeerEntry',
          'PeerlistComplete',
          peers.map(
            (peer) =>
              `Channeltype: SIP\r\nObjectName: ${peer}\r\nIPaddress: 10.0.0.2\r\nIPport: 5060\r\nDynamic: yes\r\n`,
          ),
        );
      default:
        return answerOf(action);
    }
  };
}

interface Watched {
  readonly source: Source;
  readonly clock: FakeClock;
  readonly facts: Recorder<Fact>;
  readonly log: Recorder<string>;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(faults: AmiFaults = {}, port = 0): Promise<AmiServer> {
  const server = await startAmiServer(faults, port);
  cleanups.push(() => server.close());
  return server;
}

function watch(port: number, options: Partial<AmiSourceOptions> = {}): Watched {
  const clock = new FakeClock();
  const facts = createRecorder<Fact>();
  const log = createRecorder<string>();
  const to = (level: string) => (message: string) => log.add(`${level} ${message}`);
  const source = createAmiSource({
    name: 'main' as PbxName,
    host: '127.0.0.1',
    port,
    username: 'webhooks',
    secret: 'top-secret',
    clock,
    random: () => 0,
    logger: { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') },
    ...options,
  });
  source.start((fact) => facts.add(fact));
  cleanups.push(() => source.stop());
  return { source, clock, facts, log };
}

/** Milliseconds that the stream waits for the lists. */
const STOCK_LIMIT_MS = 1_500;
/** Milliseconds that the stream waits after the lists, for events of before them. */
const LATE_EVENTS_MS = 100;

/** Until it is known what there is, and the stream flows. */
async function opened({ clock, facts }: Pick<Watched, 'clock' | 'facts'>): Promise<void> {
  await clock.armed(LATE_EVENTS_MS);
  clock.advance(LATE_EVENTS_MS);
  await facts.first(is('pbx.stock_taken'));
}

const kinds = (facts: Recorder<Fact>): string[] => facts.all.map((fact) => fact.kind);
const is = (kind: Fact['kind']) => (fact: Fact) => fact.kind === kind;
const actionsNamed = (server: AmiServer, name: string): ReceivedAction[] =>
  server.actions.all.filter((action) => action.get('action') === name);

describe('an account that is not told of the boot', () => {
  const CHANNELS =
    'Channel: PJSIP/1001-00000001\r\nChannelState: 6\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nDuration: 00:00:01\r\n';
  const withChannels = (action: ReceivedAction): string => {
    if (action.get('action') !== 'CoreShowChannels') return answerOf(action);
    const id = `ActionID: ${action.get('actionid')}\r\n`;
    return (
      responseTo(action, 'Success', 'EventList: start\r\n') +
      `Event: CoreShowChannel\r\n${id}${CHANNELS}\r\n` +
      `Event: CoreShowChannelsComplete\r\n${id}EventList: Complete\r\n\r\n`
    );
  };

  test('finds out all the same which calls there are, and nothing that a loading PBX would list wrongly', async () => {
    const server = await serve({ stream: newchannel('9.9'), answer: withChannels });
    const { clock, facts, log } = watch(server.port);
    await facts.first(is('channel.seen'));
    await clock.armed(10_000);
    clock.advance(10_000);
    await opened({ clock, facts });
    const stock = facts.all.find(is('pbx.stock_taken'));
    expect(stock).toMatchObject({
      channels: [{ channel: { id: '1.1' } }],
      queues: undefined,
      rooms: undefined,
    });
    expect(kinds(facts)).not.toContain('contacts.listed');
    await log.first((line) => line.includes('read = system'));
  });

  test('that is told at last loses nothing that was held back', async () => {
    const server = await serve({
      answer: (action) => (action.get('action') === 'ListCommands' ? '' : withChannels(action)),
    });
    const { clock, facts } = watch(server.port);
    await facts.first(is('pbx.connected'));
    await clock.armed(10_000);
    clock.advance(10_000);
    await server.actions.first((action) => action.get('action') === 'ListCommands');
    server.send(newchannel('2.2') + BOOTED);
    await facts.first(is('channel.seen'));
    expect(kinds(facts)).not.toContain('pbx.stock_taken');
  });
});

describe('connected', () => {
  test('asks for the classes it needs, and filters what it does not', async () => {
    const server = await serve({ stream: BOOTED });
    const { facts } = watch(server.port);
    await facts.first(is('contacts.listed'));
    expect(actionsNamed(server, 'Login')[0]?.get('events')).toBe('system,call,agent,user,security,dialplan');
    expect(actionsNamed(server, 'Filter').map((action) => action.get('filter'))).toEqual(NOISE_FILTERS);
  });

  test('an account that may set no filters works, with one line', async () => {
    const server = await serve({
      stream: BOOTED + newchannel('1.1'),
      answer: (action) =>
        action.get('action') === 'Filter'
          ? responseTo(action, 'Error', 'Message: Permission denied\r\n')
          : answerOf(action),
    });
    const { facts, log, clock } = watch(server.port);
    await opened({ clock, facts });
    await facts.first(is('channel.seen'));
    await log.first((line) => line.includes('filters are refused'));
    expect(log.all.filter((line) => line.includes('Permission denied'))).toEqual([
      expect.stringMatching(/^info main: .*write = system in manager\.conf/),
    ]);
  });

  test('what came with the answer to the login is not lost', async () => {
    const server = await serve({ stream: BOOTED + newchannel('1.1') });
    const { facts, log, clock, source } = watch(server.port);
    await opened({ clock, facts });
    await facts.first(is('channel.seen'));
    await log.first((line) => line.includes('connected to Asterisk'));
    expect(kinds(facts).slice(0, 2)).toEqual(['pbx.connected', 'pbx.booted']);
    expect(source.health()).toEqual({ state: 'connected' });
  });

  test('an Asterisk that is still loading is asked for nothing until it has booted', async () => {
    const server = await serve({ stream: contactStatus('NonQualified', '1001') });
    const { facts } = watch(server.port);
    await facts.first(is('contact.added'));
    expect(actionsNamed(server, 'PJSIPShowContacts')).toEqual([]);
    server.send(BOOTED);
    await facts.first(is('contacts.listed'));
    expect(actionsNamed(server, 'PJSIPShowContacts')).toHaveLength(1);
  });

  test('takes stock of PJSIP contacts, and of chan_sip peers where there is that module', async () => {
    const server = await serve({ stream: BOOTED, answer: withContacts(['1001'], ['2001']) });
    const { facts } = watch(server.port);
    expect(await facts.first(is('contacts.listed'))).toMatchObject({
      accountKinds: ['pjsip', 'sip'],
      contacts: [
        {
          accountKind: 'pjsip',
          account: '1001',
          uri: 'sip:1001@10.0.0.1:5060',
          address: '203.0.113.7',
          port: 1024,
          userAgent: 'Phone of 1001',
          expiresAt: 1795452045_000000,
        },
        { accountKind: 'sip', account: '2001', address: '10.0.0.2', port: 5060 },
      ],
    });
    expect(actionsNamed(server, 'IAXpeerlist')).toEqual([]);
  });

  test('calls do not wait for ever for the lists of what there is; those come when they come', async () => {
    const late: (() => void)[] = [];
    const server = await serve({
      stream: BOOTED + newchannel('1.1'),
      answer: (action) => {
        if (action.get('action') !== 'CoreShowChannels') return answerOf(action);
        late.push(() => server.send(answerOf(action)));
        return undefined;
      },
    });
    const { facts, clock } = watch(server.port);
    await server.actions.first((action) => action.get('action') === 'CoreShowChannels');
    await clock.armed(STOCK_LIMIT_MS);
    clock.advance(STOCK_LIMIT_MS);
    await facts.first(is('channel.seen'));
    expect(kinds(facts)).not.toContain('pbx.stock_taken');
    for (const answer of late) answer();
    await opened({ clock, facts });
    const stock = facts.all.find(is('pbx.stock_taken'));
    expect(stock).toMatchObject({ channels: [], streamed: new Set(['1.1']) });
  });

  test('a new contact waits for its details; calls do not wait', async () => {
    const faults: AmiFaults = { stream: BOOTED, answer: withContacts(['1001']) };
    const server = await serve(faults);
    const { facts, clock } = watch(server.port);
    await facts.first(is('contacts.listed'));
    await opened({ clock, facts });
    server.send(contactStatus('NonQualified', '1002') + newchannel('1.1'));
    await facts.first(is('channel.seen'));
    expect(kinds(facts)).not.toContain('contact.added');
    Object.assign(faults, { answer: withContacts(['1001', '1002']) });
    clock.advance(50);
    expect(await facts.first(is('contact.added'))).toMatchObject({
      contact: { account: '1002', address: '203.0.113.7', userAgent: 'Phone of 1002' },
    });
  });

  test('a refresh asks for nothing', async () => {
    const server = await serve({ stream: BOOTED, answer: withContacts(['1001']) });
    const { facts } = watch(server.port);
    await facts.first(is('contacts.listed'));
    server.send(contactStatus('Updated', '1001'));
    await facts.first(is('contact.added'));
    expect(actionsNamed(server, 'PJSIPShowContacts')).toHaveLength(1);
  });

  test('several sources do not know of each other', async () => {
    const servers = await Promise.all([
      serve({ stream: newchannel('1.1') }),
      serve({ stream: newchannel('2.2') }),
    ]);
    const watched = servers.map((server) => watch(server.port));
    const seen = await Promise.all(watched.map(({ facts }) => facts.first(is('channel.seen'))));
    expect(seen.map((fact) => fact.kind === 'channel.seen' && fact.channel.id)).toEqual(['1.1', '2.2']);
    expect(watched.map(({ facts }) => facts.all.length)).toEqual([2, 2]);
  });
});

describe('lost', () => {
  test('comes back, takes stock again, and tells both', async () => {
    const server = await serve({ stream: BOOTED });
    const { facts, clock, log, source } = watch(server.port);
    await facts.first(is('contacts.listed'));
    (await server.sockets.first(() => true)).destroy();
    const lost = await facts.first(is('pbx.disconnected'));
    expect(lost).toMatchObject({ reason: expect.stringMatching(/^connection to 127\.0\.0\.1:\d+ lost/) });
    await log.first((line) => line.startsWith('warn'));
    expect(source.health()).toMatchObject({ state: 'connecting', reason: expect.stringContaining('lost') });
    clock.advance(1_000);
    await server.sockets.first((socket) => socket !== server.sockets.all[0]);
    await facts.first(
      (fact) => fact.kind === 'contacts.listed' && fact !== facts.all.find(is('contacts.listed')),
    );
    const onEach = ['pbx.connected', 'pbx.booted', 'contacts.listed'];
    expect(kinds(facts).filter((kind) => kind !== 'trunks.listed')).toEqual([
      ...onEach,
      'pbx.disconnected',
      ...onEach,
    ]);
  });

  test('facts that waited for details go out before the loss', async () => {
    const server = await serve({ stream: BOOTED });
    const { facts, clock } = watch(server.port);
    await facts.first(is('contacts.listed'));
    await opened({ clock, facts });
    server.send(contactStatus('NonQualified', '1002') + newchannel('1.1'));
    await facts.first(is('channel.seen'));
    (await server.sockets.first(() => true)).destroy();
    await facts.first(is('pbx.disconnected'));
    expect(kinds(facts).slice(-3)).toEqual(['channel.seen', 'contact.added', 'pbx.disconnected']);
  });

  test('an Asterisk that restarts said so', async () => {
    const shutdown = 'Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: True\r\n\r\n';
    const server = await serve({ stream: BOOTED + shutdown, afterwards: 'end' });
    const { facts, log } = watch(server.port);
    expect(await facts.first(is('pbx.disconnected'))).toMatchObject({ reason: 'Asterisk shut down' });
    expect(log.all).toContain('info main: Asterisk restarts');
  });

  test('a silent PBX is given up in bounded time', async () => {
    const server = await serve({ stream: BOOTED, answer: () => undefined });
    const { facts, clock, log } = watch(server.port);
    await facts.first(is('pbx.booted'));
    await log.first((line) => line.includes('connected to Asterisk'));
    clock.advance(DEFAULT_DEADLINES.silence);
    clock.advance(DEFAULT_DEADLINES.silence);
    clock.advance(DEFAULT_DEADLINES.silence);
    expect(await facts.first(is('pbx.disconnected'))).toMatchObject({
      reason: expect.stringMatching(/said nothing for 30 s/),
    });
  });

  test('attempts come at doubling distances up to a minute, and are one line in the log', async () => {
    const server = await serve({ banner: 'no PBX\r\n' });
    const { clock, log } = watch(server.port);
    for (const [attempt, delay] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      await clock.armed(delay * 1_000);
      clock.advance(delay * 1_000 - 1);
      expect(server.sockets.all).toHaveLength(attempt + 1);
      clock.advance(1);
      await server.sockets.first(() => server.sockets.all.length === attempt + 2);
    }
    expect(log.all.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  test('a login that held makes the next attempt a quick one again; one that did not, not', async () => {
    const server = await serve({ stream: BOOTED });
    const { clock, log } = watch(server.port);
    const lose = async (connections: number, heldMs: number, delayMs: number): Promise<void> => {
      await log.first(
        () => log.all.filter((line) => line.includes('connected to Asterisk')).length === connections,
      );
      clock.advance(heldMs);
      server.sockets.all.at(-1)?.destroy();
      await clock.armed(delayMs);
      clock.advance(delayMs);
    };
    await lose(1, 0, 1_000);
    await lose(2, 9_999, 2_000);
    await lose(3, 10_000, 1_000);
    await lose(4, 0, 2_000);
  });

  test('a wrong secret is loud each time, and tried once a minute', async () => {
    const server = await serve({ login: 'refuse' });
    const { clock, log } = watch(server.port);
    for (const attempt of [1, 2, 3]) {
      await clock.armed(60_000);
      expect(server.sockets.all).toHaveLength(attempt);
      expect(log.all).toHaveLength(attempt);
      clock.advance(60_000);
    }
    expect(log.all.every((line) => /^error main: .*check username and secret/.test(line))).toBe(true);
    expect(log.all.join()).not.toContain('top-secret');
  });

  test('packets that were torn by their values are counted in the log', async () => {
    const torn = 'Event: Hangup\r\nUniqueid: 1.1\r\n\r\nrest: x\r\n\r\n';
    const server = await serve({ stream: BOOTED + torn, afterwards: 'end' });
    const { log } = watch(server.port);
    expect(await log.first((line) => line.includes('passed over'))).toMatch(
      /^warn main: 2 packets .*UserEvent/,
    );
  });
});

describe('stop', () => {
  test('ends the connection and every timer, and tells no loss', async () => {
    const server = await serve({ stream: BOOTED });
    const { source, facts, clock } = watch(server.port);
    await facts.first(is('contacts.listed'));
    const socket = await server.sockets.first(() => true);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await source.stop();
    await closed;
    expect(clock.waiting).toBe(0);
    expect(kinds(facts)).not.toContain('pbx.disconnected');
    expect(source.health()).toEqual({ state: 'stopped' });
  });

  test.each([
    ['while it connects', { banner: '' }],
    ['while it logs in', { login: 'ignore' }],
    ['while it waits for the next attempt', { login: 'refuse' }],
  ] as const)('%s', async (when, faults) => {
    const server = await serve(faults);
    const { source, clock, log } = watch(server.port);
    if (when === 'while it connects') await server.sockets.first(() => true);
    else if (when === 'while it logs in') await server.actions.first(() => true);
    else await log.first(() => true);
    await source.stop();
    expect(clock.waiting).toBe(0);
  });
});

describe('mailboxes', () => {
  const counted = (newCount: number, oldCount: number): string =>
    'Event: MessageWaiting\r\nPrivilege: call,all\r\nChannel: PJSIP/1002-00000001\r\nUniqueid: 1.1\r\n' +
    `Linkedid: 1.1\r\nMailbox: 1002@default\r\nWaiting: 1\r\nNew: ${newCount}\r\nOld: ${oldCount}\r\n\r\n`;

  /** Answers as an Asterisk 22 with one new message in each mailbox. */
  const withMessages = (action: ReceivedAction): string => {
    const id = `ActionID: ${action.get('actionid')}\r\n`;
    switch (action.get('action')) {
      case 'ListCommands':
        return responseTo(
          action,
          'Success',
          'ListCommands: List available manager commands.\r\nVoicemailBoxSummary: Show the mailbox contents\r\n',
        );
      case 'VoicemailBoxSummary':
        return (
          responseTo(action, 'Success', 'EventList: start\r\n') +
          `Event: VoicemailBoxDetail\r\n${id}Folder: INBOX\r\nCallerID: 1001\r\nDuration: 2\r\nID: 1-0\r\n\r\n` +
          `Event: VoicemailBoxDetailComplete\r\n${id}EventList: Complete\r\nListItems: 1\r\n\r\n`
        );
      default:
        return answerOf(action);
    }
  };

  test('that change are listed, which holds up nothing', async () => {
    const server = await serve({ stream: BOOTED, answer: withMessages });
    const { facts, clock } = watch(server.port);
    await facts.first(is('contacts.listed'));
    await opened({ clock, facts });
    server.send(counted(1, 0) + newchannel('1.2'));
    await facts.first(is('voicemail.listed'));
    expect(facts.all.slice(-3)).toMatchObject([
      { kind: 'voicemail.counted', newCount: 1, listingFollows: true },
      { kind: 'channel.seen' },
      { kind: 'voicemail.listed', mailbox: '1002@default', messages: [{ id: '1-0', folder: 'INBOX' }] },
    ]);
  });

  test('are told by counts where they can’t be listed, with one line that says what to do', async () => {
    const server = await serve({ stream: BOOTED });
    const { facts, log, clock } = watch(server.port);
    await facts.first(is('contacts.listed'));
    await opened({ clock, facts });
    server.send(counted(1, 0) + counted(0, 1) + newchannel('1.2'));
    await facts.first(is('channel.seen'));
    expect(facts.all.filter((fact) => 'listingFollows' in fact)).toEqual([]);
    expect(log.all.filter((line) => line.includes('oicemail'))).toEqual([
      expect.stringMatching(/^info main: .*write = reporting.*voicemail\.spool/),
    ]);
    expect(actionsNamed(server, 'VoicemailBoxSummary')).toEqual([]);
  });

  test('are not asked for where their spool is read', async () => {
    const server = await serve({ stream: BOOTED, answer: withMessages });
    const { facts, clock } = watch(server.port, { listsMailboxes: false });
    await facts.first(is('contacts.listed'));
    await opened({ clock, facts });
    server.send(counted(1, 0));
    await facts.first(is('voicemail.counted'));
    expect(actionsNamed(server, 'VoicemailBoxSummary')).toEqual([]);
  });
});
