import { isIPv4 } from 'node:net';

/**
 * Whether an address or host name means this machine whoever resolves it: `localhost`, 127.0.0.0/8, `::1`, also in
 * brackets or as an IPv4-mapped address. Any other name may be pointed anywhere and is not.
 */
export function isLoopback(host: string): boolean {
  const address = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/, '');
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}
