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
/** A hanging attempt is given up after so long; whoever waits for none of them gets everything sooner. */
const TIMEOUT_MS = 5_000;
/** Events that a healthy one may be behind before more are published: how fast they come is not what is tested. */
const MOST_BEHIND = 1_000;

/** A head, then a byte now and then, without an end. */
const drip: Behaviour = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), 200);
  response.on('close', () => clearInterval(timer));
};

const folder = temporaryFolder();
/** Of each healthy receiver when it got which event. */
const healthy = new Map<string, Map<string, number>>();
let receiver: Receiver;
let rig: Rig<typeof systemClock>;

beforeAll(async () => {
  receiver = await Receiver.start();
  receiver.behaviour = (response, request) => {
    const { url = '' } = request;
    if (url.startsWith('/hang')) hang(response, request);
    else if (url.startsWith('/drip')) drip(response, request);
    else {
      const arrivals = healthy.get(url) ?? new Map<string, number>();
      healthy.set(url, arrivals.set(String(request.headers['x-webhook-id']), performance.now()));
      response.writeHead(204).end();
    }
  };
  rig = await startRig({
    folder: folder.path,
    clock: systemClock,
    settings: { workerThreads: 2, timeoutMs: TIMEOUT_MS, allow: LOOPBACK },
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

test(`${HANGING} hanging, ${REFUSING} refusing and ${DRIPPING} dripping receivers keep nothing from ${HEALTHY} healthy ones, nor hold it up`, async () => {
  const port = await closedPort();
  const add = (url: string): Promise<unknown> => rig.registry.add({ url, events: ['*'] });
  for (let n = 0; n < HANGING; n += 1) await add(receiver.url(`/hang/${n}`));
  for (let n = 0; n < REFUSING; n += 1) await add(`http://127.0.0.1:${port}/${n}`);
  for (let n = 0; n < DRIPPING; n += 1) await add(receiver.url(`/drip/${n}`));
  for (let n = 0; n < HEALTHY; n += 1) await add(receiver.url(`/well/${n}`));

  const accepted = new Map<string, number>();
  const behind = (): number => accepted.size - Math.min(...Array.from(healthy.values(), ({ size }) => size));
  const caughtUp = async (most: number): Promise<void> => {
    while (healthy.size < HEALTHY || behind() > most) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  for (let n = 0; n < EVENTS; n += AT_ONCE) {
    const events = Array.from({ length: Math.min(AT_ONCE, EVENTS - n) }, async (_, i) => {
      const event = { type: 'call.started', occurredAt: systemClock.now(), data: { n: n + i } };
      accepted.set(await rig.engine.publish(event), performance.now());
    });
    await Promise.all(events);
    await caughtUp(MOST_BEHIND);
  }
  await caughtUp(0);
  for (const arrivals of healthy.values()) {
    expect([...arrivals.keys()].sort()).toEqual([...accepted.keys()].sort());
    const late = Array.from(arrivals, ([id, at]) => at - (accepted.get(id) ?? 0));
    expect(late.filter((ms) => ms >= TIMEOUT_MS)).toEqual([]);
  }
  // The others got nothing out of it: what is theirs waits for them.
  for (const { id, url } of rig.registry.list()) {
    const { successCount, backlog } = rig.engine.stats(id);
    if (!url.includes('/well/'))
      expect({ url, successCount, waits: backlog > 0 }).toEqual({ url, successCount: 0, waits: true });
  }
});
