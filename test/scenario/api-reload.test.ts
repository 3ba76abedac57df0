import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiProblem, createClient } from '../../src/api/client.ts';
import register from '../../src/index.ts';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import { type RunningService, type ServiceFolder, serviceFolder } from '../support/service.ts';

let folder: ServiceFolder;
let configFile: string;

beforeEach(() => {
  folder = serviceFolder();
  configFile = join(folder.path, 'config.yml');
});
afterEach(() => folder.remove());

const A = 'https://a.example/hook';
const B = 'https://b.example/hook';

/** Beside what a test changes. */
const SAME = {
  store: { url: 'sqlite:webhooks.db' },
  api: { port: 0 },
  network: { allow: ['127.0.0.1'] },
};

function write(webhooks: object): void {
  const all = { ...SAME, ...webhooks };
  writeFileSync(configFile, JSON.stringify({ features: { webhooks: all } }, undefined, 2));
}

async function started(webhooks: object): Promise<RunningService> {
  write(webhooks);
  return folder.start({ ...SAME, ...webhooks }, { configFile });
}

const urls = async ({ api }: RunningService) => (await api.call('GET /')).map(({ url }) => url);

async function refusal({ api }: Pick<RunningService, 'api'>): Promise<ApiProblem> {
  const error: unknown = await api.call('POST /config/reload').catch((reason: unknown) => reason);
  if (error instanceof ApiProblem) return error;
  throw new Error('expected a refusal');
}

test('takes over the subscriptions of the file, and says what else needs a restart', async () => {
  const running = await started({ subscriptions: [{ url: A }] });
  const { id } = (await running.api.call('POST /', { body: { url: 'https://198.41.0.4/' } })).subscription;
  write({ subscriptions: [{ url: B }, { url: A, events: ['call.*'] }], timeout: 20, max_retries: 7 });
  expect(await running.api.call('POST /config/reload')).toEqual({
    success: true,
    message: `${configFile} was taken over: 2 subscriptions. Restart for what else changed: max_retries, timeout`,
    subscriptions: 2,
    restart_needed: expect.arrayContaining(['timeout', 'max_retries']),
  });
  expect(new Set(await urls(running))).toEqual(new Set([A, B, 'https://198.41.0.4/']));
  expect((await running.api.call('GET /{id}', { path: { id } })).origin).toBe('api');
});

test('refuses a bad file whole, with the place of each error; the one before stays', async () => {
  const running = await started({ subscriptions: [{ url: A }] });
  writeFileSync(
    configFile,
    [
      'features:',
      '  webhooks:',
      '    timeout: soon',
      '    subscriptions:',
      `      - url: ${B}`,
      '        secret: 17',
      '        colour: red',
    ].join('\n'),
  );
  const problem = await refusal(running);
  expect([problem.status, problem.code]).toEqual([400, 'config_invalid']);
  expect(problem.message).toBe(`${configFile} was not taken over; what was there before stays`);
  const at = (line: number, path: string) => ({ file: configFile, line, path: `features.webhooks.${path}` });
  expect(problem.details).toMatchObject([
    { ...at(3, 'timeout'), expected: 'a number', got: '"soon"', message: expect.any(String) },
    { ...at(6, 'subscriptions[0].secret'), expected: 'a text', got: 'a number' },
    {
      ...at(7, 'subscriptions[0].colour'),
      expected: expect.stringContaining('keys'),
      got: expect.any(String),
    },
  ]);
  expect(await urls(running)).toEqual([A]);
  await running.logger.line('was not taken over; what was there before stays');
});

test.each([
  ['is empty', () => writeFileSync(configFile, ''), ''],
  ['is disabled', () => write({ enabled: false }), 'features.webhooks.enabled'],
  ['has no features.webhooks', () => writeFileSync(configFile, 'logging: {}'), 'features.webhooks'],
])('a file that %s is refused as well', async (_name, change, path) => {
  const running = await started({ subscriptions: [{ url: A }] });
  change();
  const problem = await refusal(running);
  expect([problem.code, problem.details[0]?.path, problem.details[0]?.file]).toEqual([
    'config_invalid',
    path,
    configFile,
  ]);
  expect(await urls(running)).toEqual([A]);
});

test('whoever asks, at the same time or by a signal, waits for the one before', async () => {
  const running = await started({ subscriptions: [{ url: A }] });
  const answers: Promise<unknown>[] = [];
  for (const url of [B, A, B]) {
    write({ subscriptions: [{ url }] });
    answers.push(running.api.call('POST /config/reload'), running.service.reload?.() ?? expect.unreachable());
  }
  expect(await Promise.all(answers)).toHaveLength(6);
  expect(await urls(running)).toEqual([B]);
});

test('one that is under way when all ends is done first', async () => {
  const running = await started({ subscriptions: [{ url: A }] });
  write({ subscriptions: [{ url: B }] });
  const reloaded = running.service.reload?.();
  await running.stop();
  expect(await reloaded).toMatchObject({ kind: 'taken_over' });
});

test('a host that passes the configuration itself has no file', async () => {
  const plugin = await register(
    { events: new EventEmitter() },
    { store: { url: `sqlite:${join(folder.path, 'plugin.db')}` }, worker_threads: 0 },
  );
  const server = createServer(plugin.handler);
  const port = await listenOnLoopback(server, 0);
  const api = createClient({ baseUrl: `http://127.0.0.1:${port}/api/webhooks` });
  expect(await refusal({ api })).toMatchObject({ status: 409, code: 'no_config_file' });
  server.closeAllConnections();
  server.close();
  await plugin.close();
});
