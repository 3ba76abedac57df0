import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import register, {
  ConfigError,
  HostError,
  type PbxHost,
  PluginError,
  StoreError,
  verify,
  type WebhookPlugin,
} from '../../src/index.ts';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import type { Logger } from '../../src/util/log.ts';
import { startAmiServer } from '../support/ami-server.ts';
import { temporaryFolder } from '../support/cli.ts';
import { Receiver } from '../support/receiver.ts';

const SECRET = 'plugin-secret';
const call = readFileSync(new URL('../fixtures/ami/22/02a_internal_caller_hangs.ami', import.meta.url));

let receiver: Receiver;
let options: { subscriptions: object[]; store: object };

beforeEach(async () => {
  receiver = await Receiver.start();
  options = {
    subscriptions: [{ url: receiver.url(), secret: SECRET }],
    store: { url: `sqlite:${temporaryFolder()}/webhooks.db` },
  };
});
afterEach(() => receiver.stop());

/** Of a host that also has `events`, which is enough to begin. */
async function registered(host: PbxHost, given: unknown = options): Promise<WebhookPlugin> {
  const plugin = await register({ events: new EventEmitter(), ...host }, given);
  onTestFinished(() => plugin.close());
  return plugin;
}

function recordingLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  return { lines, debug: keep, info: keep, warn: keep, error: keep };
}

/** What `register` rejects with; the test fails when it does not. */
async function refusal(host: PbxHost, given?: unknown): Promise<unknown> {
  return register(host, given).then(
    async (plugin) => {
      await plugin.close();
      throw new Error('expected register to reject');
    },
    (error: unknown) => error,
  );
}

async function get(handler: RequestListener, path: string): Promise<Response> {
  const server = createServer(handler);
  const port = await listenOnLoopback(server, 0);
  onTestFinished(() => void server.close());
  return fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
}

