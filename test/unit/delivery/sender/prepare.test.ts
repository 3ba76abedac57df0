import { afterAll, beforeAll, expect, test } from 'vitest';
import { SenderHere } from '../../../../src/delivery/sender/here.ts';
import type { Job, Target } from '../../../../src/delivery/sender/protocol.ts';
import { Sender } from '../../../../src/delivery/sender/send.ts';
import type { Attempt } from '../../../../src/model/delivery.ts';
import type { EnvelopeParts } from '../../../../src/model/event.ts';
import { micro } from '../../../../src/util/clock.ts';
import { FakeClock } from '../../../support/clock.ts';
import { Receiver } from '../../../support/receiver.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(() => receiver.stop());

const EVENT: EnvelopeParts = { id: 'a.b-1', type: 'a.b', occurredAt: micro(0), data: '{"n":1}' };
const JOB: Job = { target: 1, events: [EVENT], attempt: 1 };

function target(changes: Partial<Target> = {}): Target {
  const url = receiver.url();
  return {
    id: 1,
    url,
    headers: {},
    secrets: ['old'],
    timeoutMs: 10_000,
    allow: ['127.0.0.0/8'],
    ...changes,
  };
}

interface Setup {
  readonly sender: Sender;
  readonly clock: FakeClock;
}

/** What the receiver gets of one job, after `before` was done to a sender. */
async function requestAfter(before: (setup: Setup) => void, job: Job): Promise<unknown> {
  const clock = new FakeClock();
  const done = Promise.withResolvers<Attempt>();
  const sender = new Sender(clock, ({ attempt }) => done.resolve(attempt));
  sender.setTarget(target());
  sender.setTarget(target({ id: 2, secrets: ['of another'] }));
  const sentBefore = receiver.requests.length;
  before({ sender, clock });
  sender.send({ id: 1, ...job });
  expect((await done.promise).outcome.kind).toBe('response');
  await sender.stop();
  const [request, ...others] = receiver.requests.slice(sentBefore);
  expect(others).toEqual([]);
  return { rawHeaders: request?.rawHeaders, body: request?.body };
}

test.each<[string, (setup: Setup) => void, Job]>([
  ['just so', () => {}, JOB],
  ['in the same second', ({ clock }) => clock.advance(999), JOB],
  ['in the next second', ({ clock }) => clock.advance(1_000), JOB],
  ['by another secret', ({ sender }) => sender.setTarget(target({ secrets: ['new'] })), JOB],
  ['with other headers', ({ sender }) => sender.setTarget(target({ headers: { Authorization: 'x' } })), JOB],
  ['a second time', () => {}, { ...JOB, attempt: 2 }],
  ['another event of the same id', () => {}, { ...JOB, events: [{ ...EVENT, data: '{"n":2}' }] }],
  ['to another target', () => {}, { ...JOB, target: 2 }],
])('what was prepared goes as if it had not been: %s', async (_name, between, job) => {
  const plain = await requestAfter(between, job);
  const prepared = await requestAfter((setup) => {
    setup.sender.prepare(JOB);
    between(setup);
  }, job);
  expect(prepared).toEqual(plain);
});

/** An event that tells how often its data was asked for. */
function watched(): { readonly event: EnvelopeParts; readonly asked: () => number } {
  let asked = 0;
  const event = {
    ...EVENT,
    get data() {
      asked += 1;
      return '{}';
    },
  };
  return { event, asked: () => asked };
}

test('a prepared request is not made once more', async () => {
  const { event, asked } = watched();
  const job: Job = { ...JOB, events: [event] };
  await requestAfter(() => {}, job);
  const once = asked();
  await requestAfter(({ sender }) => sender.prepare(job), job);
  expect(once).toBeGreaterThan(0);
  expect(asked()).toBe(2 * once);
});

test('what has content of its own is not made ahead: it may take long', () => {
  const sender = new Sender(new FakeClock(), () => {});
  const { event, asked } = watched();
  sender.setTarget(target({ content: { format: 'cloudevents', batch: false, headers: {} } }));
  sender.prepare({ ...JOB, events: [event] });
  expect(asked()).toBe(0);
  return sender.stop();
});

test('what was prepared for a target that is gone is not sent', async () => {
  const sentBefore = receiver.requests.length;
  const done = Promise.withResolvers<Attempt>();
  const sender = new Sender(new FakeClock(), ({ attempt }) => done.resolve(attempt));
  sender.setTarget(target());
  sender.prepare(JOB);
  sender.forget(1);
  sender.send({ id: 1, ...JOB });
  expect((await done.promise).outcome).toMatchObject({ kind: 'error', code: 'aborted' });
  await sender.stop();
  expect(receiver.requests.length).toBe(sentBefore);
});

test('the sender of this thread sends nothing once it has stopped', async () => {
  const told = Promise.withResolvers<void>();
  const sender = new SenderHere({
    clock: new FakeClock(),
    resolve: undefined,
    onResults: () => told.resolve(),
  });
  sender.setTarget(target());
  sender.send(JOB);
  await told.promise;
  const sent = receiver.requests.length;
  await sender.stop();
  sender.send(JOB);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(receiver.requests.length).toBe(sent);
});
