/**
 * Whether who offers this holds the other side: its audio is `sendonly` or `inactive` (RFC 3264 section 8.4), or goes
 * to 0.0.0.0 as before that. Undefined where it offers no audio at all.
 */
export function offersHold(description: string): boolean | undefined {
  const [session = '', ...media] = description.split(/^(?=m=)/m);
  const audio = media.find((part) => /^m=audio [1-9]/.test(part));
  if (audio === undefined) return undefined;
  const direction = directionOf(audio) ?? directionOf(session) ?? 'sendrecv';
  const address = addressOf(audio) ?? addressOf(session);
  return direction === 'sendonly' || direction === 'inactive' || address === '0.0.0.0';
}

function directionOf(part: string): string | undefined {
  return /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(part)?.[1];
}

function addressOf(part: string): string | undefined {
  return /^c=IN IP4 ([^\s/]+)/m.exec(part)?.[1];
}