describe('a registered plugin', () => {
  test('publishes an event of the host’s own, signed', async () => {
    const plugin = await registered({});
    const id = await plugin.publish('call.started', { call_id: 'c1', from_extension: '1001' });
    const [request] = await receiver.received(1);
    expect(verify(request?.body ?? '', request?.headers ?? {}, SECRET)).toEqual({
      event_id: id,
      event_type: 'call.started',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      data: {
        call_id: 'c1',
        from_extension: '1001',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
  });

  test('keeps a timestamp that the host gives', async () => {
    const plugin = await registered({});
    await plugin.publish('user.event', { timestamp: '2025-12-07T12:00:00Z' });
    const [request] = await receiver.received(1);
    expect(JSON.parse(request?.body ?? '').data).toEqual({ timestamp: '2025-12-07T12:00:00Z' });
  });

  test('watches a PBX of its own', async () => {
    const pbx = await startAmiServer({ stream: call });
    onTestFinished(() => pbx.close());
    const plugin = await registered(
      { events: undefined },
      {
        ...options,
        subscriptions: [{ url: receiver.url(), events: ['call.ended'] }],
        sources: { ami: { name: 'hq', port: pbx.port, username: 'u', secret: 's' } },
      },
    );
    const [request] = await receiver.received(1);
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ event_type: 'call.ended', data: { pbx: 'hq' } });
    expect(plugin.health()).toEqual({
      ready: true,
      checks: [
        { name: 'engine', ok: true, state: 'ready' },
        { name: 'source hq', ok: true, state: 'connected' },
      ],
    });
  });

  test('takes its options from host.config.features.webhooks', async () => {
    const config = { server: { anything: 1 }, features: { webhooks: options, others: {} } };
    const plugin = await registered({ config }, undefined);
    await plugin.publish('call.started', {});
    expect(await receiver.received(1)).toHaveLength(1);
  });

  test('mounts its API and dashboard where the host wants them, and opens no port', async () => {
    const mounted: string[] = [];
    const plugin = await registered({ http: { use: (path) => void mounted.push(path) } });
    expect(mounted).toEqual(['/api/webhooks', '/webhooks']);
    const response = await get(plugin.handler, '/api/webhooks');
    expect(await response.json()).toEqual([expect.objectContaining({ url: receiver.url(), events: ['*'] })]);
  });

  test('ends when the host does, and then takes nothing more', async () => {
    const ends: (() => Promise<void>)[] = [];
    const plugin = await registered({ onClose: (fn) => void ends.push(fn) });
    expect(ends).toHaveLength(1);
    await ends[0]?.();
    await expect(plugin.publish('call.started', {})).rejects.toMatchObject({ code: 'engine_stopped' });
    expect(plugin.health().ready).toBe(false);
    expect((await get(plugin.handler, '/api/webhooks/readyz')).status).toBe(503);
    await plugin.close();
  });

  test.each([
    ['no-such type!', {}],
    ['call.started', null],
    ['call.started', 'text'],
    ['call.started', []],
    ['call.started', { big: 1n }],
  ])('refuses to publish %j with %o', async (type, data) => {
    const plugin = await registered({});
    await expect(Reflect.apply(plugin.publish, plugin, [type, data])).rejects.toMatchObject({
      code: 'event_invalid',
    });
  });

  test('tells the host’s logger what it does, and no secret', async () => {
    const logger = recordingLogger();
    await (await registered({ logger })).publish('call.started', {});
    await receiver.received(1);
    expect(logger.lines.join('\n')).toContain('host.http is missing');
    expect(logger.lines.join('\n')).not.toContain(SECRET);
  });
});

describe('a host’s logger that is broken', () => {
  const fail = (): never => {
    throw new Error('the log is closed');
  };
  test.each<[string, Logger]>([
    ['throws', { debug: fail, info: fail, warn: fail, error: fail, isLevelEnabled: fail }],
    [
      'rejects',
      {
        debug: async () => fail(),
        info: async () => fail(),
        warn: async () => fail(),
        error: async () => fail(),
      },
    ],
  ])('%s, and hurts neither the host nor a delivery', async (_how, logger) => {
    receiver.script.push((response) => void response.writeHead(500).end());
    const plugin = await registered({ logger }, { ...options, retry_delay: 0.01 });
    await plugin.publish('call.started', {});
    expect(await receiver.received(2)).toHaveLength(2);
    await registered({ logger }, { enabled: false });
    await plugin.close();
  });
});

describe('register refuses', () => {
  const watched = { events: new EventEmitter() };

  test('to begin without any configuration', async () => {
    const error = await refusal({});
    expect(error).toBeInstanceOf(PluginError);
    expect(error).toMatchObject({ code: 'config_missing' });
    expect(await refusal({ config: { features: null } })).toMatchObject({ code: 'config_missing' });
  });

  test('a host that gives nothing to watch, and says what would do', async () => {
    const error = await refusal({}, options);
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({
      code: 'no_source',
      message: expect.stringMatching(/host\.ami.*host\.events.*sources\.ami/),
    });
  });

  test('a host.srf that is no drachtio-srf', async () => {
    expect(await refusal({ srf: {} }, options)).toMatchObject({ code: 'host_invalid' });
  });

  test.each([
    ['ami', {}, 'host.ami is no asterisk-manager: it has no on(), removeListener(), action(), isConnected()'],
    ['events', {}, 'host.events is no EventEmitter: it has no on(), off()'],
  ])('a host.%s that is something else', async (part, value, message) => {
    const error = await Reflect.apply(refusal, undefined, [{ [part]: value }, options]);
    expect(error).toMatchObject({ code: 'host_invalid', message });
  });

  test('bad options, with all that is wrong', async () => {
    const error = await refusal({}, { max_retries: 'x', subscriptions: [{ url: 'nowhere' }] });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      code: 'config_invalid',
      issues: [{ path: 'max_retries' }, { path: 'subscriptions[0].url' }],
    });
  });

  test('a database that can’t be opened', async () => {
    const error = await refusal(watched, { ...options, store: { url: 'sqlite:/dev/null/webhooks.db' } });
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'store_unwritable' });
  });

  test('a second plugin on the same database', async () => {
    await registered({});
    expect(await refusal(watched, options)).toMatchObject({ code: 'store_locked' });
  });
});

describe('a disabled plugin', () => {
  test('starts nothing and says so', async () => {
    const logger = recordingLogger();
    const plugin = await registered({ logger }, { ...options, enabled: false });
    expect(logger.lines).toEqual([expect.stringContaining('disabled')]);
    await expect(plugin.publish('call.started', {})).rejects.toMatchObject({ code: 'plugin_disabled' });
    expect(plugin.health().ready).toBe(false);
    const response = await get(plugin.handler, '/api/webhooks');
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'plugin_disabled' }]);
    await plugin.close();
  });
});
