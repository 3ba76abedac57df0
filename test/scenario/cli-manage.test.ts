import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { type ApiClient, createClient } from '../../src/api/client.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type Service, startService } from '../../src/service.ts';
import { silentLogger } from '../../src/util/log.ts';
import { verify } from '../../src/verify.ts';
import { MAIN, cli as run, runCli, temporaryFolder, writeConfig } from '../support/cli.ts';
import { Receiver, reply } from '../support/receiver.ts';
import { createRecorder } from '../support/recorder.ts';
import { hasTerminal, runOnTerminal } from '../support/terminal.ts';

const TOKEN = 'a-token-of-the-command-line';
/** What a pipe holds on Linux. */
const PIPE_BYTES = 65_536;

let folder: string;
let receiver: Receiver;
let service: Service;
let api: ApiClient;
/** Log lines: one is written when a delivery has ended and is counted. */
const lines = createRecorder<string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pbx-webhooks-test-'));
  receiver = await Receiver.start();
  const config = parseConfig(
    {
      api: { port: 0, token: TOKEN },
      network: { allow: ['127.0.0.1'] },
      max_retries: 1,
      store: { url: 'sqlite:webhooks.db' },
    },
    { base: folder },
  );
  const keep = (line: string): void => lines.add(line);
  service = await startService(config, {
    logger: { ...silentLogger, info: keep, error: keep, isLevelEnabled: () => true },
  });
  api = createClient({ baseUrl: `${service.apiUrl}/api/webhooks`, token: TOKEN });
});

afterAll(async () => {
  await service?.close();
  await receiver?.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  receiver.behaviour = reply(204);
  for (const { id } of await api.call('GET /')) await api.call('DELETE /{id}', { path: { id } });
  await api.call('DELETE /dead-letters');
});

const environment = () => ({ PBX_WEBHOOKS_URL: service.apiUrl ?? '', PBX_WEBHOOKS_TOKEN: TOKEN });
const cli = (...args: string[]) => run(args, environment());

/** Of a command that has to succeed and says nothing on standard error. */
async function json(...args: string[]): Promise<unknown> {
  const { code, out, err } = await cli(...args, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out);
}

const publish = (type: string, data: object = {}) =>
  api.call('POST /events', { body: { event_type: type, data: { ...data } } });

/** Publishes events that this path, used for nothing else, gives up on; gives its URL. */
async function deadLetters(path: string, count: number): Promise<string> {
  const url = receiver.url(path);
  receiver.behaviour = reply(500, 'it broke');
  await api.call('POST /', { body: { url, events: ['call.*'] } });
  for (let each = 0; each < count; each += 1) await publish('call.ended', { call_id: `call-${each}` });
  const gaveUp = (line: string): boolean => line.includes('failed after 1 attempts') && line.endsWith(url);
  await lines.first(() => lines.all.filter(gaveUp).length >= count);
  return url;
}

