import type { Micros } from '../util/clock.ts';
import type { Call, OriginEnd, Round } from './call.ts';
import { type Channel, isReal, type Leg } from './channel.ts';

/** How a call ended. */
export type Disposition =
  | 'answered'
  | 'no_answer'
  | 'busy'
  | 'declined'
  | 'cancelled'
  | 'voicemail'
  | 'abandoned'
  | 'application'
  | 'failed'
  | 'unknown';

export type HangupBy = 'caller' | 'callee' | 'system';

const USER_BUSY = 17;
const NO_USER_RESPONSE = 18;
const CALL_REJECTED = 21;

/** Q.850 causes (ITU-T Q.850, Asterisk's causes.h) of a number or device that could not be reached. */
const FAILURES: ReadonlySet<number> = new Set([
  1, 2, 3, 5, 6, 8, 20, 22, 25, 27, 28, 29, 30, 34, 38, 41, 42, 43, 44, 50, 57, 58, 65, 66, 69, 79, 81, 88,
  95, 96, 97, 98, 99, 100, 101, 102, 111,
]);

/** How close together hang-ups belong to one end of one conversation, in microseconds. */
const TOGETHER = 1_000_000;

/** Whether a person or its device refused the call. */
export function wasDeclined(cause: number | undefined): boolean {
  return cause === CALL_REJECTED;
}

/** Where a leg was dialled from. */
export type LegPlace = 'queue' | 'device' | 'local';

/** Counts what came of a leg that nobody took; a cause tells more than a dial status. */
export function countLeg(round: Round, leg: Leg, cause: number, place: LegPlace): void {
  const unreachable = FAILURES.has(cause) || (cause === NO_USER_RESPONSE && leg.ringingAt === undefined);
  if (leg.forwarded) return;
  if (place === 'queue') round.rangOut = true;
  else if (cause === CALL_REJECTED) round.declined = true;
  else if (cause === USER_BUSY || leg.status === 'busy') round.busy = true;
  else if (unreachable || leg.status === 'congestion' || leg.status === 'unavailable') round.failed = true;
  else if (leg.status === 'no_answer') round.rangOut = true;
  // A device behind a Local channel is also cancelled when the dial of that channel ran out.
  else if (leg.status === 'cancel') round.cancelled ||= place === 'device';
  else round.rangOut ||= leg.ringingAt !== undefined;
}

/** How a call ended whose last channel is gone. */
export function dispositionOf(call: Call, origin: OriginEnd): Disposition {
  if (call.answer !== undefined) return 'answered';
  if (call.messageLeft) return 'voicemail';
  if (call.abandoned) return 'abandoned';
  if (call.wasParked || call.page !== undefined || call.pages) return 'application';
  if (gaveUpDialling(call, origin)) return 'cancelled';
  return outcomeOfDial(call) ?? outcomeOfService(call, origin);
}

function gaveUpDialling(call: Call, origin: OriginEnd): boolean {
  if (origin.requestedAt === undefined || !call.round.dialled) return false;
  const { endedAt, open } = call.round;
  return open > 0 || endedAt === undefined || endedAt > origin.requestedAt - TOGETHER / 10;
}

function outcomeOfDial(call: Call): Disposition | undefined {
  const { round } = call;
  if (!round.dialled) return undefined;
  if (round.rangOut) return 'no_answer';
  if (round.declined) return 'declined';
  if (round.busy) return 'busy';
  if (round.cancelled) return 'cancelled';
  if (round.failed) return 'failed';
  return round.served ? undefined : 'no_answer';
}

/** Nobody's device was dialled: a service, a queue without agents, or not even that. */
function outcomeOfService(call: Call, origin: OriginEnd): Disposition {
  if (call.wasQueued) return 'no_answer';
  if (call.originated && !call.originUp) return outcomeOfFirstDevice(origin);
  // Also behind an IVR the last thing tried may have been unreachable, unless the caller had enough of the menu.
  if (FAILURES.has(origin.cause) && !(origin.wasUp && origin.requestedAt !== undefined)) return 'failed';
  if (origin.wasUp) return 'application';
  if (origin.cause === USER_BUSY) return 'busy';
  // Rejected without a dial, such as a pickup with nothing to pick up: nobody was there to decline.
  if (origin.cause === CALL_REJECTED) return 'application';
  return origin.requestedAt === undefined ? 'application' : 'cancelled';
}

/** Of a click-to-call whose first device was not picked up. */
function outcomeOfFirstDevice(origin: OriginEnd): Disposition {
  if (origin.cause === CALL_REJECTED) return 'declined';
  if (origin.cause === USER_BUSY) return 'busy';
  return FAILURES.has(origin.cause) ? 'failed' : 'no_answer';
}

/**
 * Who ended the call: who asked first among those that left at its end. Legs that were never answered, who gave
 * the call away, and who left a conversation before the last one, are not among the departures.
 */
export function hangupBy(call: Call, disposition: Disposition): HangupBy {
  if (disposition === 'failed') return 'system';
  const end = Math.max(...call.departures.map(({ at }) => at));
  let first: { readonly requestedAt: Micros; readonly isOrigin: boolean } | undefined;
  for (const { channelId, at: left, requestedAt } of call.departures) {
    if (requestedAt === undefined || left < end - TOGETHER) continue;
    if (first !== undefined && first.requestedAt <= requestedAt) continue;
    first = { requestedAt, isOrigin: channelId === call.originId };
  }
  if (first !== undefined) return first.isOrigin ? 'caller' : 'callee';
  return disposition === 'busy' || disposition === 'declined' ? 'callee' : 'system';
}

/** Whether a channel's leaving counts when it is asked who ended the call. */
export function countsAsDeparture(call: Call, channel: Channel): boolean {
  if (!isReal(channel) || channel.transferredAway) return false;
  if (channel.id === call.originId) return !call.originated || call.originUp;
  return channel.leg === undefined || channel.leg.status === 'answer' || channel.state === 'up';
}
