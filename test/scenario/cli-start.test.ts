import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import { verify } from '../../src/verify.ts';
import { type AmiServer, startAmiServer } from '../support/ami-server.ts';
import { type CliRun, cli, runCli, temporaryFolder, writeConfig } from '../support/cli.ts';
import { hang, Receiver } from '../support/receiver.ts';

const SECRET = 'hunter2-of-the-webhook';
const AMI_SECRET = 'hunter2-of-the-manager';
const call = readFileSync(new URL('../fixtures/ami/22/02a_internal_caller_hangs.ami', import.meta.url));

let folder: string;
let pbx: AmiServer;
let receiver: Receiver;

beforeEach(async () => {
  folder = temporaryFolder();
  pbx = await startAmiServer();
  receiver = await Receiver.start();
  return async () => {
    await pbx.close();
    await receiver.stop();
  };
});

const source = () => ({ ami: { port: pbx.port, username: 'webhooks', secret: `\${AMI_SECRET}` } });
const subscription = (more: object = {}) => ({ url: receiver.url(), secret: SECRET, ...more });

/** `start`, once it watches the PBX. */
async function started(file: string): Promise<CliRun> {
  const run = runCli(['start', '--config', file], { AMI_SECRET });
  await run.output.first((line) => line.includes('main: connected to Asterisk'));
  return run;
}

const typesOf = (requests: readonly { readonly headers: Record<string, unknown> }[]) =>
  requests.map(({ headers }) => headers['x-webhook-event']);

describe('start', () => {
  test('sends what the PBX tells as signed webhooks, logs as the guide does, and ends at SIGTERM with 0', async () => {
    const subscriptions = [subscription({ events: ['call.started', 'call.answered', 'call.ended'] })];
    const run = await started(writeConfig(folder, { sources: source(), subscriptions }));
    pbx.send(call);
    const requests = await receiver.received(3);
    expect(typesOf(requests).sort()).toEqual(['call.answered', 'call.ended', 'call.started']);
    for (const { body, headers } of requests) {
      expect(verify(body, headers, SECRET)).toMatchObject({
        data: { from_extension: '1001', to_extension: '1002' },
      });
    }
    const delivered =
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - PBX - INFO - Webhook delivered: call\.ended -> \S+ \(status: 204\)$/;
    await run.output.first((line) => delivered.test(line));

    run.process.kill('SIGTERM');
    expect(await run.exit).toBe(0);
    expect(run.output.all.at(-1)).toMatch(/INFO - stopped$/);
    expect(run.errors.all).toEqual([]);
    expect(run.output.all.join('\n')).not.toContain('hunter2');
  });

  test('at SIGTERM lets an attempt in flight finish, whatever SIGHUP comes, and does not make it again', async () => {
    const answer = Promise.withResolvers<void>();
    receiver.behaviour = (response) => void answer.promise.then(() => response.writeHead(204).end());
    const file = writeConfig(folder, {
      sources: source(),
      subscriptions: [subscription({ events: ['call.started'] })],
    });
    const run = await started(file);
    pbx.send(call);
    await receiver.received(1);
    run.process.kill('SIGTERM');
    await run.output.first((line) => line.includes('SIGTERM: stopping'));
    run.process.kill('SIGHUP');
    answer.resolve();
    expect(await run.exit).toBe(0);
    expect(run.output.all.join('\n')).toContain('Webhook delivered: call.started');

    const again = await started(file);
    again.process.kill('SIGTERM');
    expect(await again.exit).toBe(0);
    expect(receiver.requests).toHaveLength(1);
  });

  test('ends at once at a second signal, and sends what was in flight at the next start under its id', async () => {
    receiver.script.push(hang);
    const file = writeConfig(folder, {
      sources: source(),
      subscriptions: [subscription({ events: ['call.ended'] })],
    });
    const run = await started(file);
    pbx.send(call);
    await receiver.received(1);
    run.process.kill('SIGTERM');
    await run.output.first((line) => line.includes('SIGTERM: stopping'));
    run.process.kill('SIGTERM');
    expect(await run.exit).toBe(128 + 15);

    await started(file);
    const [first, second] = await receiver.received(2);
    expect(second?.headers['x-webhook-id']).toBe(first?.headers['x-webhook-id']);
  });

  test('at SIGHUP takes over the subscriptions of the file, and says what needs a restart', async () => {
    const file = writeConfig(folder, {
      sources: source(),
      subscriptions: [subscription({ events: ['call.*'] })],
    });
    const run = await started(file);
    writeConfig(folder, {
      sources: source(),
      subscriptions: [{ url: receiver.url('/other'), events: ['call.ended'] }],
      timeout: 20,
    });
    run.process.kill('SIGHUP');
    const line = await run.output.first((one) => one.includes('was taken over'));
    expect(line).toMatch(
      /INFO - .*config\.yml was taken over: 1 subscription\. Restart for what else changed: timeout$/,
    );
    pbx.send(call);
    expect(typesOf(await receiver.received(1, '/other'))).toEqual(['call.ended']);
    expect(receiver.requests.filter(({ path }) => path !== '/other')).toEqual([]);
  });

  test('at SIGHUP refuses a bad file whole, and goes on with the old one', async () => {
    const subscriptions = [subscription({ events: ['call.ended'] })];
    const file = writeConfig(folder, { sources: source(), subscriptions });
    const run = await started(file);
    writeFileSync(file, 'features: { webhooks: { subscriptions: [], max_retries: x } }\n');
    run.process.kill('SIGHUP');
    await run.output.first((line) => line.includes('was not taken over; what was there before stays'));
    expect(run.output.all.join('\n')).toContain(
      `ERROR - ${file}:1:57: features.webhooks.max_retries: expected a number, got "x"`,
    );
    pbx.send(call);
    expect(typesOf(await receiver.received(1))).toEqual(['call.ended']);
  });

  test('ends with 1 when no event can be stored any more, and goes on at the next start', async () => {
    const file = writeConfig(folder, {
      sources: source(),
      subscriptions: [subscription({ events: ['call.ended'] })],
    });
    // The store's thread is the first one.
    const killer = join(folder, 'killer.mjs');
    const onSignal = "process.once('worker', (one) => process.once('SIGUSR2', () => one.terminate()));";
    writeFileSync(killer, onSignal);
    const run = runCli(['start', '--config', file], { AMI_SECRET, NODE_OPTIONS: `--import=${killer}` });
    await run.output.first((line) => line.includes('main: connected to Asterisk'));
    run.process.kill('SIGUSR2');
    expect(await run.exit).toBe(1);
    expect(run.output.all.join('\n')).toContain('ERROR - No event can be stored any more.');
    expect(run.errors.all).toEqual([
      expect.stringMatching(/^pbx-webhooks: The database .* failed: its thread died/),
    ]);

    await started(file);
    pbx.send(call);
    expect(typesOf(await receiver.received(1))).toEqual(['call.ended']);
  });

  test('goes on when whoever read its log has gone', async () => {
    const file = writeConfig(folder, {
      sources: source(),
      subscriptions: [subscription({ events: ['call.ended'] })],
    });
    const run = await started(file);
    run.process.stdout?.destroy();
    pbx.send(call);
    await receiver.received(1);
    run.process.kill('SIGTERM');
    expect(await run.exit).toBe(0);
  });

  test('keeps trying an unreachable PBX, with one clear line', async () => {
    const file = writeConfig(folder, { sources: source() });
    const { port } = pbx;
    await pbx.close();
    const run = runCli(['start', '--config', file], { AMI_SECRET });
    const line = await run.output.first((one) => one.includes('WARNING'));
    expect(line).toMatch(
      new RegExp(`WARNING - main: cannot connect to 127\\.0\\.0\\.1:${port}: nobody listens there`),
    );
    pbx = await startAmiServer({}, port);
    await run.output.first((one) => one.includes('main: connected to Asterisk'));
    expect(run.output.all.filter((one) => one.includes('WARNING'))).toHaveLength(1);
  });
});

