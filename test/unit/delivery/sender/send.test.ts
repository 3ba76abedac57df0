import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endpointOf, isLocalName } from '../../../../src/delivery/address-guard.ts';
import type { Target } from '../../../../src/delivery/sender/protocol.ts';
import { Sender } from '../../../../src/delivery/sender/send.ts';
import type { AttemptOutcome } from '../../../../src/model/delivery.ts';
import { micro } from '../../../../src/util/clock.ts';
import { FakeClock } from '../../../support/clock.ts';
import { INNER_HOSTS } from '../../../support/inner-hosts.ts';
import { Receiver, reply } from '../../../support/receiver.ts';

let receiver: Receiver;
let port: string;
/** What every name resolves to. */
let addresses: readonly string[];

beforeAll(async () => {
  receiver = await Receiver.start();
  // Each delivery needs a connection of its own, and so a lookup.
  receiver.behaviour = reply(204, '', { connection: 'close' });
  port = new URL(receiver.origin).port;
});
afterAll(() => receiver.stop());

/** What comes of one attempt after the other to one target. */
function senderTo(url: string, allow: Target['allow'] = []) {
  let answer: (outcome: AttemptOutcome) => void = () => {};
  const sender = new Sender(
    new FakeClock(),
    ({ attempt }) => answer(attempt.outcome),
    () => Promise.resolve(addresses),
  );
  sender.setTarget({ id: 1, url, headers: {}, secrets: [], timeoutMs: 10_000, allow });
  return {
    send: () =>
      new Promise<AttemptOutcome>((resolve) => {
        answer = resolve;
        sender.send({
          id: 1,
          target: 1,
          events: [{ id: 'a.b-1', type: 'a.b', occurredAt: micro(0), data: '{}' }],
          attempt: 1,
        });
      }),
    stop: () => sender.stop(),
  };
}

const refused = {
  kind: 'error',
  code: 'refused_address',
  message: expect.stringMatching(/ is .*; to send there, add ".*" to features\.webhooks\.network\.allow$/),
};

describe.each(INNER_HOSTS)('%s', (host) => {
  test('is not connected to', async () => {
    const { send, stop } = senderTo(`http://${host}:${port}/literal`);
    addresses = ['127.0.0.1'];
    expect(await send()).toMatchObject(refused);
    await stop();
  });

  test('is not connected to behind a name that led to an allowed address before', async () => {
    const literal = endpointOf(new URL(`http://${host}:${port}/`)).host;
    const { send, stop } = senderTo(`http://crm.example:${port}/name`, [allowedBeside(literal)]);
    addresses = [allowedBeside(literal)];
    if (addresses[0] === '127.0.0.1') expect(await send()).toMatchObject({ kind: 'response' });
    addresses = [isLocalName(literal) ? '127.0.0.1' : literal];
    expect(await send()).toMatchObject(refused);
    await stop();
  });
});

/** The receiver's address, unless that is the one under test. */
function allowedBeside(literal: string): string {
  return isLocalName(literal) || /^(::ffff:7f00:1|127\.0\.0\.1)$/.test(literal) ? '127.0.0.9' : '127.0.0.1';
}

test('none of them was connected to', () => {
  expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(new Set(['/name']));
});
