import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { spawnCli, writeConfig } from '../support/cli.ts';
import { sh } from '../support/doc-commands.ts';
import { fencesOf, readDoc } from '../support/docs.ts';
import { temporaryFolder } from '../support/engine.ts';
import { Receiver, reply } from '../support/receiver.ts';
import { isWithoutTools } from '../support/tools.ts';

const CRM = 'https://crm.example.com/hook';

/** Every sample request, with the status that docs/api.md says it is answered with. */
const samples = readDoc('docs/api.md')
  .split(/^### /m)
  .slice(1)
  .flatMap((section) => {
    const [title = ''] = section.split('\n');
    const [, command] = /^```sh\n([\s\S]*?)\n```/m.exec(section) ?? [];
    const [, status] = /^Answers `(\d+)`/m.exec(section) ?? [];
    return command === undefined ? [] : [{ title, command, status }];
  });

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let origin: string;
let stop: () => Promise<unknown>;

/** One that takes nothing, so that there are dead letters. */
beforeAll(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  receiver.behaviour = reply(500);
  const subscriptions = [{ url: receiver.url(), events: ['user.event'] }];
  const run = spawnCli(['start', '--config', writeConfig(folder.path, { subscriptions, max_retries: 1 })]);
  const line = await run.output.first((text) => text.includes('API at '));
  origin = /API at (http:\/\/[^/]+)/.exec(line)?.[1] ?? '';
  stop = () => {
    run.process.kill('SIGTERM');
    return run.exit;
  };
});
afterAll(async () => {
  await stop?.();
  await receiver.stop();
  folder.remove();
});

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { connection: 'close', ...(body && { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return response.json();
}

const listed = z.array(z.object({ id: z.string(), url: z.string() }));

/** The id of the subscription that the samples speak of, which may have to be made anew. */
async function subscription(): Promise<string> {
  const find = async () =>
    listed.parse(await call('GET', '/api/webhooks')).find(({ url }) => url === CRM)?.id;
  const known = await find();
  if (known !== undefined) return known;
  await call('POST', '/api/webhooks', { url: CRM, secret: 's3cret' });
  return (await find()) ?? '';
}

const deadLetters = z.object({ items: z.array(z.object({ id: z.number(), event_id: z.string() })) });

/** A new dead letter, with its event. */
async function deadLetter(): Promise<{ readonly id: number; readonly event_id: string }> {
  const published = await call('POST', '/api/webhooks/events', {
    event_type: 'user.event',
    data: { name: 'x' },
  });
  const { event_id } = z.object({ event_id: z.string() }).parse(published);
  for (;;) {
    const { items } = deadLetters.parse(await call('GET', '/api/webhooks/dead-letters'));
    const found = items.find((item) => item.event_id === event_id);
    if (found !== undefined) return found;
  }
}

test('every sample request of docs/api.md is one of these tests', () => {
  expect(samples.length).toBeGreaterThan(25);
  expect(samples).toHaveLength(fencesOf('docs/api.md').filter(({ language }) => language === 'sh').length);
});

test.skipIf(isWithoutTools).each(samples)(
  '$title: the sample request is answered with $status',
  async ({ command, status }) => {
    const isNew = command.includes('-X POST http://localhost:8080/api/webhooks \\');
    const id = await subscription();
    if (isNew) await call('DELETE', `/api/webhooks/${id}`);
    const dead = /deliveries\/421\d|events\/call/.test(command) ? await deadLetter() : undefined;
    const here = command
      .replaceAll('http://localhost:8080', origin)
      .replaceAll('sub_3f1Zq8vT5cK0mX2bYw9LrA', id)
      .replaceAll(/deliveries\/421\d/g, `deliveries/${dead?.id}`)
      .replaceAll('call.started-1765108800123', dead?.event_id ?? '');
    // The live stream has no end of its own.
    const limit = command.includes('curl -N') ? '--max-time 1' : '';
    const told = await sh(`${here} ${limit} -sS -o /dev/null -w '%{http_code}' || [ $? = 28 ]`, {
      cwd: folder.path,
    });
    expect(told).toBe(status);
  },
);
