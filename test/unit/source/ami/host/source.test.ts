import { readFileSync } from 'node:fs';
import Manager from 'asterisk-manager';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { PbxName } from '../../../../../src/model/ids.ts';
import { createHostAmiSource } from '../../../../../src/source/ami/host/source.ts';
import { answerOf } from '../../../../../src/source/ami/playback-answers.ts';
import type { Source } from '../../../../../src/source/source.ts';
import type { Fact } from '../../../../../src/telephony/facts.ts';
import type { Logger } from '../../../../../src/util/log.ts';
import { type AmiFaults, type AmiServer, startAmiServer } from '../../../../support/ami-server.ts';
import { createRecorder, type Recorder } from '../../../../support/recorder.ts';

const BOOTED = 'Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\nUptime: 100\r\n\r\n';
const call = readFileSync('test/fixtures/ami/22/02a_internal_caller_hangs.ami', 'utf8');
const hangup = packetsOf('Hangup').at(-1) ?? '';

function packetsOf(event: string): string[] {
  return call.split(/(?<=\r\n\r\n)/).filter((packet) => packet.startsWith(`Event: ${event}\r\n`));
}

/** What a host has anyway. */
function managerOf({ port }: AmiServer): Manager {
  const manager = new Manager(port, '127.0.0.1', 'u', 's', true);
  manager.keepConnected();
  onTestFinished(() => manager.disconnect());
  return manager;
}

async function serve(faults: AmiFaults = { stream: BOOTED }): Promise<AmiServer> {
  const server = await startAmiServer(faults);
  onTestFinished(() => server.close());
  return server;
}

interface Watched {
  readonly source: Source;
  readonly facts: Recorder<Fact>;
  readonly lines: string[];
}

function watch(manager: Manager): Watched {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  const source = createHostAmiSource({ name: 'hosted' as PbxName, manager, logger });
  const facts = createRecorder<Fact>();
  source.start((fact) => facts.add(fact));
  onTestFinished(() => source.stop());
  return { source, facts, lines };
}

const isStock = ({ kind }: Fact): boolean => kind === 'pbx.stock_taken';
const isOf = (kind: Fact['kind']) => (fact: Fact) => fact.kind === kind;

function loggedIn(server: AmiServer): Promise<unknown> {
  return server.actions.first((action) => action.get('action') === 'login');
}

