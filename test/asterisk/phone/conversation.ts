import { setTimeout as pause } from 'node:timers/promises';
import type { IncomingCall, OutgoingCall } from './call.ts';
import { answersAfter, type Phone } from './phone.ts';

/** Long enough for Asterisk to join both sides, short for a test. */
const FIRST_WORDS_MS = 400;

/** `caller` dials `number`, which rings `callee`, who takes it: both sides, as soon as they talk. */
export async function converse(
  caller: Phone,
  number: string,
  callee: Phone,
): Promise<[call: OutgoingCall, taken: IncomingCall]> {
  callee.whenCalled = answersAfter(100);
  const incoming = callee.nextCall();
  const call = caller.call(number);
  const taken = await incoming;
  await reach(call);
  return [call, taken];
}

/** Settles when somebody, or the dial plan, has taken the call. */
export async function reach(call: OutgoingCall): Promise<OutgoingCall> {
  const status = await call.answer;
  if (status !== 200) {
    throw new Error(`the call was answered with ${status}`);
  }
  await pause(FIRST_WORDS_MS);
  return call;
}
