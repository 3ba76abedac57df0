import type { DialStatus } from '../../telephony/facts.ts';
import { headerOf, type SipMessage } from './message.ts';

export interface HangupCause {
  /** Q.850 number. */
  readonly cause: number | undefined;
  readonly causeText: string | undefined;
}

/** Q.850 numbers of final responses: RFC 3398 section 7.2.4.1, and what Asterisk makes of the others. */
const CAUSES: Readonly<Record<number, number>> = {
  400: 41,
  401: 21,
  402: 21,
  403: 21,
  404: 1,
  405: 63,
  406: 79,
  407: 21,
  408: 102,
  410: 22,
  413: 127,
  414: 127,
  415: 79,
  416: 127,
  420: 127,
  421: 127,
  423: 127,
  480: 20,
  481: 41,
  482: 25,
  483: 25,
  484: 28,
  485: 1,
  486: 17,
  488: 65,
  500: 41,
  501: 79,
  502: 38,
  503: 41,
  504: 102,
  505: 127,
  513: 127,
  600: 17,
  603: 21,
  604: 1,
  606: 65,
};

const NORMAL_CLEARING = 16;
const NO_ANSWER = 19;

/** Why a conversation ended, of its BYE or CANCEL. */
export function causeOfEnd(message: SipMessage | undefined): HangupCause {
  return (message && toldCause(message)) ?? { cause: NORMAL_CLEARING, causeText: 'Normal Clearing' };
}

/** Why a request was refused. A device that rang and was not picked up can be reached. */
export function causeOfRefusal(
  response: SipMessage & { readonly kind: 'response' },
  hasRung: boolean,
): HangupCause {
  const { status } = response;
  const cause = hasRung && (status === 408 || status === 480) ? NO_ANSWER : CAUSES[status];
  return toldCause(response) ?? { cause: cause ?? (status >= 500 ? 41 : undefined), causeText: undefined };
}

/** RFC 3326: `Q.850;cause=16;text="Normal call clearing"` */
function toldCause(message: SipMessage): HangupCause | undefined {
  const reason = headerOf(message, 'reason') ?? '';
  const cause = /^\s*Q\.850\s*;.*?\bcause=(\d+)/i.exec(reason)?.[1];
  if (cause === undefined) return undefined;
  return { cause: Number(cause), causeText: /\btext="([^"]*)"/i.exec(reason)?.[1] };
}

/** What came of a dial that nobody answered. */
export function dialStatusOf(status: number): DialStatus {
  switch (status) {
    case 486:
    case 600:
    case 603:
      return 'busy';
    case 408:
    case 480:
      return 'no_answer';
    case 487:
      return 'cancel';
    case 404:
    case 410:
    case 484:
    case 604:
      return 'unavailable';
    default:
      return 'congestion';
  }
}
