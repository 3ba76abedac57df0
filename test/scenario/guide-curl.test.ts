import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { type ApiServer, startApiServer } from '../../src/api/server.ts';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { createRegistry } from '../../src/subscription/registry.ts';
import { systemClock } from '../../src/util/clock.ts';
import { NO_STATS } from '../support/memory-subscriptions.ts';

/** The guide's three examples, word for word. */
const LIST = 'curl http://localhost:8080/api/webhooks';
const ADD = `curl -X POST http://localhost:8080/api/webhooks \\
  -H "Content-Type: application/json" \\
  -d '{
    "url": "https://your-server.com/webhooks",
    "events": ["call.started", "call.ended"],
    "secret": "your-secret-key",
    "headers": {
      "Authorization": "Bearer token123"
    }
  }'`;
const DELETE = 'curl -X DELETE "http://localhost:8080/api/webhooks?url=https://your-server.com/webhooks"';

/** Left out only where no curl is installed. */
const hasCurl = process.env['CI'] === 'true' || spawnSync('curl', ['--version']).status === 0;

let folder: string;
let store: Store;
let server: ApiServer;

async function start(): Promise<void> {
  store = createSqliteStore({ path: join(folder, 'webhooks.db') });
  await store.open();
  const registry = await createRegistry({ store, clock: systemClock });
  const health = () => ({ ready: true, checks: [] });
  const api = createApi({ registry, engine: { stats: () => NO_STATS }, health });
  server = await startApiServer({ api, port: 0 });
}

async function stop(): Promise<void> {
  await server.close();
  await store.close();
}

/** Runs an example in a shell, with the port that was free; resolves with what it printed. */
async function run(example: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)('sh', ['-c', example.replace('8080', String(server.port))]);
  return JSON.parse(stdout);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pbx-webhooks-api-'));
  await start();
});

afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

describe.runIf(hasCurl)("the guide's curl examples", () => {
  it('add, list and delete a subscription, which outlives a restart', async () => {
    expect(await run(LIST)).toEqual([]);

    expect(await run(ADD)).toMatchObject({
      success: true,
      message: 'Webhook subscription added: https://your-server.com/webhooks',
      subscription: {
        url: 'https://your-server.com/webhooks',
        events: ['call.started', 'call.ended'],
        enabled: true,
      },
    });
    expect(await run(ADD)).toMatchObject({ code: 'subscription_exists' });

    const listed = await run(LIST);
    expect(listed).toEqual([
      expect.objectContaining({
        url: 'https://your-server.com/webhooks',
        events: ['call.started', 'call.ended'],
        enabled: true,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        last_sent: null,
        success_count: 0,
        failure_count: 0,
      }),
    ]);
    expect(JSON.stringify(listed)).not.toMatch(/your-secret-key|token123/);

    await stop();
    await start();
    expect(await run(LIST)).toEqual(listed);

    expect(await run(DELETE)).toEqual({
      success: true,
      message: 'Webhook subscription deleted: https://your-server.com/webhooks',
    });
    expect(await run(DELETE)).toMatchObject({ code: 'subscription_unknown' });
    expect(await run(LIST)).toEqual([]);
  });

  it.each(['http://127.0.0.1:8080', 'http://[::1]:8080'])(
    'reach %s, whichever localhost is',
    async (base) => {
      expect(await run(LIST.replace('http://localhost:8080', base))).toEqual([]);
    },
  );
});
