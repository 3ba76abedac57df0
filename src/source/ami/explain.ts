import type { AmiConnectionOptions, AmiFailure } from './connection.ts';

/** Why no connection came about, and what to look at, in one sentence each; never with a secret in it. */

type Address = Pick<AmiConnectionOptions, 'host' | 'port'>;

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'nobody listens there: is Asterisk running, with enabled = yes and this port in manager.conf?',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the host name could not be looked up just now',
  EHOSTUNREACH: 'no route to this host',
  ENETUNREACH: 'no route to this network',
  ETIMEDOUT: 'no answer: does a firewall drop the packets?',
  ECONNRESET: 'the PBX, or a firewall before it, cut the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the PBX's certificate is self-signed: give it as tls.ca",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the PBX's certificate comes from an authority of its own: give that one as tls.ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the PBX's certificate is not from a known authority: give that one as tls.ca",
  CERT_HAS_EXPIRED: "the PBX's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "the PBX's certificate is for another name: set tls.server_name to that name",
  ERR_SSL_WRONG_VERSION_NUMBER:
    'no TLS is spoken there: use the tlsbindaddr port of manager.conf, or tls: false',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'no TLS is spoken there: use the tlsbindaddr port of manager.conf, or tls: false',
};

export function explainSocket(
  { host, port }: Address,
  error: Error | undefined,
  wasOpen: boolean,
): AmiFailure {
  const code = error !== undefined && 'code' in error ? String(error.code) : '';
  const closed = wasOpen
    ? 'the PBX closed it'
    : 'the PBX closed it at once: does authlimit or an acl forbid it?';
  const why = HINTS[code] ?? error?.message ?? closed;
  return wasOpen
    ? { code: 'closed', message: `connection to ${host}:${port} lost: ${why}` }
    : { code: 'unreachable', message: `cannot connect to ${host}:${port}: ${why}` };
}

export function explainLogin(
  options: Address & { readonly username: string },
  refusal: AmiFailure,
): AmiFailure {
  const { host, port, username } = options;
  if (/shutting down/i.test(refusal.message)) {
    return { code: 'unreachable', message: `Asterisk at ${host}:${port} is shutting down` };
  }
  return {
    code: 'login_refused',
    message:
      `Asterisk at ${host}:${port} refused the login of "${username}" (${refusal.message}): ` +
      `check username and secret, and deny, permit and acl of [${username}] in manager.conf`,
  };
}

export function explainNoBanner({ host, port }: Address, deadline: number, isConnected: boolean): AmiFailure {
  return {
    code: 'timeout',
    message: isConnected
      ? `${host}:${port} accepted the connection and said nothing in ${deadline} ms: is this the port of manager.conf?`
      : `no connection to ${host}:${port} in ${deadline} ms: does a firewall drop the packets?`,
  };
}

export function explainNotAsterisk({ host, port }: Address, said: string): AmiFailure {
  const excerpt = JSON.stringify(said.slice(0, 40));
  return {
    code: 'not_asterisk',
    message: `what listens on ${host}:${port} is no Asterisk manager interface: it began with ${excerpt}`,
  };
}
