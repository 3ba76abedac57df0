import type { Endpoint } from './transactions.ts';

/** Which way sound goes, seen from the side that sends the offer or answer (RFC 3264). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One PCMU stream with telephone events, wanted at `local`. */
export function describeSession(local: Endpoint, version: number, direction: Direction = 'sendrecv'): string {
  return [
    'v=0',
    `o=- 1 ${version} IN IP4 ${local.address}`,
    's=-',
    `c=IN IP4 ${local.address}`,
    't=0 0',
    `m=audio ${local.port} RTP/AVP 0 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** Where the other side wants its sound; undefined in what describes no session. */
export function mediaEndpoint(session: string): Endpoint | undefined {
  const address = /^c=IN IP4 (\S+)/m.exec(session)?.[1];
  const port = /^m=audio (\d+)/m.exec(session)?.[1];
  return address === undefined || port === undefined ? undefined : { address, port: Number(port) };
}

/** The direction to answer an offer with. */
export function answerDirection(offer: string): Direction {
  const offered = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(offer)?.[1];
  switch (offered) {
    case 'sendonly':
      return 'recvonly';
    case 'recvonly':
      return 'sendonly';
    case 'inactive':
      return 'inactive';
    default:
      return 'sendrecv';
  }
}