describe('subscriptions', () => {
  test('are added with a secret that signs, shown, changed, disabled, enabled and removed', async () => {
    const url = receiver.url('/crm?key=hunter2');
    const added = await cli(
      'subscriptions',
      'add',
      url,
      '-e',
      'call.*',
      '-H',
      'X-Key: k',
      '--generate-secret',
    );
    expect(added).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
      err: expect.stringMatching(/^Webhook subscription added: \S+ \(sub_\S+\)$/),
    });
    await publish('call.ended', { duration: 2.5 });
    const [request] = await receiver.received(1, '/crm?key=hunter2');
    expect(request?.headers['x-key']).toBe('k');
    expect(verify(request?.body ?? '', request?.headers ?? {}, added.out)).toMatchObject({
      event_type: 'call.ended',
    });
    await lines.first((line) => line.includes('Webhook delivered: call.ended') && line.includes('/crm'));

    const listed = await cli('subscriptions', 'list');
    const [head, row] = listed.out.split('\n');
    expect(head).toMatch(/^URL +STATE +EVENTS +DELIVERED +FAILED +WAITING +LAST SENT +ID$/);
    expect(row).toMatch(/^http:\S+\/crm\?key=\*\*\* +active +call\.\* +1 +0 +0 +\d\d:\d\d:\d\d +sub_\S+$/);

    expect(
      (await cli('subscriptions', 'update', url, '--events', 'call.ended,voicemail.*', '--clear', 'secret'))
        .code,
    ).toBe(0);
    expect((await cli('subscriptions', 'disable', url)).out).toMatch(/^Webhook subscription disabled: /);
    const [view] = await api.call('GET /');
    expect(view).toMatchObject({ events: ['call.ended', 'voicemail.*'], signed: false, enabled: false });
    expect((await cli('subscriptions', 'enable', view?.id ?? '')).out).toMatch(
      /^Webhook subscription enabled: /,
    );

    const shown = await cli('subscriptions', 'show', url);
    expect(shown.out).toMatch(/\n {2}events +call\.ended, voicemail\.\*\n/);
    expect(shown.out).toMatch(/\n {2}signed +no\n/);

    expect(await cli('subscriptions', 'remove', url)).toMatchObject({
      code: 64,
      err: expect.stringMatching(/Delete the subscription \S+\? There is no terminal to ask: say --yes$/),
    });
    expect((await cli('subscriptions', 'remove', url, '--yes')).out).toMatch(
      /^Webhook subscription deleted: /,
    );
    expect(await api.call('GET /')).toEqual([]);
  });

  test('rotate-secret prints the new secret alone on standard output', async () => {
    const url = receiver.url('/rotate');
    await api.call('POST /', { body: { url, secret: 'the secret before' } });
    const { code, out, err } = await cli('subscriptions', 'rotate-secret', url, '--overlap', '15m');
    expect([code, err]).toEqual([0, expect.stringContaining('signs as well until the overlap ends')]);
    expect(out).toMatch(/^whsec_[\w+/]{43}=$/);
    await publish('call.ended');
    const [request] = await receiver.received(1, '/rotate');
    for (const secret of [out, 'the secret before']) {
      expect(
        verify(request?.body ?? '', { ...request?.headers, 'x-webhook-signature': undefined }, secret),
      ).toBeTruthy();
    }
  });

  test('take any key from a file, and a mistake is told before anything is sent', async () => {
    const file = join(temporaryFolder(), 'subscription.json');
    writeFileSync(file, JSON.stringify({ filter: { extensions: ['10*'] }, max_age: 30, events: ['*'] }));
    const url = receiver.url('/from');
    await cli('subscriptions', 'add', url, '--from', file, '--events', 'call.*');
    expect(await json('subscriptions', 'show', url)).toMatchObject({
      events: ['call.*'],
      filter: { extensions: ['10*'] },
      max_age: 30,
    });
    const wrong = await cli('subscriptions', 'update', url, '--events', 'call.endd', '--timeout', '-1');
    expect([wrong.code, wrong.out]).toEqual([64, '']);
    expect(wrong.err).toMatch(/^error: events\.0 "call\.endd" .*did you mean call\.ended/);
    expect(wrong.err).toMatch(/\n +timeout /);
  });

  test('replay sends kept events again, and says how many', async () => {
    const { event_id: id } = await publish('conference.ended');
    const url = receiver.url('/replay');
    await api.call('POST /', { body: { url, events: ['conference.*'] } });
    const { code, out, err } = await cli(
      'subscriptions',
      'replay',
      url,
      '--since',
      '1h',
      '--types',
      'conference.ended',
    );
    expect([code, out, err]).toEqual([0, `1 event is sent again to ${url}`, '']);
    const [request] = await receiver.received(1, '/replay');
    expect(request?.headers['x-webhook-id']).toBe(id);
  });
});

