import type { Dialog } from './dialog.ts';
import { header, type SipRequest } from './message.ts';

/** Asks the other side to call `number` instead of this one (RFC 3515). */
export function referTo(number: string, server: string, referrer: string): SipRequest['headers'] {
  return [
    ['Refer-To', `<sip:${number}@${server}>`],
    ['Referred-By', referrer],
  ];
}

/** Asks the other side to take this one's place in another call (RFC 3891). */
export function referToReplacing(other: Dialog, referrer: string): SipRequest['headers'] {
  const replaces = `${other.callId};to-tag=${other.remoteTag};from-tag=${other.localTag}`;
  return [
    ['Refer-To', `<${other.remoteUri}?Replaces=${encodeURIComponent(replaces)}>`],
    ['Referred-By', referrer],
  ];
}

/** The status that a NOTIFY of a transfer tells: 100 and 180 on the way, 200 when it is done. */
export function transferStatus(notify: SipRequest): number | undefined {
  if (!header(notify, 'Content-Type').startsWith('message/sipfrag')) {
    return undefined;
  }
  return Number(/^SIP\/2\.0 (\d{3})/.exec(notify.body)?.[1]);
}
