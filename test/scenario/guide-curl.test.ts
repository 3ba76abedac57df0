import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { type Service, startService } from '../../src/service.ts';
import { silentLogger } from '../../src/util/log.ts';

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
let service: Service;

async function start(): Promise<void> {
  const options = { api: { port: 0 }, store: { url: 'sqlite:webhooks.db' } };
  service = await startService(parseConfig(options, { base: folder }), { logger: silentLogger });
}

/** Runs an example in a shell, with the port that was free; resolves with what it printed. */
async function run(example: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    example.replace('8080', URL.parse(service.apiUrl ?? '')?.port ?? ''),
  ]);
  return JSON.parse(stdout);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pbx-webhooks-api-'));
  await start();
});

afterEach(async () => {
  await service.close();
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

    await service.close();
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
