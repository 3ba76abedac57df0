import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { channelTo, startThread } from '../../../../src/delivery/sender/channel.ts';
import { type Answered, Member } from '../../../../src/delivery/sender/member.ts';
import type { Job, Target } from '../../../../src/delivery/sender/protocol.ts';
import { micro } from '../../../../src/util/clock.ts';
import { FakeClock } from '../../../support/clock.ts';
import { LineLogger, LOOPBACK } from '../../../support/engine.ts';
import { hang, Receiver } from '../../../support/receiver.ts';

let receiver: Receiver;
let member: Member<Job>;
let clock: FakeClock;
let logger: LineLogger;
let threads: Worker[];
let answers: Answered<Job>[];
let onAnswer: () => void;

const job: Job = {
  target: 1,
  events: [{ id: 'a.b-1', type: 'a.b', occurredAt: micro(0), data: '{"n":1}' }],
  attempt: 2,
};

beforeEach(async () => {
  receiver = await Receiver.start();
  clock = new FakeClock();
  logger = new LineLogger();
  threads = [];
  answers = [];
  onAnswer = () => {};
  const target: Target = {
    id: 1,
    url: receiver.url(),
    headers: {},
    secrets: ['s'],
    timeoutMs: 10_000,
    allow: LOOPBACK,
  };
  member = new Member({
    clock,
    logger,
    targets: new Map([[1, target]]),
    open: (listener) => {
      const thread = startThread();
      threads.push(thread);
      return channelTo(thread, listener);
    },
    onResults: (results) => {
      answers.push(...results);
      onAnswer();
    },
  });
});
afterEach(async () => {
  await member.stop();
  await receiver.stop();
});

function answered(count: number): Promise<void> {
  return new Promise((resolve) => {
    onAnswer = () => {
      if (answers.length >= count) {
        resolve();
      }
    };
    onAnswer();
  });
}

test('a thread that dies is replaced, and what it had under way is sent again and answered once', async () => {
  receiver.script.push(hang, hang);
  member.send(job);
  member.send({ ...job, attempt: 1 });
  await receiver.received(2);
  await threads[0]?.terminate();
  expect(await logger.line('died')).toMatch(/replaced in 0.1 s and sends its 2 attempts under way again/);
  clock.advance(100);
  await answered(2);
  expect(receiver.requests.map(({ headers }) => headers['x-webhook-attempt'])).toEqual(['2', '1', '2', '1']);
  expect(answers.map(([{ attempt }]) => attempt).sort()).toEqual([1, 2]);
  expect(member.load).toBe(0);
});

test('what is sent while no thread is there goes out once one is', async () => {
  await threads[0]?.terminate();
  await logger.line('died');
  member.send(job);
  clock.advance(100);
  await answered(1);
  expect(answers[0]?.[1].outcome).toMatchObject({ kind: 'response', response: { status: 204 } });
});

test('an attempt under way at three deaths in a row is given up as failed', async () => {
  receiver.behaviour = hang;
  member.send(job);
  for (const [death, delay] of [100, 200, 400].entries()) {
    await receiver.received(death + 1);
    await threads[death]?.terminate();
    await logger.line(`replaced in ${delay / 1000} s`);
    clock.advance(delay);
  }
  await answered(1);
  expect(answers[0]?.[1].outcome).toMatchObject({ kind: 'error', code: 'aborted' });
});

test('a target that was forgotten meanwhile fails the attempt, and harms nothing', async () => {
  member.send({ ...job, target: 7 });
  await answered(1);
  expect(answers[0]?.[1].outcome).toMatchObject({ code: 'aborted', message: 'The subscription was removed' });
  member.send(job);
  await answered(2);
  expect(threads).toHaveLength(1);
});
