import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** One entry of `network.allow`. */
export type Exception =
  | {
      readonly kind: 'network';
      readonly address: ipaddr.IPv4 | ipaddr.IPv6;
      readonly prefix: number;
      /** Undefined: any. */
      readonly port?: number | undefined;
    }
  | {
      readonly kind: 'name';
      /** In lower case and ASCII, without a dot at the end. */
      readonly name: string;
      /** `*.lan`: all names below it, and not itself. */
      readonly subdomains: boolean;
      readonly port?: number | undefined;
    };

export type ParsedException =
  | { readonly ok: true; readonly exception: Exception }
  | { readonly ok: false; readonly message: string };

/** `10.0.0.0/8`, `10.1.2.3`, `[fd00::1]:8443`, `crm.lan`, `crm.lan:8443`, `*.lan`. */
export function parseException(text: string): ParsedException {
  if (text.includes('//')) return refuse('must be a host without scheme and path, such as "crm.lan:8443"');
  return text.includes('/') ? parseNetwork(text) : parseHost(text);
}

function parseNetwork(text: string): ParsedException {
  const [network = '', prefix = ''] = text.split('/');
  const family = isIP(network);
  const longest = family === 4 ? 32 : 128;
  const length = Number(prefix);
  if (family === 0 || !/^\d{1,3}$/.test(prefix) || length > longest || text.split('/').length > 2) {
    return refuse('must be a network such as "10.0.0.0/8" or "fd00::/8"');
  }
  return { ok: true, exception: networkOf(network, length, undefined) };
}

function parseHost(text: string): ParsedException {
  if (isIP(text) !== 0) return { ok: true, exception: single(text, undefined) };
  const [, host = '', digits] = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (host === '' || port === 0 || (port !== undefined && port > 65_535)) return refuse(EXPECTED);
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0) return { ok: true, exception: single(address, port) };
  return parseName(host, port);
}

const EXPECTED =
  'must be a network ("10.0.0.0/8"), an address, a host name or "*.lan"; the last three may end in ":port"';

function parseName(host: string, port: number | undefined): ParsedException {
  const subdomains = host.startsWith('*.');
  const name = URL.parse(`http://${subdomains ? host.slice(2) : host}/`);
  if (name === null || /[*?#@\\\s%]/.test(subdomains ? host.slice(2) : host)) return refuse(EXPECTED);
  const hostname = name.hostname.replace(/\.$/, '');
  if (hostname === '' || isIP(hostname) !== 0 || hostname.startsWith('[')) {
    return refuse(`must be written plainly: is "${hostname}" meant?`);
  }
  return { ok: true, exception: { kind: 'name', name: hostname, subdomains, port } };
}

function single(text: string, port: number | undefined): Exception {
  return networkOf(text, isIP(text) === 4 ? 32 : 128, port);
}

/** An IPv4-mapped network is that of IPv4, as its addresses are. */
function networkOf(text: string, prefix: number, port: number | undefined): Exception {
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && prefix >= 96
    ? { kind: 'network', address: address.toIPv4Address(), prefix: prefix - 96, port }
    : { kind: 'network', address, prefix, port };
}

function refuse(message: string): ParsedException {
  return { ok: false, message };
}
