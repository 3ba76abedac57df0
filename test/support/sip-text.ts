import { parseSipMessage, type SipMessage } from '../../src/source/sip/message.ts';

/** `head` and headers, lines ended as SIP has it. */
export function sip(head: string, headers: readonly string[], body = ''): string {
  return [head, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

export function messageOf(raw: string): SipMessage {
  const message = parseSipMessage(raw);
  if (message === undefined) throw new Error(`no SIP message: ${raw}`);
  return message;
}

/** As drachtio-server names a dialog. */
export function dialogOf({ callId, headers }: SipMessage): string {
  return `${callId};from-tag=${/;tag=([^;]+)/.exec(headers.get('from')?.[0] ?? '')?.[1]}`;
}

export function isOwnHeader(line: string): boolean {
  return !/^(call-id|cseq|from|to|content-length):/i.test(line);
}

export function answerTo(
  { headers, callId }: SipMessage,
  status: string,
  tag: string,
  more: readonly string[],
  body: string,
): string {
  const first = (name: string): string => headers.get(name)?.[0] ?? '';
  const to = first('to');
  return sip(
    status,
    [
      ...(headers.get('via') ?? []).map((via) => `Via: ${via}`),
      `From: ${first('from')}`,
      `To: ${/;tag=/.test(to) ? to : `${to};tag=${tag}`}`,
      `Call-ID: ${callId}`,
      `CSeq: ${first('cseq')}`,
      ...more,
    ],
    body,
  );
}
