import { once } from 'node:events';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fullPath, methodOf, OPERATION_LIST } from '../../scripts/api-docs/document.ts';
import { SAMPLES } from '../../scripts/api-docs/samples.ts';
import { type AnyRequest, written } from '../../src/api/client/request.ts';
import { cli, temporaryFolder, writeConfig } from '../support/cli.ts';
import { type RunningService, type ServiceFolder, serviceFolder } from '../support/service.ts';

const URL_A = 'https://192.0.2.1/hook';
const EVIL = 'https://evil.example';
const PROBES = ['/healthz', '/readyz'];

/** Every call of the table as its sample has it, and what is beside them. */
const CALLS = [
  ...OPERATION_LIST.map(([key]) => {
    const sample: AnyRequest = SAMPLES[key].request;
    const { path, init } = written(key, sample);
    const isBeside = !fullPath(key).startsWith('/api/');
    return {
      method: methodOf(key),
      path: isBeside ? fullPath(key) : `/api/webhooks${path}`,
      body: typeof init.body === 'string' ? init.body : undefined,
    };
  }),
  { method: 'GET', path: '/webhooks/', body: undefined },
  { method: 'GET', path: '/nothing', body: undefined },
];
const isOpen = ({ path }: { readonly path: string }) => PROBES.includes(path) || path === '/webhooks/';

let folder: ServiceFolder;
let running: RunningService;
beforeEach(() => {
  folder = serviceFolder();
});
afterEach(() => folder.remove());

async function start(api: object = {}): Promise<void> {
  running = await folder.start({ api: { port: 0, ...api }, subscriptions: [{ url: URL_A }] });
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** As bytes on a socket: `fetch` would not say another Host, nor that it is a page. */
async function ask(
  { method, path, body }: (typeof CALLS)[number],
  headers: Record<string, string>,
): Promise<Answer> {
  const asked = request(new URL(path, running.service.apiUrl), {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  });
  asked.end(body);
  const [response] = await once(asked, 'response');
  const isStream = response.headers['content-type'] === 'text/event-stream';
  const text = isStream ? '' : Buffer.concat(await response.toArray()).toString();
  asked.destroy();
  return { status: response.statusCode, headers: response.headers, text };
}

const codeOf = ({ text }: Answer): unknown => JSON.parse(text).code;

/** That nothing was changed. */
async function expectUntouched(token?: string): Promise<void> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const list = await ask({ method: 'GET', path: '/api/webhooks', body: undefined }, headers);
  expect(JSON.parse(list.text)).toMatchObject([{ url: URL_A, enabled: true, description: null }]);
}

describe('without a token', () => {
  it('it does not start on an address that others reach, and says what to set', async () => {
    const own = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => address);
    for (const host of ['0.0.0.0', '::', ...own]) {
      await expect(start({ host })).rejects.toThrow(/api\.host.*api\.token/s);
    }
    const config = writeConfig(temporaryFolder(), { api: { host: '0.0.0.0', port: 0 } });
    const { code, err, out } = await cli(['start', '--config', config]);
    expect(code).toBe(78);
    expect(err + out).toMatch(/api\.host.*api\.token/s);
  });

  it('a rebound Host is refused by every call, by the dashboard and by the stream', async () => {
    await start();
    for (const call of CALLS) {
      for (const host of [
        'rebound.example',
        `rebound.example:${new URL(running.service.apiUrl ?? '').port}`,
      ]) {
        const answer = await ask(call, { host, 'sec-fetch-site': 'same-origin' });
        expect([answer.status, codeOf(answer)], call.path).toEqual([403, 'host_refused']);
      }
    }
    await expectUntouched();
  });

  it('a page of another origin reads nothing and changes nothing, whatever it sends', async () => {
    await start();
    for (const call of CALLS) {
      for (const page of [
        { origin: EVIL },
        { origin: EVIL, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
        { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
        // As a form sends it, without asking first.
        { origin: EVIL, 'content-type': 'text/plain' },
      ]) {
        const answer = await ask(call, page);
        expect([answer.status, codeOf(answer)], call.path).toEqual([403, 'origin_refused']);
        expect(headersThatShare(answer)).toEqual([]);
      }
    }
    await expectUntouched();
  });

  it('a page that asks first is told that it may not', async () => {
    await start();
    for (const call of CALLS) {
      const answer = await ask(
        { ...call, method: 'OPTIONS', body: undefined },
        {
          origin: EVIL,
          'access-control-request-method': call.method,
          'access-control-request-headers': 'authorization, content-type',
        },
      );
      expect(answer.status).toBe(403);
      expect(headersThatShare(answer)).toEqual([]);
    }
  });
});

describe('with a token', () => {
  const TOKEN = 'the-right-one';

  it('every call but probes and the files of the dashboard is refused to who does not bear it', async () => {
    await start({ token: TOKEN });
    for (const call of CALLS.filter((one) => !isOpen(one))) {
      for (const authorization of [
        '',
        'Bearer',
        'Bearer the-wrong-one',
        `Bearer ${TOKEN}x`,
        `Basic ${TOKEN}`,
      ]) {
        const answer = await ask(call, authorization === '' ? {} : { authorization });
        expect([answer.status, codeOf(answer)], call.path).toEqual([401, 'unauthorized']);
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="pbx-webhooks"');
        expect(answer.text).not.toContain(TOKEN);
      }
    }
    await expectUntouched(TOKEN);
  });

  it('what needs none tells nothing of the PBX', async () => {
    await start({ token: TOKEN });
    for (const call of CALLS.filter(isOpen)) {
      const { text, status } = await ask(call, {});
      expect([200, 404]).toContain(status);
      expect(text).not.toMatch(/192\.0\.2\.1|checks|engine/);
    }
  });

  it('a page of another origin reads nothing, and changes nothing even with the token', async () => {
    await start({ token: TOKEN });
    for (const call of CALLS) {
      const isChange = call.method !== 'GET';
      const page = { origin: EVIL, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
      const answer = await ask(call, { ...page, ...(isChange && { authorization: `Bearer ${TOKEN}` }) });
      if (!isOpen(call)) expect(answer.status, call.path).toBe(isChange ? 403 : 401);
      expect(headersThatShare(answer)).toEqual([]);
      expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
    }
    await expectUntouched(TOKEN);
  });
});

/** Without these a browser keeps what came from the page that asked. */
function headersThatShare({ headers }: Answer): readonly string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control-'));
}
