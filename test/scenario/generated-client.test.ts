import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { startService } from '../../src/service.ts';
import { silentLogger } from '../../src/util/log.ts';
import { Receiver } from '../support/receiver.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pbx-webhooks-client-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await run(bin('oazapfts'), [join(root, 'openapi.json'), join(folder, 'client.ts')]);
});
afterAll(() => rm(folder, { recursive: true }));

/** Uses no more than what the generator made; the compiler holds it against that. */
const PROGRAM = `
import * as api from './client.ts';

const [, , baseUrl = '', url = ''] = process.argv;
api.defaults.baseUrl = baseUrl;
api.defaults.headers = { Authorization: 'Bearer secret' };

function told<Answer extends { status: number; data: unknown }, Status extends Answer['status']>(
  answer: Answer, status: Status,
): Extract<Answer, { status: Status }>['data'] {
  if (answer.status !== status) throw new Error(JSON.stringify(answer));
  return answer.data as Extract<Answer, { status: Status }>['data'];
}

const { subscription } = told(await api.addSubscription({ url, events: ['call.*'] }), 201);
const listed: api.Subscription[] = told(await api.listSubscriptions(), 200);
const shown: api.Subscription = told(await api.getSubscription(subscription.id), 200);
const changed = told(await api.changeSubscription(subscription.id, { description: 'CRM', timeout: 5 }), 200);
const twice = told(await api.addSubscription({ url }), 409);
const { event_id } = told(await api.publishEvent({ event_type: 'call.started', data: { call_id: 'c1' } }), 202);

let page: api.DeliveryPage;
do {
  page = told(await api.listSubscriptionDeliveries(subscription.id, { status: 'delivered', limit: 10 }), 200);
} while (page.items.length === 0);
const [delivery] = page.items;
const detail = told(await api.getDelivery(delivery?.id ?? 0), 200);
const replayed = told(await api.replayEvents(subscription.id, { since: '2025-01-01T00:00:00Z' }), 202);
const none = told(await api.deleteDeadLetters({ ids: [1, 2] }), 200);
const health = told(await api.getHealth(), 200);
const deleted = told(await api.deleteSubscription(subscription.id), 200);
const gone = told(await api.getSubscription(subscription.id), 404);

console.log(JSON.stringify({
  listed: listed.map(({ url }) => url), shown: shown.state, changed: [changed.description, changed.timeout],
  twice: twice.code, isDelivered: detail.event.event_id === event_id, call: detail.call_id,
  attempt: detail.attempts[0]?.status, replayed: replayed.count, none: none.count, health: health.status,
  deleted: deleted.success, gone: gone.code,
}));
`;

it('a client generated from openapi.json does what it says, against the running API', async () => {
  await writeFile(join(folder, 'program.ts'), PROGRAM);
  const compilerOptions = {
    ...{ target: 'es2024', module: 'nodenext', types: ['node'], strict: true, noEmit: true },
    ...{ allowImportingTsExtensions: true, erasableSyntaxOnly: true, skipLibCheck: true },
  };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['program.ts'] }),
  );
  await run(bin('tsc'), ['-p', folder]).catch(({ stdout }) => expect(stdout).toBe(''));

  const receiver = await Receiver.start();
  const config = parseConfig(
    {
      api: { port: 0, token: 'secret' },
      network: { allow: ['127.0.0.1'] },
      store: { url: 'sqlite:webhooks.db' },
    },
    { base: folder },
  );
  const service = await startService(config, { logger: silentLogger });
  try {
    const program = [join(folder, 'program.ts'), service.apiUrl ?? '', receiver.url('/hook')];
    const { stdout } = await run(process.execPath, program);
    expect(JSON.parse(stdout)).toEqual({
      listed: [receiver.url('/hook')],
      shown: 'active',
      changed: ['CRM', 5],
      twice: 'subscription_exists',
      isDelivered: true,
      call: 'c1',
      attempt: 204,
      replayed: 1,
      none: 0,
      health: 'ok',
      deleted: true,
      gone: 'subscription_unknown',
    });
  } finally {
    await service.close();
    await receiver.stop();
  }
});
