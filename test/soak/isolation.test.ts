import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/util/clock.ts';
import { LOOPBACK, type Rig, startRig, temporaryFolder } from '../support/engine.ts';
import { type Behaviour, hang, Receiver } from '../support/receiver.ts';

/** `EVENTS=100000 npm test -- --project soak` takes some minutes. */
const EVENTS = Number(process.env['EVENTS'] ?? 3_000);
const HANGING = 50;
const REFUSING = 20;
const DRIPPING = 10;
const HEALTHY = 5;
const AT_ONCE = 200;

/** A head, then a byte now and then, without an end. */
const drip: Behaviour = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), 200);
  response.on('close', () => clearInterval(timer));
};

const folder = temporaryFolder();
const healthy = new Map<string, Set<string>>();
let receiver: Receiver;
let rig: Rig<typeof systemClock>;

beforeAll(async () => {
  receiver = await Receiver.start();
  receiver.behaviour = (response, request) => {
    const { url = '' } = request;
    if (url.startsWith('/hang')) hang(response, request);
    else if (url.startsWith('/drip')) drip(response, request);
    else {
      const ids = healthy.get(url) ?? new Set();
      healthy.set(url, ids.add(String(request.headers['x-webhook-id'])));
      response.writeHead(204).end();
    }
  };
  rig = await startRig({
    folder: folder.path,
    clock: systemClock,
    settings: { workerThreads: 2, timeoutMs: 5_000, allow: LOOPBACK },
  });
});
afterAll(async () => {
  await rig.stop();
  await receiver.stop();
  folder.remove();
});

/** A port of this machine that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 1;
}

test(`${HANGING} hanging, ${REFUSING} refusing and ${DRIPPING} dripping receivers keep nothing from ${HEALTHY} healthy ones`, async () => {
  const port = await closedPort();
  const add = (url: string): Promise<unknown> => rig.registry.add({ url, events: ['*'] });
  for (let n = 0; n < HANGING; n += 1) await add(receiver.url(`/hang/${n}`));
  for (let n = 0; n < REFUSING; n += 1) await add(`http://127.0.0.1:${port}/${n}`);
  for (let n = 0; n < DRIPPING; n += 1) await add(receiver.url(`/drip/${n}`));
  for (let n = 0; n < HEALTHY; n += 1) await add(receiver.url(`/well/${n}`));

  const ids: string[] = [];
  for (let n = 0; n < EVENTS; n += AT_ONCE) {
    const events = Array.from({ length: Math.min(AT_ONCE, EVENTS - n) }, (_, i) =>
      rig.engine.publish({ type: 'call.started', occurredAt: systemClock.now(), data: { n: n + i } }),
    );
    ids.push(...(await Promise.all(events)));
  }
  const all = (): boolean =>
    healthy.size === HEALTHY && [...healthy.values()].every(({ size }) => size === EVENTS);
  while (!all()) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const received of healthy.values()) expect([...received].sort()).toEqual([...ids].sort());
  // The others got nothing out of it: what is theirs waits for them.
  for (const { id, url } of rig.registry.list()) {
    const { successCount, backlog } = rig.engine.stats(id);
    if (!url.includes('/well/'))
      expect({ url, successCount, waits: backlog > 0 }).toEqual({ url, successCount: 0, waits: true });
  }
});