describe('events, deliveries and dead letters', () => {
  test('an event that is published is listed with where it went, and its delivery is shown whole', async () => {
    const url = receiver.url('/events');
    await api.call('POST /', { body: { url, events: ['user.*'], headers: { 'X-Key': 'hunter2' } } });
    const data = '{"name":"DoorOpened","fields":{"door":"north"},"call_id":"c1"}';
    const published = await cli('events', 'publish', 'user.event', '--data', data, '--idempotency-key', 'k1');
    const again = await cli('events', 'publish', 'user.event', '--data', data, '--idempotency-key', 'k1');
    expect(published).toEqual({ code: 0, out: expect.stringMatching(/^user\.event-\d+$/), err: '' });
    expect(again.out).toBe(published.out);
    await receiver.received(1, '/events');
    await lines.first((line) => line.includes('Webhook delivered: user.event'));

    const listed = await cli('events', 'list', '--type', 'user.*', '--call', 'c1', '--since', '1h');
    expect(listed.out.split('\n')[1]).toMatch(
      /^\d\d:\d\d:\d\d {2}user\.event +user\.event-\d+ +c1 +name=DoorOpened fields=/,
    );
    const shown = await cli('events', 'show', published.out);
    expect(shown.out).toContain('"door": "north"');
    expect(shown.out).toMatch(/delivered +user\.event +1 +204 +http:\S+\/events/);

    const page = await api.call('GET /deliveries', { query: { call_id: 'c1' } });
    const delivery = await cli('deliveries', 'show', String(page.items[0]?.id));
    expect(delivery.out).toMatch(/\nattempt 1 {2}\d\d:\d\d:\d\d {2}204 {2}after \d+ ms\n/);
    expect(delivery.out).toContain(`POST ${url}`);
    expect(delivery.out).not.toContain('hunter2');
    const sent = ['deliveries', 'show', String(page.items[0]?.id), '--attempt'] as const;
    await api.call('PATCH /{id}', {
      path: { id: page.items[0]?.subscription_id ?? '' },
      body: { url: `${url}/elsewhere`, headers: {} },
    });
    const request = await cli(...sent, '1');
    expect(request.out).toMatch(/^delivery \d+, attempt 1\n/);
    expect(request.out).toContain(`POST ${url}\n`);
    expect(request.out).toMatch(/X-Key +\*{3}\n/);
    expect(await json(...sent, '1')).toMatchObject({ url, events: 1, notes: [] });
    expect(await cli(...sent, '2')).toMatchObject({ code: 66, err: expect.stringContaining('no attempt 2') });
    expect(await cli(...sent, 'x')).toMatchObject({ code: 64 });
    expect((await cli('deliveries', 'retry', String(page.items[0]?.id))).err).toContain('succeeded');
  });

  test('dead letters are listed, sent again and deleted, by filter or by id', async () => {
    const url = await deadLetters('/dead', 3);
    const { out } = await cli('dead-letters', 'list', '--subscription', url);
    expect(out.split('\n')).toHaveLength(4);
    expect(out.split('\n')[1]).toMatch(
      /^ *\d+ {2}\d\d:\d\d:\d\d {2}dead +call\.ended +1 +500 +http:\S+\/dead$/,
    );

    expect(await cli('dead-letters', 'retry')).toMatchObject({
      code: 64,
      err: expect.stringContaining('--all'),
    });
    receiver.behaviour = reply(204);
    const [first, ...others] = (await api.call('GET /dead-letters')).items.map(({ id }) => String(id));
    const one = await cli('dead-letters', 'retry', first ?? '');
    expect(one).toEqual({ code: 0, out: '1 dead letter is sent again', err: '' });
    await lines.first((line) => line.includes(`Webhook delivered: call.ended -> ${url}`));

    const refused = await cli('dead-letters', 'delete', '--all');
    expect(refused).toMatchObject({
      code: 64,
      err: expect.stringMatching(/Delete 2 dead letters for good\?.*--yes$/),
    });
    expect(await json('dead-letters', 'delete', ...others)).toMatchObject({ success: true, count: 2 });
    expect((await api.call('GET /dead-letters')).items).toEqual([]);
  });

  test('what is no dead letter is neither sent again nor deleted, and each is told why', async () => {
    const url = await deadLetters('/no-dead-letter', 2);
    const [dead, other] = (await api.call('GET /dead-letters')).items.map(({ id }) => String(id));
    receiver.behaviour = reply(204);
    await cli('dead-letters', 'retry', other ?? '');
    await lines.first((line) => line.includes(`Webhook delivered: call.ended -> ${url}`));
    const unknown = '999999999';
    expect(await cli('dead-letters', 'retry', other ?? '', unknown)).toEqual({
      code: 66,
      out: '',
      err:
        `pbx-webhooks: delivery ${other} is delivered, and no dead letter\n` +
        `pbx-webhooks: There is no delivery ${unknown}, or it was removed for its age`,
    });
    const deleted = await cli('dead-letters', 'delete', other ?? '', dead ?? '', '--json');
    expect(deleted).toMatchObject({ code: 66, err: expect.stringContaining('is delivered') });
    expect(JSON.parse(deleted.out)).toMatchObject({ success: true, count: 1 });
    expect((await api.call('GET /dead-letters')).items).toEqual([]);
  });

  test('a dead letter whose subscription is gone stays, and that is told', async () => {
    const url = await deadLetters('/gone', 1);
    const [dead] = (await api.call('GET /dead-letters')).items;
    await api.call('DELETE /', { query: { url } });
    expect(await cli('dead-letters', 'retry', String(dead?.id))).toEqual({
      code: 66,
      out: '0 dead letters are sent again',
      err: expect.stringContaining('their subscription has been deleted'),
    });
  });

  test('each delivery that is named is sent again, also behind one that is not', async () => {
    const url = await deadLetters('/several', 1);
    const [dead] = (await api.call('GET /dead-letters')).items;
    receiver.behaviour = reply(204);
    const retried = await cli('deliveries', 'retry', '999999999', String(dead?.id));
    expect(retried).toEqual({
      code: 66,
      out: `Delivery ${dead?.id} is sent again`,
      err: expect.stringContaining('There is no delivery 999999999'),
    });
    await lines.first((line) => line.includes(`Webhook delivered: call.ended -> ${url}`));
  });

  test('a list ends at --limit and goes on with its cursor; --all --json prints one object a line', async () => {
    for (let each = 0; each < 5; each += 1) await publish('paging.ended');
    const first = await cli('events', 'list', '--type', 'paging.*', '--limit', '2');
    expect(first.out.split('\n')).toHaveLength(3);
    const cursor = /--cursor (\S+)$/.exec(first.err)?.[1] ?? '';
    const rest = await json('events', 'list', '--type', 'paging.*', '--cursor', cursor);
    expect(rest).toMatchObject({ items: [{}, {}, {}], next_cursor: null });
    const all = await cli('events', 'list', '--type', 'paging.*', '--all', '--json');
    expect(all.out.split('\n').map((line) => JSON.parse(line).event_type)).toEqual(
      Array(5).fill('paging.ended'),
    );
  });
});

