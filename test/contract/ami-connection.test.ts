import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { openAmiClient } from '../../src/source/ami/client.ts';
import {
  type AmiConnection,
  type AmiConnectionOptions,
  type AmiFailure,
  type AmiPacket,
  DEFAULT_DEADLINES,
} from '../../src/source/ami/connection.ts';
import { responseTo } from '../../src/source/ami/playback-answers.ts';
import { systemClock } from '../../src/util/clock.ts';
import { type AmiFaults, type AmiServer, startAmiServer, TLS_CERT } from '../support/ami-server.ts';
import { FakeClock } from '../support/clock.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';

const implementations = [{ name: 'client', open: openAmiClient }];

const BOOTED = 'Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n';
const hangup = (uniqueid: string): string =>
  `Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/1001-1\r\nUniqueid: ${uniqueid}\r\nCause: 16\r\n\r\n`;
const DONE = 'Event: Done\r\nPrivilege: system,all\r\n\r\n';

interface Client {
  readonly options: AmiConnectionOptions;
  readonly packets: Recorder<AmiPacket>;
  readonly closed: Recorder<AmiFailure>;
  readonly errors: string[];
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(faults: AmiFaults = {}): Promise<AmiServer> {
  const server = await startAmiServer(faults);
  cleanups.push(() => server.close());
  return server;
}

function clientOf(port: number, overrides: Partial<AmiConnectionOptions> = {}): Client {
  const packets = createRecorder<AmiPacket>();
  const closed = createRecorder<AmiFailure>();
  const errors: string[] = [];
  const log = (message: string): void => void errors.push(message);
  const options: AmiConnectionOptions = {
    host: '127.0.0.1',
    port,
    username: 'webhooks',
    secret: 'top-secret',
    tls: false,
    events: 'system,call',
    deadlines: DEFAULT_DEADLINES,
    clock: systemClock,
    logger: { debug: () => {}, info: log, warn: log, error: log },
    signal: new AbortController().signal,
    onPacket: (packet) => packets.add(packet),
    onClose: (failure) => closed.add(failure),
    ...overrides,
  };
  return { options, packets, closed, errors };
}

const names = (client: Client): (string | undefined)[] => client.packets.all.map((packet) => packet['event']);

describe.each(implementations)('AMI connection over $name', ({ open }) => {
  async function connect(client: Client): Promise<AmiConnection> {
    const opened = await open(client.options);
    if (!opened.ok) throw new Error(opened.failure.message);
    cleanups.push(() => opened.value.close());
    return opened.value;
  }

  async function failureOf(client: Client): Promise<AmiFailure> {
    const opened = await open(client.options);
    if (opened.ok) throw new Error('it was opened');
    return opened.failure;
  }

  /** What a client is told that the PBX sends `stream` after the login, up to the event Done. */
  async function told(stream: string): Promise<{ client: Client; connection: AmiConnection }> {
    const server = await serve({ stream: stream + DONE });
    const client = clientOf(server.port);
    const connection = await connect(client);
    await client.packets.first((packet) => packet['event'] === 'Done');
    return { client, connection };
  }

  describe('login', () => {
    test('asks for its event classes in the login itself', async () => {
      const server = await serve();
      await connect(clientOf(server.port));
      const [login] = server.actions.all;
      expect(Object.fromEntries(login ?? [])).toMatchObject({
        action: 'Login',
        username: 'webhooks',
        secret: 'top-secret',
        events: 'system,call',
      });
    });

    test('tells every event from the login on, in order', async () => {
      const { client } = await told(BOOTED + hangup('1.1') + hangup('1.2'));
      expect(client.packets.all.map((packet) => packet['uniqueid'] ?? packet['event'])).toEqual([
        'FullyBooted',
        '1.1',
        '1.2',
        'Done',
      ]);
    });

    test('a wrong secret names the account and what to check, never the secret', async () => {
      const server = await serve({ login: 'refuse' });
      const failure = await failureOf(clientOf(server.port));
      expect(failure.code).toBe('login_refused');
      expect(failure.message).toMatch(/refused the login of "webhooks".*check username and secret/);
      expect(failure.message).not.toContain('top-secret');
      expect(failure.message).not.toContain('\n');
    });

    test('an Asterisk that is shutting down did not refuse the account', async () => {
      const server = await serve({ login: 'shutting-down' });
      expect(await failureOf(clientOf(server.port))).toMatchObject({ code: 'unreachable' });
    });

    test('an unanswered login is given up at its deadline', async () => {
      const server = await serve({ login: 'ignore' });
      const clock = new FakeClock();
      const failing = failureOf(clientOf(server.port, { clock }));
      await server.actions.first(() => true);
      clock.advance(DEFAULT_DEADLINES.login);
      expect(await failing).toMatchObject({ code: 'timeout' });
      expect(clock.waiting).toBe(0);
    });

    test('a PBX that says nothing is given up at the deadline', async () => {
      const server = await serve({ banner: '' });
      const clock = new FakeClock();
      const failing = failureOf(clientOf(server.port, { clock }));
      await server.sockets.first(() => true);
      clock.advance(DEFAULT_DEADLINES.connect);
      expect(await failing).toMatchObject({ code: 'timeout' });
      expect(clock.waiting).toBe(0);
    });

    test('a port where nobody listens', async () => {
      const server = await startAmiServer();
      await server.close();
      const failure = await failureOf(clientOf(server.port));
      expect(failure).toMatchObject({ code: 'unreachable' });
      expect(failure.message).toMatch(/is Asterisk running/);
    });

    test.each([
      ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
      ['an SSH server', 'SSH-2.0-OpenSSH_9.6\r\n'],
      ['bytes without sense', Buffer.from([0, 255, 13, 7, 200, 1, 2, 3]).toString('latin1')],
      ['an endless banner', `Asterisk Call Manager${'/'.repeat(5000)}`],
    ])('%s on the AMI port is told from an Asterisk', async (_name, banner) => {
      const server = await serve({ banner });
      const failure = await failureOf(clientOf(server.port));
      expect(failure.code).toBe('not_asterisk');
      expect(failure.message.length).toBeLessThan(300);
    });

    test('can be given up while it is under way', async () => {
      const server = await serve({ login: 'ignore' });
      const giveUp = new AbortController();
      const failing = failureOf(clientOf(server.port, { signal: giveUp.signal }));
      await server.actions.first(() => true);
      giveUp.abort();
      expect(await failing).toMatchObject({ code: 'closed' });
    });

    test('is not begun once it was given up', async () => {
      const server = await serve();
      expect(await failureOf(clientOf(server.port, { signal: AbortSignal.abort() }))).toMatchObject({
        code: 'closed',
      });
      expect(server.sockets.all).toEqual([]);
    });

    test('refuses a secret that would be a second action', async () => {
      const server = await serve();
      const failure = await failureOf(clientOf(server.port, { secret: 'x\r\n\r\nAction: Originate' }));
      expect(failure.code).toBe('invalid_action');
      expect(server.actions.all).toEqual([]);
    });
  });

  describe('TLS', () => {
    test('trusts the authority that it is given, and checks the name', async () => {
      const server = await serve({ tls: true, stream: BOOTED });
      const client = clientOf(server.port, { host: 'localhost', tls: { ca: TLS_CERT } });
      const connection = await connect(client);
      await client.packets.first((packet) => packet['event'] === 'FullyBooted');
      expect(await connection.action({ Action: 'Ping' })).toMatchObject({ ok: true });
    });

    test('checks an address as well as a name', async () => {
      const server = await serve({ tls: true });
      await connect(clientOf(server.port, { tls: { ca: TLS_CERT } }));
      const failure = await failureOf(
        clientOf(server.port, { tls: { ca: TLS_CERT, serverName: 'pbx.example.com' } }),
      );
      expect(failure).toMatchObject({ code: 'unreachable' });
      expect(failure.message).toMatch(/certificate is for another name/);
    });

    test('checks the address that it is told to instead of the one that it dials', async () => {
      const server = await serve({ tls: true });
      await connect(
        clientOf(server.port, { host: 'localhost', tls: { ca: TLS_CERT, serverName: '127.0.0.1' } }),
      );
      const failure = await failureOf(
        clientOf(server.port, { host: 'localhost', tls: { ca: TLS_CERT, serverName: '10.9.8.7' } }),
      );
      expect(failure.message).toMatch(/certificate is for another name/);
    });

    test('refuses a certificate that nobody vouches for, and says how to trust it', async () => {
      const server = await serve({ tls: true });
      const failure = await failureOf(clientOf(server.port, { tls: true }));
      expect(failure).toMatchObject({ code: 'unreachable' });
      expect(failure.message).toMatch(/self-signed: give it as tls.ca/);
      expect(server.actions.all).toEqual([]);
    });

    test('a port that speaks no TLS never sees the secret', async () => {
      const server = await serve();
      const failure = await failureOf(clientOf(server.port, { tls: true }));
      expect(failure.message).toMatch(/no TLS is spoken there/);
      expect(server.actions.all).toEqual([]);
    });
  });

  describe('actions', () => {
    test('settle with their own responses, whatever the order of these', async () => {
      const held: string[] = [];
      const server = await serve({
        answer: (action) => {
          held.push(responseTo(action, 'Success', `Echo: ${action.get('what')}\r\n`));
          return held.length < 2 ? undefined : held.reverse().join('');
        },
      });
      const connection = await connect(clientOf(server.port));
      const answers = await Promise.all([
        connection.action({ Action: 'Ask', What: 'a' }),
        connection.action({ Action: 'Ask', What: 'b' }),
      ]);
      expect(answers).toMatchObject([
        { ok: true, value: { echo: 'a' } },
        { ok: true, value: { echo: 'b' } },
      ]);
    });

    test('that the PBX refuses fail with its words', async () => {
      const server = await serve();
      const connection = await connect(clientOf(server.port));
      expect(await connection.action({ Action: 'NoSuchThing' })).toEqual({
        ok: false,
        failure: { code: 'refused', message: 'Invalid/unknown command' },
      });
    });

    test('without an answer fail at the deadline, and a later answer is nobody’s', async () => {
      const late: string[] = [];
      const server = await serve({
        answer: (action) => {
          late.push(responseTo(action, 'Success', ''));
          return undefined;
        },
      });
      const clock = new FakeClock();
      const client = clientOf(server.port, { clock });
      const connection = await connect(client);
      const timers = clock.waiting;
      const asking = connection.action({ Action: 'Ask' });
      await server.actions.first((action) => action.get('action') === 'Ask');
      clock.advance(DEFAULT_DEADLINES.action);
      expect(await asking).toMatchObject({ ok: false, failure: { code: 'timeout' } });
      expect(clock.waiting).toBe(timers);
      server.send(late.join('') + DONE);
      await client.packets.first((packet) => packet['event'] === 'Done');
      expect(names(client)).toEqual(['Done']);
    });

    test('that are a list settle with its items; an event in between stays an event', async () => {
      const server = await serve({
        answer: (action) => {
          const id = action.get('actionid');
          const item = (n: number): string => `Event: Item\r\nActionID: ${id}\r\nN: ${n}\r\n\r\n`;
          const end = `Event: ItemsComplete\r\nActionID: ${id}\r\nEventList: Complete\r\nListItems: 2\r\n\r\n`;
          return `${responseTo(action, 'Success', 'EventList: start\r\n')}${item(1)}${hangup('1.1')}${item(2)}${end}`;
        },
      });
      const client = clientOf(server.port);
      const connection = await connect(client);
      const listed = await connection.list({ Action: 'Items' });
      expect(listed.ok && listed.value.map((item) => item['n'])).toEqual(['1', '2']);
      expect(client.packets.all.map((packet) => packet['uniqueid'])).toEqual(['1.1']);
    });

    test('that are a list are empty where a sentence says so in its place', async () => {
      const sentence = 'Message: There are no voicemail users currently defined.\r\n';
      const server = await serve({ answer: (action) => responseTo(action, 'Success', sentence) });
      const connection = await connect(clientOf(server.port));
      expect(await connection.list({ Action: 'VoicemailUsersList' })).toEqual({ ok: true, value: [] });
    });

    test('that are a list without an end fail at the deadline', async () => {
      const server = await serve({
        answer: (action) => responseTo(action, 'Success', 'EventList: start\r\n'),
      });
      const clock = new FakeClock();
      const connection = await connect(clientOf(server.port, { clock }));
      const listing = connection.list({ Action: 'Items' });
      await server.actions.first((action) => action.get('action') === 'Items');
      clock.advance(DEFAULT_DEADLINES.action);
      expect(await listing).toMatchObject({ ok: false, failure: { code: 'timeout' } });
    });

    test.each([
      ['a line break in a value', { Action: 'Ping', Note: 'x\r\nAction: Originate' }],
      ['a bare LF in a value', { Action: 'Ping', Note: 'x\nAction: Originate' }],
      ['a bare CR in a value', { Action: 'Ping', Note: 'x\rAction: Originate' }],
      ['a NUL in a value', { Action: 'Ping', Note: 'x\0y' }],
      ['a line break in a key', { Action: 'Ping', 'Note\r\nAction': 'Originate' }],
      ['a colon in a key', { Action: 'Ping', 'Note: x': 'y' }],
      ['an ActionID of the caller', { Action: 'Ping', ActionID: '1' }],
      ['a line longer than Asterisk reads', { Action: 'Ping', Note: 'x'.repeat(1100) }],
    ])('with %s are refused unsent', async (_name, action) => {
      const server = await serve();
      const connection = await connect(clientOf(server.port));
      expect(await connection.action(action)).toMatchObject({
        ok: false,
        failure: { code: 'invalid_action' },
      });
      await connection.action({ Action: 'Ping' });
      expect(server.actions.all.map((one) => one.get('action'))).toEqual(['Login', 'Ping']);
    });

    test('fail when the connection ends, at once and afterwards', async () => {
      const server = await serve({ answer: () => undefined });
      const client = clientOf(server.port);
      const connection = await connect(client);
      const asking = connection.action({ Action: 'Ask' });
      await server.actions.first((action) => action.get('action') === 'Ask');
      await server.close();
      expect(await asking).toMatchObject({ ok: false, failure: { code: 'closed' } });
      expect(await connection.list({ Action: 'Ask' })).toMatchObject({
        ok: false,
        failure: { code: 'closed' },
      });
    });
  });

  describe('end', () => {
    test.each(['end', 'reset'] as const)(
      'a PBX that goes by %s is told once, after all that it said',
      async (afterwards) => {
        const server = await serve({ stream: BOOTED, afterwards });
        const client = clientOf(server.port);
        const opened = await open(client.options);
        if (opened.ok) await client.closed.first(() => true);
        const last = opened.ok ? client.closed.all : [opened.failure];
        expect(last).toHaveLength(1);
        expect(last[0]?.message).toMatch(/127\.0\.0\.1:\d+/);
        if (afterwards === 'end') expect(names(client)).toEqual(['FullyBooted']);
      },
    );

    test('a silent PBX is asked once, then given up', async () => {
      const server = await serve({ answer: () => undefined });
      const clock = new FakeClock();
      const client = clientOf(server.port, { clock });
      await connect(client);
      clock.advance(DEFAULT_DEADLINES.silence);
      await server.actions.first((action) => action.get('action') === 'Ping');
      clock.advance(DEFAULT_DEADLINES.silence);
      expect(client.closed.all).toMatchObject([{ code: 'silent' }]);
      expect(clock.waiting).toBe(0);
    });

    test('a quiet PBX that answers its Pings is kept', async () => {
      const server = await serve();
      const clock = new FakeClock();
      const client = clientOf(server.port, { clock });
      const connection = await connect(client);
      for (let round = 0; round < 5; round++) {
        clock.advance(DEFAULT_DEADLINES.silence);
        await connection.action({ Action: 'Ping' });
      }
      expect(client.closed.all).toEqual([]);
    });

    test('closing ends the socket and is not told as a loss', async () => {
      const server = await serve();
      const clock = new FakeClock();
      const client = clientOf(server.port, { clock });
      const connection = await connect(client);
      const socket = await server.sockets.first(() => true);
      const ended = new Promise((resolve) => socket.once('close', resolve));
      await connection.close();
      await ended;
      expect(server.open).toBe(0);
      expect(client.closed.all).toEqual([]);
      expect(clock.waiting).toBe(0);
    });

    test('a handler that throws loses neither the connection nor the next event', async () => {
      const server = await serve({ stream: BOOTED + DONE });
      const seen = createRecorder<string | undefined>();
      const client = clientOf(server.port, {
        onPacket: (packet) => {
          seen.add(packet['event']);
          throw new Error('broken handler');
        },
      });
      const connection = await connect(client);
      await seen.first((event) => event === 'Done');
      expect(client.errors).toEqual(Array(2).fill(expect.stringContaining('broken handler')));
      expect(await connection.action({ Action: 'Ping' })).toMatchObject({ ok: true });
    });
  });

  describe('what passes through a PBX', () => {
    test('a half packet never meets the next connection, wherever it is cut', async () => {
      const packet = hangup('1.1');
      const faults: AmiFaults & { stream: string } = { stream: '', afterwards: 'end' };
      const server = await serve(faults);
      for (let cut = 0; cut <= packet.length; cut++) {
        faults.stream = BOOTED + packet.slice(0, cut);
        const client = clientOf(server.port);
        await connect(client);
        await client.closed.first(() => true);
        expect(names(client)).toEqual(cut === packet.length ? ['FullyBooted', 'Hangup'] : ['FullyBooted']);
      }
    });

    test('half a Follows swallows nothing, on this connection or the next', async () => {
      const follows = 'Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\nsome output\r\n\r\n';
      const { client } = await told(follows + hangup('1.1'));
      expect(names(client)).toEqual(['Hangup', 'Done']);
    });

    test('a UserEvent with a header UserEvent, twice', async () => {
      const { client } = await told(
        'Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: mine\r\nUserEvent: again\r\nX: y\r\n\r\n',
      );
      expect(client.packets.all[0]).toMatchObject({ event: 'UserEvent', userevent: 'mine', x: 'y' });
    });

    test.each(['Close', 'End', 'Error', 'Connect', 'Data', 'rawevent', 'newListener'])(
      'an event named %s is an event',
      async (name) => {
        const { client } = await told(`Event: ${name}\r\nPrivilege: user,all\r\n\r\n`);
        expect(names(client)).toEqual([name, 'Done']);
        expect(client.closed.all).toEqual([]);
      },
    );

    test('headers named like members of an object', async () => {
      const { client } = await told(
        'Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: odd\r\nconstructor: c\r\n__proto__: p\r\n' +
          '__proto__: q\r\nlength: 7\r\n0: zero\r\nhasOwnProperty: h\r\nConstructor: d\r\n\r\n',
      );
      const packet = client.packets.all[0] ?? {};
      expect(packet).toMatchObject({
        event: 'UserEvent',
        constructor: 'c',
        length: '7',
        0: 'zero',
        hasownproperty: 'h',
      });
      expect(Object.getPrototypeOf(packet)).toBe(null);
      expect(Object.values(packet).every((value) => typeof value === 'string')).toBe(true);
    });

    test('of a repeated header the first counts, Event above all', async () => {
      const { client } = await told(
        'Event: UserEvent\r\nPrivilege: user,all\r\nUniqueid: 1.1\r\nUserEvent: x\r\nVal: Evil\r\n' +
          'Event: Hangup\r\nUniqueid: 9.9\r\nPrivilege: call,all\r\n\r\n',
      );
      expect(client.packets.all[0]).toMatchObject({
        event: 'UserEvent',
        uniqueid: '1.1',
        privilege: 'user,all',
      });
      expect(names(client)).toEqual(['UserEvent', 'Done']);
    });

    test('a value that ends its packet makes no event, no response and no loss of the connection', async () => {
      const torn =
        'Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: sms\r\nBody: hi\r\n\r\n' +
        'Event: Hangup\r\nUniqueid: 1.1\r\nCause: 16\r\n\r\n' +
        'Response: Success\r\nActionID: 1\r\n\r\nResponse: Follows\r\nx: y\r\n\r\nAfter: rest\r\n\r\n';
      const { client, connection } = await told(torn + hangup('2.2'));
      expect(client.packets.all.map((packet) => packet['uniqueid'] ?? packet['event'])).toEqual([
        'UserEvent',
        '2.2',
        'Done',
      ]);
      expect(connection.rejected).toBe(4);
    });

    test('a line feed in a value stays in it', async () => {
      const { client } = await told(
        'Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: sms\r\nBody: one\ntwo\n\nEvent: Hangup\r\nX: y\r\n\r\n',
      );
      expect(client.packets.all[0]).toMatchObject({
        userevent: 'sms',
        body: 'one\ntwo\n\nEvent: Hangup',
        x: 'y',
      });
    });

    test('a header written without a blank keeps its value', async () => {
      const { client } = await told(
        'Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: tight\r\nKey:Value: more\r\nEmpty:\r\n\r\n',
      );
      expect(client.packets.all[0]).toMatchObject({ key: 'Value: more', empty: '' });
    });

    test('variables are strings: the name of a VarSet, the first of the ChanVariables', async () => {
      const { client } = await told(
        'Event: VarSet\r\nPrivilege: dialplan,all\r\nChanVariable: A=1\r\nChanVariable: B=2\r\n' +
          'Variable: QUEUESTATUS\r\nValue: TIMEOUT\r\n\r\n',
      );
      expect(client.packets.all[0]).toMatchObject({
        variable: 'QUEUESTATUS',
        value: 'TIMEOUT',
        chanvariable: 'A=1',
      });
    });

    test('what nobody needs is not told', async () => {
      const { client } = await told(
        'Event: VarSet\r\nPrivilege: dialplan,all\r\nVariable: FOO\r\nValue: x\r\n\r\n' +
          'Event: Newexten\r\nPrivilege: dialplan,all\r\nApplication: Set\r\nAppData: A=1\r\n\r\n' +
          'Event: Newexten\r\nPrivilege: dialplan,all\r\nApplication: Page\r\nAppData: PJSIP/1002\r\n\r\n' +
          'Event: TestEvent\r\nPrivilege: reporting,all\r\nState: x\r\n\r\n',
      );
      expect(client.packets.all.map((packet) => packet['application'] ?? packet['event'])).toEqual([
        'Page',
        'Done',
      ]);
    });

    test.each([
      ['a line without an end', 'Event: UserEvent\r\nPrivilege: user,all\r\nX: '],
      ['a packet without an end', 'Event: UserEvent\r\nPrivilege: user,all\r\n'],
    ])('%s ends the connection, with the reason', async (name, head) => {
      const filler = name.startsWith('a line') ? 'x' : 'Key: value\r\n';
      const server = await serve({ stream: head + filler.repeat(Math.ceil((300 * 1024) / filler.length)) });
      const client = clientOf(server.port);
      const opened = await open(client.options);
      const failure = opened.ok ? await client.closed.first(() => true) : opened.failure;
      expect(failure.code).toBe('oversized');
    });

    test.each([
      ['blanks in a key', `X${' '.repeat(100_000)}y: z\r\n`],
      ['lines', 'a: b\r\n'.repeat(20_000)],
      ['short lines', 'a\r\n'.repeat(40_000)],
    ])('a packet of very many %s is read without holding up the rest', async (_name, filler) => {
      const { client } = await told(
        `Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: big\r\n${filler}\r\n`,
      );
      expect(client.packets.all[0]).toMatchObject({ userevent: 'big' });
    });

    test('bytes that are no UTF-8 are replaced', async () => {
      const bytes = Buffer.from('Event: X\r\nPrivilege: call,all\r\nCallerIDName: Zo\xeb\r\n\r\n', 'latin1');
      const server = await serve({ stream: bytes });
      const client = clientOf(server.port);
      await connect(client);
      expect(await client.packets.first(() => true)).toMatchObject({ calleridname: 'Zo\ufffd' });
    });

    test('a UTF-8 character that arrives in two pieces is one', async () => {
      const server = await serve();
      const client = clientOf(server.port);
      await connect(client);
      const bytes = Buffer.from('Event: X\r\nPrivilege: call,all\r\nCallerIDName: Zoë 中\r\n\r\n');
      for (const byte of bytes) {
        server.send(Buffer.from([byte]));
        await nextTurn();
      }
      expect(await client.packets.first(() => true)).toMatchObject({ calleridname: 'Zoë 中' });
    });
  });
});
