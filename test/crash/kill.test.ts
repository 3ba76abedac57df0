import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../support/engine.ts';
import { type Behaviour, Receiver, reply, reset } from '../support/receiver.ts';

/** More take longer: `KILLS=1000 npm test -- --project crash` is about half an hour. */
const KILLS = Number(process.env['KILLS'] ?? 30);
const LIMIT_MS = 60_000 + KILLS * 5_000;
const EVENTS_PER_LIFE = 600;
const publisher = new URL('../support/crash-publisher.ts', import.meta.url).pathname;

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await receiver.stop();
  folder.remove();
});

/** Ids of events in the order in which a path first took them. */
const taken = new Map<string, Set<string>>();

/** Most requests are taken; some fail, some break off, some are answered late. */
const moody: Behaviour = (response, request) => {
  const mood = Math.random();
  const behaviour = mood < 0.03 ? reset : mood < 0.1 ? reply(503) : take;
  if (mood > 0.95) {
    setTimeout(() => behaviour(response, request), 30);
  } else {
    behaviour(response, request);
  }
};

const take: Behaviour = (response, request) => {
  const { url = '' } = request;
  const ids = taken.get(url) ?? new Set();
  taken.set(url, ids.add(String(request.headers['x-webhook-id'])));
  reply(204)(response, request);
};

/** Runs a publisher; `onAccepted` hears of each id, and may kill it. Resolves when it has ended. */
async function live(events: number, onAccepted: (id: string) => void, killAfterMs?: number): Promise<void> {
  const args = [publisher, join(folder.path, 'webhooks.db'), `${receiver.url('/a')},${receiver.url('/b')}`];
  const process_ = spawn(process.execPath, [...args, String(events)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = process_;
  const exited = once(process_, 'exit');
  if (killAfterMs !== undefined) {
    setTimeout(() => process_.kill('SIGKILL'), killAfterMs);
  }
  for await (const line of createInterface(process_.stdout)) {
    onAccepted(line);
  }
  const [code, signal] = await exited;
  expect(signal ?? code).toBe(events === 0 ? 0 : 'SIGKILL');
}

/** Events that came before an earlier one of their call; a call is that of one process and every fifteenth event. */
function outOfOrder(data: readonly { readonly startedAt: number; readonly n: number }[]): string[] {
  const last = new Map<string, number>();
  return data.flatMap(({ startedAt, n }) => {
    const call = `${startedAt}.${n % 15}`;
    const before = last.get(call) ?? 0;
    last.set(call, Math.max(before, n));
    return n < before ? [`${call}: ${n} after ${before}`] : [];
  });
}

test(
  `kill -9 at ${KILLS} random moments under load loses no accepted event, changes no id, keeps the order of each call`,
  async () => {
    receiver.behaviour = moody;
    const accepted: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      // One in five at any moment from the start of the process, the others while it accepts events.
      const early = kill % 5 === 0 ? Math.random() * 800 : undefined;
      let left = 1 + Math.floor(Math.random() * (EVENTS_PER_LIFE - 1));
      await live(
        EVENTS_PER_LIFE,
        (id) => {
          accepted.push(id);
          left -= 1;
          if (left === 0 && early === undefined) {
            child?.kill('SIGKILL');
          }
        },
        early,
      );
    }
    await live(0, (id) => accepted.push(id));

    expect(accepted.length).toBeGreaterThan(KILLS * 10);
    expect(new Set(accepted).size).toBe(accepted.length);
    for (const path of ['/a', '/b']) {
      const bodies = new Map<string, string>();
      for (const request of receiver.requests) {
        if (request.path === path) {
          const id = String(request.headers['x-webhook-id']);
          expect(JSON.parse(request.body).event_id).toBe(id);
          expect(bodies.get(id) ?? request.body).toBe(request.body);
          bodies.set(id, request.body);
        }
      }
      expect(accepted.filter((id) => !bodies.has(id))).toEqual([]);
      const numbers = [...(taken.get(path) ?? [])].map((id) => JSON.parse(bodies.get(id) ?? '{}').data);
      expect(outOfOrder(numbers)).toEqual([]);
      const events = [...bodies.values()].map((body) => JSON.stringify(JSON.parse(body).data));
      expect(new Set(events).size).toBe(events.length);
    }
  },
  LIMIT_MS,
);