describe('send-test', () => {
  test('through the service, by the settings of a subscription; ends with 1 when the receiver refuses', async () => {
    const url = receiver.url('/tested');
    await api.call('POST /', { body: { url, secret: 'a secret' } });
    receiver.behaviour = reply(401, 'who are you?');
    const { code, out } = await cli('send-test', '--subscription', url, '--type', 'voicemail.new');
    expect(code).toBe(1);
    expect(out).toContain('who are you?');
    expect(out).toContain('Test failed: voicemail.new');
    const [request] = await receiver.received(1, '/tested');
    expect(verify(request?.body ?? '', request?.headers ?? {}, 'a secret')).toMatchObject({
      event_type: 'voicemail.new',
    });
  });

  test('straight to a URL, what is shown is what is sent; a private address only if allowed', async () => {
    const url = receiver.url('/direct');
    const args = ['send-test', '--to', url, '--secret', 'a secret', '-H', 'X-Key: k', '--json'];
    const refused = await run(args);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({
      success: false,
      attempt: { error_code: 'refused_address' },
    });
    const { code, out } = await run([...args, '--allow-private']);
    expect(code).toBe(0);
    const { request: shown } = JSON.parse(out);
    const sent = await receiver.received(1, '/direct');
    expect(sent).toHaveLength(1);
    expect(sent[0]?.body).toBe(shown.body);
    for (const [name, value] of Object.entries(shown.headers)) {
      expect(sent[0]?.headers[name.toLowerCase()], name).toBe(value);
    }
    expect(verify(sent[0]?.body ?? '', sent[0]?.headers ?? {}, 'a secret')).toBeTruthy();
  });
});