beforeEach(() => {
  // It tells the console that it reconnects.
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('an asterisk-manager of a host', () => {
  test('is asked what there is, and told no filter', async () => {
    const server = await serve();
    const { facts, source } = watch(managerOf(server));
    expect(source.health()).toMatchObject({ state: 'connecting' });
    await facts.first(isStock);
    expect(source.health()).toEqual({ state: 'connected' });
    const asked = server.actions.all.map((action) => action.get('action')?.toLowerCase());
    expect(asked).toEqual(expect.arrayContaining(['listcommands', 'coreshowchannels', 'pjsipshowcontacts']));
    expect(asked).not.toContain('filter');
    expect(asked.filter((action) => action === 'login')).toHaveLength(1);
    expect(server.sockets.all).toHaveLength(1);
  });

  test('that was logged in before is taken over as it is', async () => {
    const server = await serve({});
    const manager = managerOf(server);
    await new Promise((resolve) => void manager.action({ action: 'Ping' }, resolve));
    const { facts } = watch(manager);
    await facts.first(isStock);
    expect(facts.all.map(({ kind }) => kind)).toContain('pbx.booted');
    server.send(call);
    await facts.first(isOf('channel.gone'));
  });

  test('that connects anew is learned anew', async () => {
    const server = await serve();
    const { facts, source } = watch(managerOf(server));
    await facts.first(isStock);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const [first] = server.sockets.all;
    first?.end();
    const lost = await facts.first(isOf('pbx.disconnected'));
    expect(lost).toMatchObject({ reason: expect.stringContaining('lost its connection') });
    expect(source.health().state).toBe('connecting');
    const taken = facts.all.length;
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await facts.first((fact) => isStock(fact) && facts.all.indexOf(fact) >= taken);
    expect(facts.all.filter(({ kind }) => kind === 'pbx.connected')).toHaveLength(2);
    expect(source.health()).toEqual({ state: 'connected' });
  });

  test('makes no event of half a packet and the next banner', async () => {
    const server = await serve();
    const { facts } = watch(managerOf(server));
    await facts.first(isStock);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const half = hangup.slice(0, -20);
    server.sockets.all[0]?.end(half);
    await facts.first(isOf('pbx.disconnected'));
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await facts.first((fact) => isStock(fact) && facts.all.filter(isStock).length === 2);
    expect(facts.all.map(({ kind }) => kind)).not.toContain('channel.gone');
  });

  test.each([
    ['that remains of a torn one', `x: y\r\n${hangup}`],
    ['without a privilege', hangup.replace(/Privilege.*\r\n/, '')],
    ['that names two channels', hangup.replace('Exten: ', 'Exten: 1\r\nUniqueid: 1.1\r\nX: ')],
    ['named like one of the socket’s', 'Event: Close\r\nPrivilege: user,all\r\n\r\n'],
    ['named like the other one of the socket’s', 'Event: Connect\r\nPrivilege: user,all\r\n\r\n'],
  ])('makes nothing of a packet %s', async (_what, packet) => {
    const server = await serve();
    const { facts, source } = watch(managerOf(server));
    await facts.first(isStock);
    const before = facts.all.length;
    server.send(packet + packetsOf('Newchannel')[0]);
    await facts.first(isOf('channel.seen'));
    expect(facts.all.slice(before).map(({ kind }) => kind)).toEqual(['channel.seen']);
    expect(source.health()).toEqual({ state: 'connected' });
  });

  test('is left as it was found', async () => {
    // The PBX never answers: every action is still under way when all ends.
    const server = await serve({ stream: BOOTED, answer: () => undefined });
    const manager = managerOf(server);
    const heard = createRecorder<object>();
    manager.on('managerevent', (event: object) => heard.add(event));
    const names = ['rawevent', 'connect', 'close', 'end', 'error', 'managerevent', 'response'];
    const listeners = () => names.map((name) => manager.listeners(name));
    const before = listeners();
    const { source } = watch(manager);
    const { actions } = server;
    await actions.first((action) => action.get('action') === 'ListCommands');
    await source.stop();
    expect(listeners()).toEqual(before);
    const ids = actions.all.map((action) => action.get('actionid') ?? '');
    expect(ids.flatMap((id) => manager.listeners(id))).toEqual([]);
    expect(source.health()).toEqual({ state: 'stopped' });
    expect([manager.isConnected(), server.open]).toEqual([true, 1]);
    server.send(hangup);
    await heard.first((event) => Reflect.get(event, 'event') === 'Hangup');
  });

  test('that is not logged in yet keeps no listener of ours', async () => {
    const server = await serve({ login: 'ignore' });
    const manager = managerOf(server);
    await loggedIn(server);
    const { source } = watch(manager);
    expect(source.health()).toMatchObject({ reason: expect.stringContaining('not logged in') });
    await source.stop();
    expect(['rawevent', 'connect', 'close'].map((name) => manager.listeners(name).length)).toEqual([1, 1, 1]);
  });

  test('whose login is refused is not in sight, and the log says why', async () => {
    const server = await serve({ login: 'refuse' });
    const { source, lines } = watch(managerOf(server));
    await vi.waitFor(() => expect(lines.join()).toContain('refused the login'));
    expect(source.health()).toMatchObject({ reason: expect.stringContaining('refused the login') });
  });

  test('never gets what goes wrong in here', async () => {
    const server = await serve();
    const manager = managerOf(server);
    const lines: string[] = [];
    const logger: Logger = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (line) => void lines.push(line),
    };
    const source = createHostAmiSource({ name: 'hosted' as PbxName, manager, logger });
    onTestFinished(() => source.stop());
    source.start(() => {
      throw new Error('no good');
    });
    await server.actions.first(
      (action) => action.get('action') === 'Ping' || action.get('action') === 'login',
    );
    server.send(call);
    await vi.waitFor(() => expect(lines.join()).toContain('no good'));
    expect(manager.isConnected()).toBe(true);
  });

  test('answers to the host’s own actions are none of ours', async () => {
    const server = await serve({ stream: BOOTED, answer: (action) => answerOf(action) });
    const manager = managerOf(server);
    const { facts } = watch(manager);
    await facts.first(isStock);
    const before = facts.all.length;
    const answer = createRecorder<unknown>();
    manager.action({ action: 'CoreShowChannels' }, (_error, response) => answer.add(response));
    await answer.first(() => true);
    expect(facts.all).toHaveLength(before);
  });
});