describe('start refuses in one clear line', () => {
  test('a port that is in use', async () => {
    const other = createServer();
    const port = await listenOnLoopback(other, 0);
    onTestFinished(() => void other.close());
    const { code, out, err } = await cli(['start', '--config', writeConfig(folder, { api: { port } })]);
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(`^pbx-webhooks: The API can't listen on 127\\.0\\.0\\.1 port ${port}: [^\n]+$`),
    );
    expect(out).toBe('');
  });

  test('a data directory that can’t be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const file = writeConfig(folder, { store: { url: 'sqlite:file/webhooks.db' } });
    const { code, err } = await cli(['start', '--config', file]);
    expect(code).toBe(1);
    expect(err).toMatch(/^pbx-webhooks: The database \S+file\/webhooks\.db can't be written [^\n]+$/);
  });

  test('a database of something else', async () => {
    writeFileSync(join(folder, 'webhooks.db'), 'dear diary, '.repeat(1000));
    const { code, err } = await cli(['start', '--config', writeConfig(folder, {})]);
    expect(code).toBe(1);
    expect(err).toMatch(/^pbx-webhooks: The database \S+ is damaged, or no database of pbx-webhooks [^\n]+$/);
  });

  test('a bad configuration, with 78 and all its errors', async () => {
    const { code, out, err } = await cli([
      'start',
      '--config',
      writeConfig(folder, { sources: source(), timeout: 'soon' }),
    ]);
    expect(code).toBe(78);
    expect(out).toBe('');
    expect(err.split('\n')).toHaveLength(2);
    expect(err).toContain('expected the environment variable AMI_SECRET');
    expect(err).toContain('features.webhooks.timeout: expected a number, got "soon"');
  });
});

describe('start has nothing to do, says so and ends with 0', () => {
  test.each([
    ['features.webhooks.enabled is false', 'features: { webhooks: { enabled: false } }'],
    ['there is no features.webhooks', 'features: {}'],
  ])('when %s', async (reason, text) => {
    const file = join(folder, 'config.yml');
    writeFileSync(file, `${text}\nlogging: { format: text }\n`);
    const { code, out, err } = await cli(['start', '--config', file]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`INFO - ${file}: ${reason}: nothing is started`);
  });
});