describe('status', () => {
  test('tells at a glance how it goes, and ends with 0 when all is well', async () => {
    await api.call('POST /', { body: { url: receiver.url('/status') } });
    const { code, out } = await cli('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^pbx-webhooks \d+\.\d+\.\d+, up for /);
    expect(out).toMatch(/\n {2}\+ engine: ready\n/);
    expect(out).toMatch(/\nhttp:\S+\/status +active +0 +0 +0 +-$/);
    expect(await json('stats')).toMatchObject({ engine: { ok: true }, minutes: expect.any(Array) });
  });
});

test('all of a long answer comes through a pipe', async () => {
  const pipeline = '"$0" "$@" | cat';
  const args = [MAIN, 'events', 'types', '--json'];
  const { stdout } = await promisify(execFile)('sh', ['-c', pipeline, process.execPath, ...args], {
    env: { PATH: process.env['PATH'], ...environment() },
  });
  expect(stdout.length).toBeGreaterThan(2 * PIPE_BYTES);
  expect(JSON.parse(stdout)).toEqual((await api.call('GET /event-types')).items);
});

describe('what goes wrong is one line that says what to do, and an exit code', () => {
  test('of a service that does not answer, 69; of another token, 77; of what is not there, 66', async () => {
    const nobody = await run(['status', '--url', 'http://127.0.0.1:9']);
    expect([nobody.code, nobody.out]).toEqual([69, '']);
    expect(nobody.err).toMatch(
      /^pbx-webhooks: The webhooks API does not answer at http:\/\/127\.0\.0\.1:9\/api\/webhooks: .*Is it started/,
    );
    const stranger = await run(['status'], { ...environment(), PBX_WEBHOOKS_TOKEN: 'hunter2' });
    expect(stranger.code).toBe(77);
    expect(stranger.err).toMatch(/PBX_WEBHOOKS_TOKEN/);
    expect(stranger.err).not.toContain('hunter2');
    await api.call('POST /', { body: { url: receiver.url('/crm') } });
    const unknown = await cli('subscriptions', 'show', receiver.url('/crn'));
    expect([unknown.code, unknown.err]).toEqual([
      66,
      expect.stringContaining(`did you mean ${receiver.url('/crm')}?`),
    ]);
    expect(await cli('events', 'types', 'call.endd')).toMatchObject({
      code: 66,
      err: expect.stringContaining('did you mean call.ended?'),
    });
    expect((await cli('events', 'list', '--since', 'soon')).code).toBe(64);
    for (const command of [
      ['events', 'list'],
      ['subscriptions', 'replay', receiver.url('/crm')],
    ]) {
      const { code, err } = await cli(...command, '--since', '1h', '--until', '2h');
      expect([code, err]).toEqual([
        64,
        expect.stringMatching(/^error: --until has to be later than --since/),
      ]);
    }
  });

  test('where the service is can be written wrongly: 64, and no word of a bug', async () => {
    const [empty, lines] = [join(temporaryFolder(), 'empty'), join(temporaryFolder(), 'lines')];
    writeFileSync(empty, '\n');
    writeFileSync(lines, 'one\ntwo\n');
    for (const [args, said] of [
      [['--url', 'http://'], /^error: --url "http:\/\/" is no URL/],
      [['--token-file', `${lines}-not-there`], /^error: cannot read the token from /],
      [['--token-file', lines], /^error: \S+ holds more than a token/],
      [['--token', 'one\ntwo'], /^error: --token or PBX_WEBHOOKS_TOKEN holds more than a token/],
    ] as const) {
      const { code, err } = await cli('status', ...args);
      expect([args, code, err]).toEqual([args, 64, expect.stringMatching(said)]);
      expect(err).not.toContain('two');
    }
    expect((await cli('status', '--token-file', empty)).code).toBe(77);
  });

  test('what answers and is not the service is shown on one line, without what steers a terminal', async () => {
    receiver.behaviour = reply(404, 'not\u001b[31m\nhere\n');
    const { code, err } = await run(['status', '--url', receiver.url('')]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^pbx-webhooks: The answer \(status 404\) is not from the webhooks API: not.*here\. Does/,
    );
    expect(stripVTControlCharacters(err)).toBe(err);
  });

  test('the API is found by the configuration file, whatever else in it this user can’t read', async () => {
    const file = join(temporaryFolder(), 'config.yml');
    const { port } = new URL(service.apiUrl ?? '');
    const webhooks = {
      api: { port: Number(port), token: `\${API_TOKEN}` },
      sources: { ami: { username: 'u', secret: `\${NOT_SET_HERE}` } },
    };
    writeFileSync(file, stringify({ features: { webhooks } }));
    expect((await run(['subscriptions', 'list', '--config', file], { API_TOKEN: TOKEN })).code).toBe(0);
    const { code, err } = await run(['subscriptions', 'list', '--config', file]);
    expect(code).toBe(78);
    expect(err).toMatch(/config\.yml:\d+:\d+: features\.webhooks\.api\.token: .*API_TOKEN/);
  });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test('a table fits the width, in colour unless NO_COLOR says otherwise', async () => {
    const url = receiver.url(`/${'a-long-path/'.repeat(10)}`);
    await api.call('POST /', {
      body: { url, description: 'x', events: ['call.*', 'voicemail.*', 'queue.*'] },
    });
    const screenOf = async (columns: number, more: Record<string, string> = {}): Promise<string> => {
      const { screen, exit } = runOnTerminal(['subscriptions', 'list'], columns, {
        ...environment(),
        ...more,
      });
      expect(await exit).toBe(0);
      return screen.all.join('');
    };
    for (const columns of [120, 80, 40]) {
      const coloured = await screenOf(columns);
      const rows = stripVTControlCharacters(coloured).trimEnd().split(/\r?\n/);
      expect(rows).toHaveLength(2);
      for (const row of rows) expect(row.length).toBeLessThanOrEqual(columns);
      expect(rows[1]).toMatch(/^http:\S+… +active/);
      expect(rows[1]?.includes('sub_')).toBe(columns === 120);
      expect(coloured).toContain('\u001b[1m');
    }
    expect(await screenOf(80, { NO_COLOR: '1' })).not.toContain('\u001b[');
  });

  test('whoever would delete many is asked, and any answer but yes leaves all as it is', async () => {
    await deadLetters('/asked', 2);
    const ask = async (answer: string): Promise<number | null> => {
      const { screen, exit, type } = runOnTerminal(['dead-letters', 'delete', '--all'], 80, environment());
      await screen.first((text) => text.includes('Delete 2 dead letters for good? [y/N]'));
      type(answer);
      return exit;
    };
    expect(await ask('\n')).toBe(64);
    // Ctrl-D
    expect(await ask('\u0004')).toBe(64);
    expect((await api.call('GET /dead-letters')).items).toHaveLength(2);
    expect(await ask('y\n')).toBe(0);
    expect((await api.call('GET /dead-letters')).items).toEqual([]);
  });

  test('shows how far long work is, and at Ctrl-C says so and ends with 130', async () => {
    // As the API answers, but for ever.
    const endless = createServer((_, response) => {
      response.writeHead(202, { 'Content-Type': 'application/x-ndjson' });
      response.write('{"count":1234}\n');
    });
    endless.listen(0, '127.0.0.1');
    await once(endless, 'listening');
    onTestFinished(() => endless.closeAllConnections());
    onTestFinished(() => void endless.close());
    const address = endless.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const { screen, exit, type } = runOnTerminal(['dead-letters', 'retry', '--all', '--url', url], 80);
    await screen.first((text) => /1,234 sent again, [\d,]+\/s/.test(text));
    type('\u0003');
    expect(await exit).toBe(130);
    const said = stripVTControlCharacters(screen.all.join(''));
    expect(said).toContain('interrupted: 1234 sent again so far; the service goes on with the rest');
  });
});

describe('reload', () => {
  test('has the running service read its file again; a bad one is refused with all that is wrong', async () => {
    const own = temporaryFolder();
    const file = writeConfig(own, { subscriptions: [{ url: receiver.url('/one') }] });
    const started = runCli(['start', '--config', file]);
    const line = await started.output.first((each) => each.includes('API at '));
    const url = /API at (http:\S+?)\/api/.exec(line)?.[1] ?? '';
    const subscriptions = [{ url: receiver.url('/one') }, { url: receiver.url('/two') }];
    writeConfig(own, { subscriptions, worker_threads: 1 });
    expect(await run(['reload', '--url', url])).toEqual({
      code: 0,
      out: expect.stringContaining('2 subscriptions'),
      err: expect.stringContaining('worker_threads'),
    });
    writeConfig(own, { timeout: 'soon' });
    expect(await run(['reload', '--url', url])).toMatchObject({
      code: 1,
      err: expect.stringContaining('timeout'),
    });
    expect((await cli('reload')).err).toContain('There is no config file');
  });
});
