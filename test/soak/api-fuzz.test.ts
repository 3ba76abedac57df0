import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../src/api/schemas/common.ts';
import { documented } from '../support/documented.ts';
import { temporaryFolder } from '../support/engine.ts';
import { bytesOf, type FuzzRequest, fuzzRequests, isWhole } from '../support/fuzz/requests.ts';
import { exchange, type RawAnswer } from '../support/raw-http.ts';
import { Receiver } from '../support/receiver.ts';

/** `FUZZ_SEED=1 npm test -- --project soak test/soak/api-fuzz.test.ts` asks the same again. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 10_000);
/** What fills once has filled by then: code that V8 compiles, tables of the last hour, pools. */
const WARM = REQUESTS / 5;
const AT_ONCE = 8;

/** Fits into what the two systems hold back. */
const UNREAD = 50_000;

const MOST_GROWTH = 5_000_000;

const folder = temporaryFolder();
let receiver: Receiver;
let service: ChildProcess;
let port: number;

const started = z.object({ kind: z.literal('started'), port: z.int() });
const holds = z.object({ kind: z.literal('holds'), heap: z.number(), errors: z.array(z.string()) });

beforeAll(async () => {
  receiver = await Receiver.start();
  receiver.behaviour = (response, { url = '' }) => response.writeHead(url.endsWith('/bad') ? 500 : 204).end();
  const config = {
    api: { port: 0 },
    network: { allow: [new URL(receiver.url()).host] },
    store: { url: 'sqlite:webhooks.db' },
    max_retries: 1,
  };
  const program = fileURLToPath(new URL('../support/service-process.ts', import.meta.url));
  service = fork(program, [folder.path, JSON.stringify(config)]);
  const [news] = await once(service, 'message');
  port = started.parse(news).port;
});
afterAll(async () => {
  const ended = once(service, 'exit');
  service.disconnect();
  await ended;
  await receiver.stop();
  folder.remove();
});

test(`${REQUESTS} spoilt requests get successes and refusals with a code, and leave nothing behind (seed ${SEED})`, {
  timeout: 600_000,
}, async () => {
  const places = ['a', 'b', 'c', 'bad'].map((name) => receiver.url(`/${name}`));
  const requests = fc.sample(fuzzRequests(places), { seed: SEED, numRuns: REQUESTS });
  const tally = new Map<string, number>();
  await askAll(requests.slice(0, WARM), 0, tally);
  const before = await held();
  await askAll(requests.slice(WARM), WARM, tally);
  const after = await held();
  expect(after.errors).toEqual([]);
  expect(after.heap - before.heap).toBeLessThan(MOST_GROWTH);
  // That what was right got through shows that what was wrong was looked at.
  for (const status of ['200', '201', '202', '400', '404', '405', '409', '413', '415']) {
    expect([...tally.keys()], `${status} among ${[...tally].join(' ')}`).toContain(status);
  }
  await checkSubscriptions();
});

async function askAll(
  requests: readonly FuzzRequest[],
  first: number,
  tally: Map<string, number>,
): Promise<void> {
  let next = 0;
  let known = await whatIsKnown();
  const worker = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      if (index % 200 === 0) known = await whatIsKnown();
      const request = requests[index];
      if (request === undefined) return;
      const answers = await exchange(port, bytesOf(request, known), !isWhole(request));
      try {
        await check(request, answers);
      } catch (error) {
        const shown = JSON.stringify({ ...request, body: request.body?.toString('latin1').slice(0, 500) });
        throw new Error(`request ${first + index} of seed ${SEED}: ${shown.slice(0, 3_000)}`, {
          cause: error,
        });
      }
      for (const { status } of answers) tally.set(String(status), (tally.get(String(status)) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Something to ask for: requests delete what there is. */
async function whatIsKnown() {
  const call = async (path: string, body?: object) => {
    const json = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    };
    const response = await fetch(`http://127.0.0.1:${port}/api/webhooks${path}`, body && json);
    return response.json();
  };
  await call('', { url: receiver.url('/known'), events: ['*'] });
  await call('', { url: receiver.url('/bad'), events: ['*'] });
  await call('/events', { event_type: 'call.started', data: { call_id: '1701964800.42' } });
  const one = z.object({ url: z.string(), id: z.string() });
  const subscriptions = z.array(one).parse(await call(''));
  const delivery = z.object({ id: z.int(), event_id: z.string() });
  const { items } = z.object({ items: z.array(delivery) }).parse(await call('/deliveries?limit=1'));
  return {
    subscription: subscriptions.find(({ url }) => url.endsWith('/known'))?.id ?? 'sub_none',
    delivery: String(items[0]?.id ?? 1),
    event: items[0]?.event_id ?? '',
  };
}

async function check(request: FuzzRequest, answers: readonly RawAnswer[]): Promise<void> {
  if (isWhole(request)) expect(answers.length, 'it is answered').toBeGreaterThan(0);
  for (const { status, body, isCut } of answers) {
    expect(
      [200, 201, 202, 204, 301].includes(status) || (status >= 400 && status < 500),
      `status ${status}`,
    ).toBe(true);
    if (status >= 400 && body.length > 0 && !isCut) problemSchema.parse(JSON.parse(body.toString()));
  }
  const [answer] = answers;
  // A body that nobody reads ends the connection at once, and what had not been sent by then with it.
  if ((request.body?.length ?? 0) < UNREAD) expect(answer?.isCut ?? false, 'it is whole').toBe(false);
  const isPlain =
    isWhole(request) &&
    answers.length === 1 &&
    !answer?.isCut &&
    URL.canParse(request.target, 'http://localhost');
  if (answer === undefined || !isPlain) return;
  const { status, headers } = answer;
  const content =
    status === 204 || status === 301 || request.method === 'HEAD' ? null : Buffer.from(answer.body);
  await documented(request.method, request.target, new Response(content, { status, headers }));
}

async function held() {
  const news = once(service, 'message');
  service.send('holds');
  return holds.parse((await news)[0]);
}

/** What was let in can be shown, kept and sent. */
async function checkSubscriptions(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/webhooks`);
  const listed = z
    .array(z.object({ url: z.url(), header_names: z.array(z.string()) }))
    .parse(await response.json());
  for (const { url, header_names } of listed) {
    expect(URL.parse(url)?.href).toBe(url);
    expect(() => new Headers(header_names.map((name) => [name, 'v']))).not.toThrow();
  }
}
