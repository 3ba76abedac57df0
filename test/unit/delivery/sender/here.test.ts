import { afterAll, beforeAll, expect, test } from 'vitest';
import { SenderHere } from '../../../../src/delivery/sender/here.ts';
import type { Job } from '../../../../src/delivery/sender/protocol.ts';
import { micro } from '../../../../src/util/clock.ts';
import { FakeClock } from '../../../support/clock.ts';
import { Receiver } from '../../../support/receiver.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(() => receiver.stop());

const JOB: Job = {
  target: 1,
  events: [{ id: 'a.b-1', type: 'a.b', occurredAt: micro(0), data: '{"n":1}' }],
  attempt: 1,
};

test('the sender of this thread sends nothing once it has stopped', async () => {
  const told = Promise.withResolvers<void>();
  const sender = new SenderHere({
    clock: new FakeClock(),
    resolve: undefined,
    onResults: () => told.resolve(),
  });
  const url = receiver.url();
  const allow = ['127.0.0.0/8'];
  sender.setTarget({ id: 1, url, headers: {}, secrets: ['geheim'], timeoutMs: 10_000, allow });
  sender.send(JOB);
  await told.promise;
  const sent = receiver.requests.length;
  await sender.stop();
  sender.send(JOB);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(receiver.requests.length).toBe(sent);
});
