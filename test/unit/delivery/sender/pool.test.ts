import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChannelListener } from '../../../../src/delivery/sender/channel.ts';
import type { Answered } from '../../../../src/delivery/sender/member.ts';
import { SenderPool } from '../../../../src/delivery/sender/pool.ts';
import {
  type Job,
  packResult,
  type Target,
  type ToSender,
  unpackJobs,
} from '../../../../src/delivery/sender/protocol.ts';
import { micro } from '../../../../src/util/clock.ts';
import type { Field } from '../../../../src/util/fields.ts';
import { FakeClock } from '../../../support/clock.ts';
import { LineLogger, LOOPBACK } from '../../../support/engine.ts';

const PLAIN = 1;
const BATCHED = 2;
const TRANSFORMED = 3;

/** A thread that has been handed jobs, and answers when it is told to. */
interface Thread {
  readonly listener: ChannelListener;
  readonly jobs: number[];
}

let threads: Thread[];
let answers: Answered<Job>[];
let pool: SenderPool<Job>;
let clock: FakeClock;

beforeEach(() => {
  threads = [];
  answers = [];
  clock = new FakeClock();
  pool = new SenderPool<Job>({
    threads: 3,
    clock,
    logger: new LineLogger(),
    onResults: (results) => answers.push(...results),
    open: (listener) => {
      const thread: Thread = { listener, jobs: [] };
      threads.push(thread);
      return { post: (message: ToSender) => take(thread, message), stop: async () => {} };
    },
  });
  const content = { format: 'pbx', batch: false, headers: {} } as const;
  pool.setTarget(target(PLAIN, undefined));
  pool.setTarget(target(BATCHED, { ...content, batch: true }));
  pool.setTarget(target(TRANSFORMED, { ...content, transform: '$' }));
  // Whatever comes first goes from the main thread: the clock stands still, so that nothing does after it.
  pool.send({ target: PLAIN, events: [], attempt: 1 });
});
afterEach(() => pool.stop());

function target(id: number, content: Target['content']): Target {
  const url = 'http://127.0.0.1:9/';
  return { id, url, headers: {}, secrets: [], timeoutMs: 1_000, allow: LOOPBACK, content };
}

function take({ jobs }: Thread, message: ToSender): void {
  if (message.op === 'jobs') jobs.push(...unpackJobs(message).map(({ id }) => id));
}

async function send(count: number, to: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const event = { id: `a.b-${n}`, type: 'a.b', occurredAt: micro(0), data: '{}' };
    pool.send({ target: to, events: [event], attempt: 1 });
  }
  await new Promise(setImmediate);
}

function resultsOf(jobs: readonly number[]): readonly Field[] {
  const results: Field[] = [];
  for (const job of jobs) {
    const outcome = { kind: 'response', response: { status: 204, headers: '{}', body: '' } } as const;
    packResult(results, { job, attempt: { number: 1, startedAt: micro(0), durationMs: 1, outcome } });
  }
  return results;
}

function loads(): readonly number[] {
  return threads.map(({ jobs }) => jobs.length);
}

test('the first thread is filled before another is woken; then they share', async () => {
  await send(5, PLAIN);
  await send(3, BATCHED);
  expect(loads()).toEqual([8, 0, 0]);
  await send(16, PLAIN);
  expect(loads()).toEqual([8, 8, 8]);
  await send(3, PLAIN);
  expect(loads()).toEqual([9, 9, 9]);
});

test('transforms begin at the other end, and share once that is full too', async () => {
  await send(2, TRANSFORMED);
  expect(loads()).toEqual([0, 0, 2]);
  await send(1, PLAIN);
  expect(loads()).toEqual([1, 0, 2]);
  await send(6, TRANSFORMED);
  expect(loads()).toEqual([1, 0, 8]);
  await send(3, TRANSFORMED);
  expect(loads()).toEqual([2, 2, 8]);
});

test('a thread that died gets nothing new while another is there', async () => {
  await send(1, PLAIN);
  threads[0]?.listener.onDeath(new Error('gone'));
  await send(3, PLAIN);
  expect(loads()).toEqual([1, 3, 0]);
  clock.advance(100);
  // The first of them goes from the main thread: there was none for a while.
  await send(2, PLAIN);
  // The one that took its place was handed what that had under way.
  expect(loads()).toEqual([1, 3, 0, 2]);
});

test('once it has stopped nothing is sent, and no late answer is for something else', async () => {
  await send(1, PLAIN);
  answers = [];
  const [first] = threads;
  await pool.stop();
  await send(1, PLAIN);
  expect(loads()).toEqual([1, 0, 0]);
  first?.listener.onMessage({ results: resultsOf(first.jobs) });
  expect(answers).toEqual([]);
});

test('what was answered makes room, and comes back to whoever sent it', async () => {
  await send(9, PLAIN);
  expect(loads()).toEqual([8, 1, 0]);
  const [first] = threads;
  answers = [];
  first?.listener.onMessage({ results: resultsOf(first.jobs.splice(0, 3)) });
  expect(answers.map(([job]) => job.events[0]?.id)).toEqual(['a.b-0', 'a.b-1', 'a.b-2']);
  await send(4, PLAIN);
  expect(loads()).toEqual([8, 1, 1]);
});
