import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAmiServer } from '../support/ami-server.ts';
import { type ServiceFolder, serviceFolder } from '../support/service.ts';

let folder: ServiceFolder;
beforeEach(() => {
  folder = serviceFolder();
});
afterEach(() => folder.remove());

test('stats tell of each PBX whether it is in sight, and which version this is', async () => {
  const pbx = await startAmiServer();
  const ami = [
    { name: 'main', port: pbx.port, username: 'webhooks', secret: 's' },
    { name: 'branch', port: 1, username: 'webhooks', secret: 's' },
  ];
  const { api, logger } = await folder.start({ sources: { ami } });
  await logger.line('branch: cannot connect');
  const isConnected = async () => {
    const { sources } = await api.call('GET /stats');
    return sources.some(({ name, ok }) => name === 'main' && ok);
  };
  while (!(await isConnected()));
  const told = await api.call('GET /stats');
  expect(told.sources).toMatchObject([
    { name: 'main', ok: true, state: 'connected' },
    { name: 'branch', ok: false, state: expect.stringContaining('connecting: ') },
  ]);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(told).toMatchObject({ version, engine: { ok: true, state: 'ready' } });
  await pbx.close();
});
