import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { createClient } from '../../src/api/client.ts';
import { parseConfig } from '../../src/config/load.ts';
import { startService } from '../../src/service.ts';
import { silentLogger } from '../../src/util/log.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';
import { Receiver } from '../support/receiver.ts';

const guide = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const commands = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.split('\n').filter((line) => line !== ''),
);

/** The words of a command line, what is redirected to a file left out. */
function wordsOf(line: string): readonly string[] {
  const [command = ''] = line.split(' > ');
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

/** A process for each line takes its time on a busy machine. */
test('each recipe of docs/cli.md works as it stands, one after the other', async () => {
  const folder = temporaryFolder();
  const receiver = await Receiver.start();
  onTestFinished(() => receiver.stop());
  const webhooks = {
    api: { port: 0 },
    network: { allow: ['127.0.0.1'] },
    store: { url: 'sqlite:webhooks.db' },
  };
  const service = await startService(parseConfig(webhooks, { base: folder }), { logger: silentLogger });
  onTestFinished(() => service.close());
  const url = service.apiUrl ?? '';
  const api = createClient({ baseUrl: `${url}/api/webhooks` });
  // The config file of the guide, for the service that runs here.
  const config = join(folder, 'config.yml');
  const { port } = new URL(url);
  writeFileSync(config, stringify({ features: { webhooks: { ...webhooks, api: { port: Number(port) } } } }));
  const call = { call_id: '1701964800.42' };
  await api.call('POST /events', { body: { event_type: 'call.ended', data: call } });

  expect(commands.length).toBeGreaterThan(10);
  for (const line of commands) {
    const args = wordsOf(line.replaceAll('https://crm.example.com/hook', receiver.url('/crm')))
      .slice(1)
      .map((word) => (word === 'config.yml' ? config : word === '60' ? '0' : word));
    const run = runCli(args, { PBX_WEBHOOKS_URL: url });
    if (args[0] === 'tail') {
      await run.errors.first((said) => said.startsWith('connected'));
      run.process.kill('SIGINT');
    }
    expect([line, await run.exit, run.errors.all.filter((said) => /error/.test(said))]).toEqual([
      line,
      0,
      [],
    ]);
  }
  const [crm] = await api.call('GET /');
  expect(crm).toMatchObject({ url: receiver.url('/crm'), events: ['call.*', 'voicemail.new'], signed: true });
  expect((await api.call('GET /events', { query: { type: 'user.event' } })).items).toHaveLength(1);
}, 240_000);
