import { createHash, randomBytes } from 'node:crypto';

interface Credentials {
  readonly username: string;
  readonly password: string;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** Answers a digest challenge (RFC 2617 3.2, algorithm MD5): the value of the Authorization header. */
export function answerChallenge(
  challenge: string,
  method: string,
  uri: string,
  { username, password }: Credentials,
): string {
  const asked = (name: string): string | undefined =>
    new RegExp(`\\b${name}=(?:"([^"]*)"|([^,\\s]+))`, 'i').exec(challenge)?.slice(1).find(Boolean);
  const realm = asked('realm') ?? '';
  const nonce = asked('nonce') ?? '';
  const ha1 = md5(`${username}:${realm}:${password}`);
  const ha2 = md5(`${method}:${uri}`);
  const fields = [`username="${username}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`];
  if (asked('qop') === undefined) {
    fields.push(`response="${md5(`${ha1}:${nonce}:${ha2}`)}"`);
  } else {
    const cnonce = randomBytes(8).toString('hex');
    const nc = '00000001';
    fields.push(`response="${md5(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}`)}"`);
    fields.push('qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`);
  }
  const opaque = asked('opaque');
  if (opaque !== undefined) {
    fields.push(`opaque="${opaque}"`);
  }
  return `Digest ${[...fields, 'algorithm=MD5'].join(', ')}`;
}
