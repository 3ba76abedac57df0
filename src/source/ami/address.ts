import { isIP } from 'node:net';

export interface Address {
  readonly address?: string;
  readonly port?: number;
}

/**
 * Address and port as AMI writes them: `10.0.0.5:5060`, `[2001:db8::1]:5060`, either without a port, or with the
 * port in a header of its own. `-none-`, `(null)`, names and port 0 are left out.
 */
export function addressOf(text: string | undefined, separatePort?: string | undefined): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text ?? '');
  const address = match?.[1] ?? match?.[2] ?? text ?? '';
  if (isIP(address) === 0) return {};
  const port = Number(match?.[3] ?? separatePort);
  return port > 0 && port <= 65_535 ? { address, port } : { address };
}
