import type { AnswerOf } from '../api/client.ts';
import { attemptView } from '../api/delivery-view.ts';
import { newSubscriptionSchema } from '../api/schemas/subscriptions.ts';
import { failureText } from '../delivery/delivery-log.ts';
import { isSuccess } from '../delivery/dispatcher.ts';
import { sampleEvent } from '../delivery/sample.ts';
import type { Target } from '../delivery/sender/protocol.ts';
import { requestOf } from '../delivery/sender/request.ts';
import { RequestHeaders } from '../delivery/sender/request-headers.ts';
import { Sender } from '../delivery/sender/send.ts';
import type { Attempt } from '../model/delivery.ts';
import type { EnvelopeParts } from '../model/event.ts';
import type { EventType } from '../model/event-types.ts';
import { type Clock, type Micros, msFromMicros, systemClock } from '../util/clock.ts';
import { deferred } from '../util/deferred.ts';
import { Expressions } from '../util/expression/expressions.ts';
import { maskedUrl } from '../util/masked-url.ts';
import { checked } from './input.ts';

/** As the API answers to a test of a subscription. */
export type TestResult = AnswerOf<'POST /{id}/test'>;

export interface DirectTest {
  readonly url: string;
  readonly type: EventType;
  readonly secret: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it may go to loopback, private and other special addresses. */
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
}

/** Sends a sample as the service would, once, from this process. Throws a UsageError for what no subscription may be. */
export async function sendDirectly(test: DirectTest): Promise<TestResult> {
  const { url, secret, headers } = checked(newSubscriptionSchema, {
    url: test.url,
    headers: test.headers,
    timeout: test.timeoutMs / 1000,
    ...(test.secret !== undefined && { secret: test.secret }),
  });
  const target: Target = {
    id: 1,
    url,
    headers: headers ?? {},
    secrets: secret === undefined ? [] : [secret],
    timeoutMs: test.timeoutMs,
    allow: test.allowPrivate ? 'any' : [],
  };
  // What is shown is what is sent: the time of day stands still meanwhile.
  const wall = systemClock.wall();
  const { type, occurredAt, data } = sampleEvent(test.type, wall);
  const event = { id: `${type}-${msFromMicros(wall)}`, type, occurredAt, data: JSON.stringify(data) };
  const attempt = await attemptOf(target, event, { ...systemClock, now: () => wall, wall: () => wall });
  const success = isSuccess(attempt);
  const outcome = success ? `(status: ${attempt.outcome.response?.status})` : `- ${failureText(attempt)}`;
  return {
    success,
    message: `Test ${success ? 'delivered' : 'failed'}: ${type} -> ${maskedUrl(url)} ${outcome}`,
    event_id: event.id,
    request: shownRequest(target, event, wall),
    attempt: attemptView(attempt),
  };
}

async function attemptOf(target: Target, event: EnvelopeParts, clock: Clock): Promise<Attempt> {
  const done = deferred<Attempt>();
  const sender = new Sender(clock, ({ attempt }) => done.resolve(attempt));
  // Timers of the clock keep no process alive.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    sender.setTarget(target);
    sender.send({ id: 1, target: target.id, events: [event], attempt: 1 });
    return await done.promise;
  } finally {
    clearInterval(alive);
    await sender.stop();
  }
}

function shownRequest(target: Target, event: EnvelopeParts, at: Micros): TestResult['request'] {
  const shape = { headers: new RequestHeaders(target), content: undefined };
  const request = requestOf(shape, { events: [event], attempt: 1, at }, new Expressions());
  if ('reason' in request) throw new TypeError(request.reason);
  const headers: Record<string, string> = {};
  for (let place = 0; place < request.headers.length; place += 2) {
    headers[request.headers[place] ?? ''] = request.headers[place + 1] ?? '';
  }
  return { method: 'POST', url: target.url, headers, body: request.body.toString() };
}
