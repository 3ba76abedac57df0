import { createServer } from 'node:http';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type ApiClient, createClient } from '../../src/api/client.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type Service, startService } from '../../src/service.ts';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import { silentLogger } from '../../src/util/log.ts';
import { type CliRun, runCli, temporaryFolder } from '../support/cli.ts';
import { Receiver, reply } from '../support/receiver.ts';

let folder: string;
let receiver: Receiver;
let service: Service;
let api: ApiClient;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  onTestFinished(() => receiver.stop());
  await started(0);
});

/** Again on the same database and, where it is given, the same port. */
async function started(port: number): Promise<void> {
  const network = { allow: ['127.0.0.1'] };
  const config = parseConfig(
    { api: { port }, network, max_retries: 1, store: { url: 'sqlite:webhooks.db' } },
    { base: folder },
  );
  service = await startService(config, { logger: silentLogger });
  onTestFinished(() => service.close());
  api = createClient({ baseUrl: `${service.apiUrl}/api/webhooks` });
}

/** `tail`, once it is connected. */
async function tail(...args: string[]): Promise<CliRun> {
  const run = runCli(['tail', '--url', service.apiUrl ?? '', ...args]);
  await run.errors.first((line) => line.startsWith('connected'));
  return run;
}

const publish = (type: string, data: object = {}) =>
  api.call('POST /events', { body: { event_type: type, data: { ...data } } });

describe('tail', () => {
  test('prints the wanted events as they happen, one line each, and ends at Ctrl-C with 0', async () => {
    const run = await tail('--events', 'call.*,voicemail.new');
    await publish('queue.call_added');
    await publish('call.ended', {
      from_extension: '1001',
      to_extension: '1002',
      duration: 2.5,
      evil: '\u001b[2J\n',
    });
    await run.output.first((line) => line.includes('call.ended'));
    expect(run.output.all).toEqual([
      expect.stringMatching(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}call\.ended {14}1001 -> 1002 {2}duration=2\.5 evil="\\u001b\[2J\\n"$/,
      ),
    ]);
    run.process.kill('SIGINT');
    expect(await run.exit).toBe(0);
    expect(run.errors.all).toEqual(['connected; Ctrl-C ends it']);
  });

  test('of one subscription, with what comes of its deliveries, as JSON', async () => {
    const url = receiver.url('/crm');
    const { subscription } = await api.call('POST /', { body: { url, events: ['call.*'] } });
    await api.call('POST /', { body: { url: receiver.url('/other'), events: ['*'] } });
    receiver.behaviour = reply(500);
    const run = await tail('--subscription', url, '--deliveries', '--json');
    await publish('queue.call_added');
    const { event_id: id } = await publish('call.ended');
    await run.output.first((line) => JSON.parse(line).status === 'dead');
    const told = run.output.all.map((line) => JSON.parse(line));
    expect(told.map(({ event_id }) => event_id)).toEqual(told.map(() => id));
    expect(told).toContainEqual(
      expect.objectContaining({ event_type: 'call.ended', timestamp: expect.any(String) }),
    );
    expect(told).toContainEqual(
      expect.objectContaining({
        subscription_id: subscription.id,
        status: 'dead',
        attempt: expect.objectContaining({ number: 1, status: 500 }),
      }),
    );
  });

  test('says that the connection is lost, connects again, and misses nothing meanwhile', async () => {
    const run = await tail();
    const { event_id: before } = await publish('call.started');
    await run.output.first((line) => line.includes('call.started'));
    const port = Number(new URL(service.apiUrl ?? '').port);
    await service.close();
    await run.errors.first((line) => /^connection lost \(.*\); next try in 1 s$/.test(line));
    await started(port);
    const { event_id: meanwhile } = await publish('call.answered');
    await run.errors.first((line) => line === 'connected again');
    await publish('call.ended');
    await run.output.first((line) => line.includes('call.ended'));
    expect(run.output.all.map((line) => line.split('  ')[1])).toEqual([
      'call.started',
      'call.answered',
      'call.ended',
    ]);
    expect(before).not.toBe(meanwhile);
  });

  test('says which types the catalogue does not have, and waits for them: they may be your own', async () => {
    const run = await tail('--events', 'call.strated, cal.*,door.opened,call.*');
    expect(run.errors.all.slice(0, -1)).toEqual([
      'the catalogue has no "call.strated"; did you mean call.started?',
      'the catalogue has no "cal.*"; did you mean call.*?',
      'the catalogue has no "door.opened"; only an event of your own has such a type',
    ]);
    await publish('door.opened');
    await run.output.first((line) => line.includes('door.opened'));
  });

  test('says what was left out, and how to see it', async () => {
    const message = { since: '2025-12-07T12:00:00.000000Z', until: '2025-12-07T13:00:00.000000Z' };
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(`event: missed\ndata: ${JSON.stringify(message)}\n\n`);
    });
    const port = await listenOnLoopback(server, 0);
    onTestFinished(() => void server.close().closeAllConnections());
    const run = runCli(['tail', '--url', `http://127.0.0.1:${port}`]);
    const line = await run.errors.first((text) => text.startsWith('left out'));
    expect(line).toContain(`events list --since ${message.since} --until ${message.until}`);
    expect(run.output.all).toEqual([]);
    run.process.kill('SIGINT');
    expect(await run.exit).toBe(0);
  });

  test('ends without a word when nobody reads it any more, and with 69 where no service is', async () => {
    const run = await tail();
    run.process.stdout?.destroy();
    await publish('call.started');
    expect(await run.exit).toBe(0);
    expect(run.errors.all).toEqual(['connected; Ctrl-C ends it']);
    await service.close();
    const nobody = runCli(['tail', '--url', service.apiUrl ?? '']);
    expect(await nobody.exit).toBe(69);
    expect(nobody.errors.all).toEqual([expect.stringContaining('Is it started')]);
  });
});
