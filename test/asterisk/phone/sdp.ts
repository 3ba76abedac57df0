/** Which way sound goes, seen from the side that sends the offer or answer (RFC 3264). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One PCMU stream with telephone events. Nobody listens on the port: these phones are silent. */
export function describeSession(address: string, version: number, direction: Direction = 'sendrecv'): string {
  return [
    'v=0',
    `o=- 1 ${version} IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    'm=audio 40000 RTP/AVP 0 101',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    `a=${direction}`,
    '',
  ].join('\r\n');
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
